"""Read all data that a config names and report every defect at once.

    python tools/misc/check_dataset.py CONFIG

Exit status: 0 without errors (warnings may be there), 1 with some, 2 for a
wrong command line. docs/datasets.md says what is looked for.
"""

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import uhrnet
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))
    import uhrnet  # noqa: F401

from rich.console import Console
from rich.progress import Progress

from uhrnet.apis.dataset_checks import check_datasets
from uhrnet.apis.dataset_checks.check import SPLITS, choose_splits
from uhrnet.apis.dataset_checks.screen import describe_report
from uhrnet.engine.config_file import CfgOptions, read_config
from uhrnet.engine.launch import merge_cfg_options
from uhrnet.errors import ConfigError


def make_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog='Exit status: 0 without errors, 1 with some, 2 for a wrong '
        'command line.',
    )
    parser.add_argument('config', help='of segmentation, depth or detection')
    parser.add_argument(
        '--splits',
        nargs='+',
        choices=SPLITS,
        help='look at these alone (default: all that the config has)',
    )
    parser.add_argument(
        '--workers',
        type=int,
        metavar='N',
        help='processes that read (default: one for each CPU); 0 reads in '
        'this one',
    )
    parser.add_argument(
        '--json',
        metavar='FILE',
        help="write all that was found there; '-' is the standard output",
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=CfgOptions,
        default={},
        metavar='KEY=VALUE',
        help='override values of the config, for example '
        'train_dataloader.dataset.data_root=FOLDER',
    )
    return parser


def main() -> None:
    """Check, and end with 1 if there are errors."""
    parser = make_parser()
    args = parser.parse_args()
    if args.workers is not None and args.workers < 0:
        parser.error('--workers takes 0 or more')
    out = Path(args.json) if args.json not in (None, '-') else None
    if out is not None and not out.parent.is_dir():
        parser.error(f'--json: {out.parent} is no folder')
    # Toolboxes print; the standard output may be for JSON alone.
    with contextlib.redirect_stdout(sys.stderr):
        try:
            cfg = read_config(args.config)
            merge_cfg_options(cfg, args.cfg_options)
            choose_splits(cfg, args.splits)
        except ConfigError as error:
            parser.error(str(error))
        # Of what was read, or whatever mmengine raises when options merge.
        except Exception as error:
            parser.error(f'{args.config}: {error}')
        try:
            with show_progress() as show:
                report = check_datasets(cfg, args.splits, args.workers, show)
        except KeyboardInterrupt:
            sys.exit(130)
    lines = '\n'.join(describe_report(report))
    print(lines, file=sys.stderr if args.json == '-' else sys.stdout)
    if args.json is not None:
        text = json.dumps(dict(config=args.config, **report.to_dict()))
        if out is None:
            print(text)
        else:
            out.write_text(text)
    if report.count('error'):
        sys.exit(1)


@contextlib.contextmanager
def show_progress() -> Iterator[Callable[[int, int], None]]:
    """Draw a bar on a terminal, and nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task('reading', total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


if __name__ == '__main__':
    main()
