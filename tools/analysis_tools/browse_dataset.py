"""Look at the samples of a config: in their files, or in its pipeline."""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from mmengine.runner import set_random_seed

from uhrnet.analysis.pipeline_stages import MODES, Browser
from uhrnet.analysis.progress import follow
from uhrnet.analysis.stage_pictures import draw_stages
from uhrnet.analysis.windows import show
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options
from uhrnet.errors import ConfigError


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Look at a data set')
    parser.add_argument('config', help='config file')
    parser.add_argument('--output-dir', help='folder for the pictures')
    parser.add_argument(
        '--not-show', action='store_true', help='open no window'
    )
    parser.add_argument(
        '--show-interval',
        type=float,
        default=2,
        help='seconds to show each (default: 2)',
    )
    parser.add_argument(
        '--phase',
        choices=['train', 'val', 'test'],
        default='train',
        help='which data (default: train)',
    )
    parser.add_argument(
        '--mode',
        choices=MODES,
        default='transformed',
        help='samples as in their files, as the model gets them, or behind '
        'every step of the pipeline (default: transformed)',
    )
    parser.add_argument(
        '--show-number',
        type=int,
        metavar='N',
        help='of the first N samples (default: all)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of the augmentations'
    )
    add_cfg_options(parser)
    return parser.parse_args()


def main() -> None:
    """Draw and save or show."""
    args = parse_args()
    if args.not_show and not args.output_dir:
        raise ConfigError('--not-show needs --output-dir, to save to')
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    set_random_seed(args.seed)
    browser = Browser(cfg, args.phase, args.mode)
    count = len(browser)
    if args.show_number is not None:
        count = min(count, args.show_number)
    for index in follow(range(count)):
        sample = browser[index]
        stem = Path(sample.path).stem
        picture = draw_stages(
            sample.chosen(),
            browser.classes,
            browser.palette,
            f'{args.phase} sample {index} of {len(browser)}: {stem} '
            f'({args.mode})',
        )
        if args.output_dir:
            folder = Path(args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            picture.savefig(folder / f'{index:05}_{stem}.png')
        if not args.not_show:
            show(picture, args.show_interval)
    if args.output_dir:
        print(f'{count} pictures: {args.output_dir}')


if __name__ == '__main__':
    run(main)
