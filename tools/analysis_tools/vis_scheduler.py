"""Draw the learning rate or momentum of a config's training."""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.analysis.datasets import open_dataset
from uhrnet.analysis.schedules import (
    PARAMETERS,
    draw_schedule,
    epoch_length_of,
    is_by_epoch,
    simulate,
)
from uhrnet.analysis.windows import show
from uhrnet.command_line import run
from uhrnet.engine.config_file import add_cfg_options, read_config
from uhrnet.engine.launch import merge_cfg_options


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Draw what a config's schedulers do in a training"
    )
    parser.add_argument('config', help='config file')
    parser.add_argument('-p', '--parameter', choices=PARAMETERS, default='lr')
    parser.add_argument(
        '-d',
        '--dataset-size',
        type=int,
        metavar='N',
        help='images of an epoch; without it the data of a training by '
        'epochs are opened',
    )
    parser.add_argument(
        '-n', '--ngpus', type=int, default=1, help='number of GPUs'
    )
    parser.add_argument('--title', help='of the picture')
    parser.add_argument(
        '-s', '--save-path', help='picture to write; else a window'
    )
    add_cfg_options(parser)
    args = parser.parse_args()
    if args.ngpus < 1 or (args.dataset_size or 1) < 1:
        parser.error('--ngpus and --dataset-size are 1 or more')
    return args


def main() -> None:
    """Run the schedulers and draw."""
    args = parse_args()
    cfg = read_config(args.config)
    merge_cfg_options(cfg, args.cfg_options)
    length = None
    if is_by_epoch(cfg):
        size = args.dataset_size or len(open_dataset(cfg, 'train'))
        loader = cfg.train_dataloader
        length = epoch_length_of(
            size, loader.batch_size, args.ngpus, loader.get('drop_last', False)
        )
    schedule = simulate(cfg, args.parameter, length)
    title = args.title or Path(args.config).stem
    figure = draw_schedule(schedule, args.parameter, title)
    if args.save_path is None:
        show(figure)
        return
    Path(args.save_path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.save_path)
    print(
        f'{args.parameter} of {len(schedule.values)} iterations: '
        f'{args.save_path}'
    )


if __name__ == '__main__':
    run(main)
