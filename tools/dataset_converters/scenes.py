"""Render the built-in street scenes to a folder.

One data set for segmentation, depth and detection, without any download.

Examples:
    python tools/dataset_converters/scenes.py
    python tools/dataset_converters/scenes.py data/tiny --train 8 --val 4
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec('uhrnet') is None:
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.command_line import run
from uhrnet.errors import ConfigError
from uhrnet.scenes import write_dataset


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'root', nargs='?', default='data/scenes', help='folder to write'
    )
    parser.add_argument(
        '--train', type=int, default=64, help='number of training images'
    )
    parser.add_argument(
        '--val', type=int, default=16, help='number of validation images'
    )
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        default=(192, 320),
        metavar=('HEIGHT', 'WIDTH'),
        help='of the images in pixels',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='other seeds, other streets'
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='replace scenes that have other parameters',
    )
    return parser.parse_args(argv)


def main() -> None:
    """Write the data set and print what it holds."""
    args = parse_args()
    try:
        meta = write_dataset(
            args.root,
            {'train': args.train, 'val': args.val},
            tuple(args.size),
            args.seed,
            args.overwrite,
        )
    except (FileExistsError, ValueError) as error:
        hint = ' (--overwrite)' if str(error).endswith('overwrite it') else ''
        raise ConfigError(f'{error}{hint}') from error
    counts = ' + '.join(f'{n} {name}' for name, n in meta['splits'].items())
    pixels = {
        name: sum(split[name] for split in meta['pixels'].values())
        for name in meta['classes']
    }
    total = max(sum(pixels.values()), 1)
    shares = ', '.join(
        f'{name} {100 * n / total:.1f}%' for name, n in pixels.items()
    )
    height, width = meta['size']
    print(f'{args.root}: {counts} images of {height}x{width}; {shares}')


if __name__ == '__main__':
    run(main)
