"""Export a model: python tools/deployment/export.py CONFIG CKPT --format onnx.

Writes a graph with batch norms folded, for any number and size of images,
and compares its results with the model's. tools/test.py --backend evaluates
the file.
"""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))


from uhrnet.apis.export import export_model
from uhrnet.apis.export_formats import SUFFIXES
from uhrnet.apis.loading import load_model
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Export a segmentor, a depth estimator, or backbone and '
        'neck of a detector'
    )
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file or address')
    parser.add_argument(
        '--format', choices=SUFFIXES, required=True, help='of the file'
    )
    parser.add_argument(
        '--out',
        type=Path,
        help='file to write; default: beside the checkpoint, under its name',
    )
    parser.add_argument(
        '--argmax',
        action='store_true',
        help="segmentation: return labels at the image's size, in place of "
        "logits at the head's stride",
    )
    parser.add_argument(
        '--shape',
        type=int,
        nargs=2,
        default=[512, 1024],
        metavar=('H', 'W'),
        help='image to compare results with (default: 512 1024)',
    )
    parser.add_argument(
        '--fixed-size',
        action='store_true',
        help='take images of --shape alone, for runtimes that want to know',
    )
    add_cfg_options(parser)
    args = parser.parse_args()
    if min(args.shape) < 1:
        parser.error('--shape takes a height and a width, both positive')
    if args.out is None:
        if '://' in args.checkpoint:
            parser.error('--out is needed where the checkpoint is an address')
        args.out = Path(args.checkpoint).with_suffix(SUFFIXES[args.format])
    return args


def main() -> None:
    """Export."""
    args = parse_args()
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    model = load_model(cfg, args.checkpoint)
    differences = export_model(
        model,
        args.out,
        args.format,
        shape=tuple(args.shape),
        argmax=args.argmax,
        fixed_size=args.fixed_size,
    )
    for size, worst in differences.items():
        print(f'{size}: largest difference {worst:.1e} of the largest value')
    print(f'{args.out}: {args.out.stat().st_size / 2**20:.1f} MB')


if __name__ == '__main__':
    run(main)
