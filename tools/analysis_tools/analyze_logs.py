"""Curves and seconds of trainings, from their logs.

    python tools/analysis_tools/analyze_logs.py plot_curve work_dirs/A --out a.png
    python tools/analysis_tools/analyze_logs.py cal_train_time work_dirs/A

A log is the vis_data/scalars.json of a run, or the work dir with it.
"""  # noqa: E501

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.analysis.log_curves import choose_keys, draw_curves, read_curves
from uhrnet.analysis.train_time import measure_train_time, write_train_time
from uhrnet.analysis.windows import show
from uhrnet.command_line import run
from uhrnet.errors import ConfigError


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description='Look into logs of trainings')
    tasks = parser.add_subparsers(dest='task', required=True)
    plot = tasks.add_parser('plot_curve', help='draw curves')
    time = tasks.add_parser(
        'cal_train_time', help='average seconds of an iteration'
    )
    for task in (plot, time):
        task.add_argument(
            'json_logs',
            nargs='+',
            help='vis_data/scalars.json of runs, or work dirs',
        )
    plot.add_argument(
        '--keys',
        nargs='+',
        help='what to draw, for example loss mIoU bbox_mAP lr; by default '
        'losses and all that was validated',
    )
    plot.add_argument('--title', help='of the picture')
    plot.add_argument(
        '--legend', nargs='+', help='a name for each log instead of its path'
    )
    plot.add_argument(
        '--out', help='picture to write, .png, .svg or .pdf; else a window'
    )
    time.add_argument(
        '--include-outliers',
        action='store_true',
        help='count the first value of every epoch too',
    )
    return parser.parse_args()


def main() -> None:
    """Draw or measure."""
    args = parse_args()
    if args.task == 'cal_train_time':
        times = [
            (log, measure_train_time(log, args.include_outliers))
            for log in args.json_logs
        ]
        print(write_train_time(times))
        return
    names = args.legend or args.json_logs
    if len(names) != len(args.json_logs):
        raise ConfigError(
            f'--legend has {len(names)} names for {len(args.json_logs)} logs: '
            'name each log'
        )
    runs = {}
    for name, log in zip(names, args.json_logs, strict=True):
        curves = read_curves(log)
        keys = choose_keys(curves, args.keys)
        runs[name] = {key: curves[key] for key in keys}
    figure = draw_curves(runs, args.title)
    if args.out is None:
        show(figure)
        return
    Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.out)
    print(f'save curve to: {args.out}')


if __name__ == '__main__':
    run(main)
