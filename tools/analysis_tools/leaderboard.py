"""Collect finished runs; make the metafiles, tables and plots of figures."""

import argparse
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.apis.leaderboard.collecting import add_run, distances, unknown
from uhrnet.apis.leaderboard.metafile import Metafile
from uhrnet.apis.leaderboard.pages import problems, write_pages
from uhrnet.apis.leaderboard.rows import (
    model_index,
    read_metafiles,
    rows_of,
    synchronise,
)
from uhrnet.apis.leaderboard.runs import NoRun, read_run
from uhrnet.command_line import run
from uhrnet.errors import DataError

ROOT = Path(__file__).resolve().parents[2]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Figures of the configs. With work dirs: what they are, '
        'over seeds, and how far from the published ones.'
    )
    parser.add_argument(
        'work_dirs',
        nargs='*',
        type=Path,
        help='of tools/train.py; evaluations of tools/test.py --work-dir '
        'below them count as well',
    )
    parser.add_argument(
        '--write', action='store_true', help='put the runs into the metafiles'
    )
    parser.add_argument(
        '--metafiles',
        action='store_true',
        help='compute names, sizes, costs and schedules in the metafiles '
        'anew, with rows for new configs: minutes',
    )
    parser.add_argument(
        '--docs',
        action='store_true',
        help='make docs/leaderboard.md, docs/reproduce.md, the plots and the '
        'tables of the guides of the metafiles',
    )
    parser.add_argument(
        '--check',
        action='store_true',
        help='write nothing: fail if a page is out of date, a figure does '
        'not say where it comes from, or a config has no row; with '
        '--metafiles also if a size or cost is wrong',
    )
    parser.add_argument(
        '--root', type=Path, default=ROOT, help='of the checkout'
    )
    args = parser.parse_args()
    if args.write and not args.work_dirs:
        parser.error('--write needs work dirs, whose runs it writes')
    if not (args.work_dirs or args.metafiles or args.docs or args.check):
        parser.error('name work dirs, or one of --metafiles, --docs, --check')
    return args


def main() -> None:
    """Do what the options say, in the order in which it depends."""
    args = parse_args()
    if args.check:
        check(args.root, args.metafiles)
        return
    if args.metafiles:
        write_metafiles(synchronise(args.root), args.root)
    if args.work_dirs:
        metafiles = read_metafiles(args.root)
        collect(args.work_dirs, rows_of(metafiles))
        if args.write:
            write_metafiles(metafiles, args.root)
    if args.docs:
        rows = rows_of(read_metafiles(args.root))
        for path in write_pages(rows, args.root):
            print(f'wrote {path}')


def check(root: Path, costs: bool) -> None:
    """Leave with an error if anything shown is wrong."""
    found = list(problems(root))
    if costs:
        found += [
            f'{file.path.relative_to(root)}: names, sizes, costs or '
            'schedules are not those of the configs, run --metafiles'
            for file in synchronise(root)
            if file.text() != file.path.read_text()
        ]
    if found:
        sys.exit('\n'.join(found))
    print('the leaderboard is what the metafiles and configs say')


def write_metafiles(metafiles: list[Metafile], root: Path) -> None:
    """Write metafiles and the index, where they changed."""
    texts = {file.path: file.text() for file in metafiles}
    texts[root / 'model-index.yml'] = model_index(metafiles, root)
    for path, text in texts.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f'wrote {path}')


def collect(work_dirs: list[Path], rows: dict[str, dict]) -> None:
    """Add runs to their rows, and print what came out."""
    changed = {}
    for folder in work_dirs:
        try:
            finished = read_run(folder)
        except NoRun as error:
            print(f'left out: {error}')
            continue
        if finished.config not in rows:
            raise DataError(
                f'{folder}: no row is named {finished.config}, run '
                '--metafiles if the config is new'
            )
        add_run(rows[finished.config], finished)
        changed[finished.config] = None
        print(f'{folder}: {finished.config}')
        for key, value in finished.entry.items():
            if key != 'Figures':
                print(f'  {key.lower()}: {value}')
        if unknown(finished.entry):
            print(f'  unknown: {", ".join(unknown(finished.entry)).lower()}')
    if not changed:
        raise DataError('no finished run in these work dirs')
    for name in changed:
        seeds = [str(x['Seed']) for x in rows[name]['Runs']]
        print(f'{name}, seed {", ".join(seeds)}')
        for line in distances(rows[name]):
            print(f'  {line}')


if __name__ == '__main__':
    run(main)
