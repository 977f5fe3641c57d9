"""KITTI's images and depth maps where the lists of Eigen's split expect them.

    python tools/dataset_converters/kitti_depth.py RAW ANNOTATED LISTS

RAW holds the raw data, unpacked: 2011_09_26/2011_09_26_drive_0001_sync/...
ANNOTATED holds train and val of data_depth_annotated.zip, and LISTS
eigen_train_files_with_gt.txt and eigen_test_files_with_gt.txt. Nothing of the
data is copied: the new folder holds links, and the lists. Every file that a
list names must be there.
"""

import argparse
import shutil
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

from uhrnet.command_line import run
from uhrnet.errors import DataError

# Lines of each list, and those of them that name a depth map.
COUNTS = {
    'eigen_train_files_with_gt.txt': (23158, 23158),
    'eigen_test_files_with_gt.txt': (697, 652),
}
NO_DEPTH = 'None'


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('raw', type=Path, help='folder of the raw data')
    parser.add_argument('annotated', type=Path, help='folder of train, val')
    parser.add_argument('lists', type=Path, help='folder of the lists')
    parser.add_argument('target', type=Path, nargs='?', default='data/kitti')
    return parser.parse_args()


def main() -> None:
    """Link in a new folder, check it, put it in place."""
    args = parse_args()
    if args.target.exists():
        raise DataError(
            f'{args.target} exists. Move it away or name another folder.'
        )
    work = args.target.with_name(f'.{args.target.name}.unfinished')
    shutil.rmtree(work, ignore_errors=True)
    (work / 'gt_depth').mkdir(parents=True)
    try:
        (work / 'input').symlink_to(args.raw.resolve())
        link_drives(args.annotated, work / 'gt_depth')
        for name, counts in COUNTS.items():
            source = args.lists / name
            if not source.is_file():
                raise DataError(f'{source} does not exist: put the list there')
            check(source, counts, work)
            shutil.copyfile(source, work / name)
        work.rename(args.target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def link_drives(annotated: Path, target: Path) -> None:
    """Link the drives of both parts into one folder."""
    for part in ('train', 'val'):
        folder = annotated / part
        if not folder.is_dir():
            raise DataError(
                f'{folder} does not exist: unpack data_depth_annotated.zip '
                f'to {annotated}'
            )
        for drive in sorted(x for x in folder.iterdir() if x.is_dir()):
            (target / drive.name).symlink_to(drive.resolve())


def check(path: Path, counts: tuple[int, int], root: Path) -> None:
    """Look for every file that a list names."""
    lines = [x.split() for x in path.read_text().splitlines() if x.strip()]
    for words in lines:
        if len(words) != 3:
            raise DataError(
                f'{path}: {" ".join(words)!r} is not an image, a depth map '
                'and a focal length: get the list again'
            )
    with_depth = [x for x in lines if x[1] != NO_DEPTH]
    found = len(lines), len(with_depth)
    if found != counts:
        raise DataError(
            f'{path} has {found[0]} lines, {found[1]} of them with depth, and '
            f'should have {counts[0]} and {counts[1]}: get it again'
        )
    missing = [
        file
        for image, depth, *_ in with_depth
        for file in (root / 'input' / image, root / 'gt_depth' / depth)
        if not file.is_file()
    ]
    if missing:
        shown = missing[0].relative_to(root)
        raise DataError(
            f'{len(missing)} files that {path} names are missing, the first '
            f'one {shown}: complete the raw data (input) or the annotated '
            'depth maps (gt_depth)'
        )
    print(f'{path.name}: {found[1]} images with depth, all there')


if __name__ == '__main__':
    run(main)
