"""Convert U-HRNet weights of PaddleSeg.

    python tools/model_converters/paddle2uhrnet.py model.pdparams uhrnet.pth

The source is a .pdparams file or a .tar.gz that holds one, of a whole FCN or
of an ImageNet backbone. Nothing in it is executed, and it has to match one of
the U-HRNets exactly, or nothing is written.
"""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.command_line import run
from uhrnet.converters.array_pickle import load_arrays
from uhrnet.converters.conversion import ConversionError
from uhrnet.converters.output import add_output_arguments, write_conversion
from uhrnet.converters.paddle import NAME_TABLE, convert_state_dict
from uhrnet.converters.source_file import read_paddle_file

# PaddleSeg normalises images in 0-1 with mean and std 0.5.
NORMALISATION = dict(mean=[127.5] * 3, std=[127.5] * 3, bgr_to_rgb=True)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Convert U-HRNet weights of PaddleSeg'
    )
    parser.add_argument('source', type=Path, help='.pdparams or .tar.gz')
    add_output_arguments(parser)
    return parser.parse_args()


def main() -> None:
    """Convert."""
    args = parse_args()
    try:
        source = read_paddle_file(args.source)
        arrays = load_arrays(source.content, tables=[NAME_TABLE])
        written = write_conversion(
            convert_state_dict(arrays),
            args.target,
            family='uhrnet',
            source=args.source,
            sha256=source.sha256,
            origin='PaddleSeg',
            normalisation=NORMALISATION,
            dataset=args.dataset,
        )
    except ConversionError as error:
        raise ConversionError(f'{args.source}: {error}') from error
    print(written)


if __name__ == '__main__':
    run(main)
