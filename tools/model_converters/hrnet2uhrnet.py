"""Convert original HRNet weights, for segmentation or of a classifier.

    python tools/model_converters/hrnet2uhrnet.py \
        hrnetv2_w18_imagenet_pretrained.pth hrnetv2-w18_in1k.pth

The source is a .pth file of github.com/HRNet. Nothing in it is executed, and
it has to match one of the HRNets exactly, or nothing is written. The result
fits HRNet of mmsegmentation and, the backbone, of mmdetection.
"""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.checkpoint_file import plain_state_dict, sha256_of
from uhrnet.command_line import run
from uhrnet.compat.checkpoint import load_checkpoint
from uhrnet.converters.conversion import ConversionError
from uhrnet.converters.hrnet import convert_state_dict
from uhrnet.converters.output import add_output_arguments, write_conversion

# Of ImageNet, for RGB in 0-255, in all of the authors' configs.
NORMALISATION = dict(
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,
)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Convert original HRNet weights'
    )
    parser.add_argument('source', type=Path, help='.pth of github.com/HRNet')
    add_output_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Convert."""
    args = parse_args()
    try:
        checkpoint = load_checkpoint(str(args.source))
        written = write_conversion(
            convert_state_dict(plain_state_dict(checkpoint)),
            args.target,
            family='hrnetv2',
            source=args.source,
            sha256=sha256_of(args.source),
            origin='github.com/HRNet',
            normalisation=NORMALISATION,
            dataset=args.dataset,
        )
    except ValueError as error:
        raise ConversionError(f'{args.source}: {error}') from error
    print(written)


if __name__ == '__main__':
    run(main)
