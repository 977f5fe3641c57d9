"""NYU Depth v2's labelled images, as files.

    python tools/dataset_converters/nyu_depth.py LABELED SPLITS

LABELED is nyu_depth_v2_labeled.mat, SPLITS is splits.mat. Writes
official_splits/test, 654 images, and official_splits/train, 795, with a list
of each: JPEG images whose white border is black, and the raw depth in 16-bit
PNGs of metres * 1000. Files and names are those of BTS (arXiv 1907.10326), so
that its list for testing fits too. Needs h5py: pip install h5py
"""

import argparse
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

import cv2
import numpy as np
from scipy.io import loadmat

from uhrnet.command_line import run
from uhrnet.errors import DataError

COUNTS = {'train': 795, 'test': 654}
LISTS = {
    # not the published one, of 24,231 images
    'train': 'nyudepthv2_labeled_train_files_with_gt.txt',
    'test': 'nyudepthv2_test_files_with_gt.txt',
}
FOCAL = 518.8579
INSIDE = (slice(7, 474), slice(7, 632))  # of the white border
SCALE = 1000


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('mat', type=Path, help='nyu_depth_v2_labeled.mat')
    parser.add_argument('splits', type=Path, help='splits.mat')
    parser.add_argument('target', type=Path, nargs='?', default='data/nyu')
    return parser.parse_args()


def main() -> None:
    """Write to a new folder, put it in place, write the lists."""
    args = parse_args()
    try:
        import h5py
    except ImportError:
        sys.exit('reading .mat files of this kind needs: pip install h5py')
    folder = args.target / 'official_splits'
    lists = {split: args.target / name for split, name in LISTS.items()}
    for path in (folder, *lists.values()):
        if path.exists():
            raise DataError(f'{path} exists. Move it away.')
    splits = read_splits(args.splits)
    work = args.target / '.official_splits.unfinished'
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    lines = {split: [] for split in splits}
    try:
        try:
            content = h5py.File(args.mat)
        except OSError as error:
            raise DataError(
                f'{args.mat} cannot be read, download it again: {error}'
            ) from error
        with content:
            check(content, args.mat, splits)
            for split, line in write_images(content, splits, work):
                lines[split].append(line)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for split, path in lists.items():
        path.write_text('\n'.join(lines[split]) + '\n')
        print(f'{folder / split}: {len(lines[split])} images')


def read_splits(path: Path) -> dict[str, set[int]]:
    """Return the images of each split, from 0."""
    try:
        content = loadmat(path)
        splits = {x: content[f'{x}Ndxs'].ravel() - 1 for x in COUNTS}
    except Exception as error:  # scipy raises many kinds for damaged files
        raise DataError(
            f'{path} is not the splits.mat of NYU Depth v2, download it '
            f'again: {error}'
        ) from error
    splits = {x: set(indices.tolist()) for x, indices in splits.items()}
    counts = {x: len(indices) for x, indices in splits.items()}
    if counts != COUNTS or splits['train'] & splits['test']:
        raise DataError(f'{path} has splits of {counts}, not of {COUNTS}')
    return splits


def check(content: dict, path: Path, splits: dict[str, set[int]]) -> None:
    """Look for the arrays, with as many images as the splits name."""
    number = max(max(x) for x in splits.values()) + 1
    expected = {
        'images': (number, 3, 640, 480),
        'rawDepths': (number, 640, 480),
        'sceneTypes': (1, number),
    }
    for key, shape in expected.items():
        found = content[key].shape if key in content else None
        if found != shape:
            raise DataError(
                f'{path}: {key} should be of shape {shape}, and is {found}: '
                'download it again'
            )


def write_images(
    content: dict, splits: dict[str, set[int]], folder: Path
) -> Iterator[tuple[str, str]]:
    """Write all images; yield the split and the list's line of each."""
    for index, reference in enumerate(content['sceneTypes'][0]):
        scene = ''.join(map(chr, content[reference][:].ravel()))
        if not re.fullmatch(r'\w+', scene):
            raise DataError(f'image {index} is of a scene {scene!r}')
        # MATLAB stores by columns.
        image = content['images'][index].T
        depth = content['rawDepths'][index].T
        framed = np.zeros_like(image)
        framed[INSIDE] = image[INSIDE]
        (split,) = (x for x, indices in splits.items() if index in indices)
        files = (f'{scene}/rgb_{index:05}.jpg',
                 f'{scene}/sync_depth_{index:05}.png')  # fmt: skip
        (folder / split / scene).mkdir(parents=True, exist_ok=True)
        millimetres = (depth * SCALE).astype(np.uint16)
        for name, array in zip(
            files, (framed[..., ::-1], millimetres), strict=True
        ):
            if not cv2.imwrite(str(folder / split / name), array):
                raise DataError(f'{folder / split / name} cannot be written')
        yield split, f'{files[0]} {files[1]} {FOCAL}'


if __name__ == '__main__':
    run(main)
