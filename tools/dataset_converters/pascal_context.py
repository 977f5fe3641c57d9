"""Pascal Context's label maps, as mmsegmentation's converter draws them.

    python tools/dataset_converters/pascal_context.py data/VOCdevkit/VOC2010

The folder is VOC 2010's, with trainval_merged.json of "PASCAL in Detail" in
it. Written are SegmentationClassContext/*.png, 0 for the background and 1 to
59 for classes, and ImageSets/SegmentationContext/{train,val}.txt. The results
equal those of mmsegmentation's converter, which needs the Detail API, a
package that has to be compiled.
"""

import argparse
import json
import re
import shutil
import sys
from pathlib import Path

try:
    import uhrnet  # noqa: F401
except ImportError:  # a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).parents[2] / 'projects'))

import numpy as np
from PIL import Image
from pycocotools import mask as rle

from uhrnet.command_line import run
from uhrnet.errors import DataError

COUNTS = {'train': 4998, 'val': 5105}
# The 59 most frequent of 459 classes, by their numbers in the file. Classes
# are in this order: 1 is number 2, aeroplane, and 59 is number 458, wood.
NUMBERS = (
    2, 9, 18, 19, 22, 23, 25, 31, 33, 34, 44, 45, 46, 59, 65, 68, 72, 80, 85,
    98, 104, 105, 113, 115, 144, 158, 159, 162, 187, 189, 207, 220, 232, 258,
    259, 260, 284, 295, 296, 308, 324, 326, 347, 349, 354, 355, 360, 366, 368,
    397, 415, 416, 420, 424, 427, 440, 445, 454, 458,
)  # fmt: skip
CLASS_OF = {number: index for index, number in enumerate(NUMBERS, start=1)}
LARGEST = 500  # side of an image
LABELS = 'SegmentationClassContext'
LISTS = 'ImageSets/SegmentationContext'


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        'root', type=Path, nargs='?', default='data/VOCdevkit/VOC2010'
    )
    parser.add_argument(
        '--annotations',
        type=Path,
        help='default: trainval_merged.json in the root',
    )
    return parser.parse_args()


def main() -> None:
    """Draw into a new folder, put it in place, then write the lists."""
    args = parse_args()
    if is_complete(args.root):
        print(f'{args.root / LABELS} is complete, nothing to do')
        return
    if (args.root / LABELS).exists():
        raise DataError(
            f'{args.root / LABELS} exists and is not what this would write. '
            'Move it away.'
        )
    path = args.annotations or args.root / 'trainval_merged.json'
    splits = read_annotations(path)
    unfinished = args.root / f'.{LABELS}.unfinished'
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        for split, images in splits.items():
            print(f'{split}: drawing {len(images)} label maps', flush=True)
            for image in images:
                labels = draw(image, args.root / 'JPEGImages', path)
                name = image['file_name'].replace('.jpg', '.png')
                Image.fromarray(labels).save(unfinished / name)
        unfinished.rename(args.root / LABELS)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    (args.root / LISTS).mkdir(parents=True, exist_ok=True)
    for split, images in splits.items():
        names = sorted(image['file_name'][: -len('.jpg')] for image in images)
        lines = ''.join(f'{name}\n' for name in names)
        (args.root / LISTS / f'{split}.txt').write_text(lines)


def is_complete(root: Path) -> bool:
    """Whether both lists and all label maps are there."""
    found = {path.stem for path in (root / LABELS).glob('*.png')}
    listed = set()
    for split, count in COUNTS.items():
        path = root / LISTS / f'{split}.txt'
        names = path.read_text().split() if path.is_file() else []
        if len(names) != count:
            return False
        listed.update(names)
    return listed == found


def read_annotations(path: Path) -> dict[str, list[dict]]:
    """Map splits to images, each with its ``segments`` in order.

    Raises:
        DataError: If the file is missing, damaged, or another one.
    """
    if not path.is_file():
        raise DataError(
            f'{path} does not exist: docs/datasets.md says where to get it'
        )
    print(f'reading {path}', flush=True)
    try:
        content = json.loads(path.read_bytes())
        images = {image['image_id']: image for image in content['images']}
        for image in images.values():
            image['segments'] = []
        for segment in content['annos_segmentation']:
            images[segment['image_id']]['segments'].append(segment)
        splits = {
            split: [x for x in images.values() if x['phase'] == split]
            for split in COUNTS
        }
        for image in images.values():
            height, width = image['height'], image['width']
            if not all(0 < x <= LARGEST for x in (height, width)):
                raise ValueError(f'an image of {height}x{width}')
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f'{path} is damaged or not "PASCAL in Detail": {error!r}. '
            'Download it again.'
        ) from error
    for split, count in COUNTS.items():
        if len(splits[split]) != count:
            raise DataError(
                f'{path} has {len(splits[split])} images for {split}, not '
                f'{count}. Download it again.'
            )
    return splits


def draw(image: dict, folder: Path, path: Path) -> np.ndarray:
    """Draw an image's segments one over another.

    Args:
        image: Of the file, with ``segments``.
        folder: Of the images.
        path: The file, for messages.

    Returns:
        (H, W), uint8, 0 to 59.

    Raises:
        DataError: If the image is missing or of another size, or if a segment
            is none. The message names image and segment.
    """
    name = str(image.get('file_name'))
    if not re.fullmatch(r'\d{4}_\d{6}\.jpg', name):
        raise DataError(f'{path} names an image {name!r}, none of VOC 2010')
    size = (image['height'], image['width'])
    try:
        with Image.open(folder / name) as photo:
            found = photo.size[::-1]
    except OSError as error:
        raise DataError(
            f'{folder / name} cannot be read ({error}). Unpack '
            'VOCtrainval_03-May-2010.tar again.'
        ) from error
    if found != size:
        raise DataError(
            f'{folder / name} is {found[0]}x{found[1]} (height x width), in '
            f'{path} it is {size[0]}x{size[1]}. Get both again.'
        )
    labels = np.zeros(size, np.uint8)
    for segment in image['segments']:
        try:
            code = segment['segmentation']
            if tuple(code['size']) != size:
                raise ValueError(f'its size is {code["size"]}')
            inside = rle.decode(code).astype(bool)
            labels[inside] = CLASS_OF[segment['category_id']]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f'{path}: segment {segment.get("id")} of {name} is none of '
                f'Pascal Context: {error!r}. Download it again.'
            ) from error
    return labels


if __name__ == '__main__':
    run(main)
