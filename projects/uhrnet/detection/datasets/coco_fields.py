"""Checks of what a COCO file says, before anything is computed from it.

pycocotools draws polygons and unpacks masks in C, trusting their numbers: a
coordinate of 1e9 crashes the process, and a mask may claim any size.
"""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise

from uhrnet.data_files import check_inside
from uhrnet.errors import DataError
from uhrnet.transforms.image_header import MAX_PIXELS

# OpenCV's own limit for the side of an image; and of a polygon's outline.
_LARGEST = 2**20
_NUMBERS = (int, float)


def check_fields(dataset: dict, path: str) -> None:
    """Check images, categories and annotations.

    Args:
        dataset: The content of a file.
        path: Its name, for the message.

    Raises:
        DataError: If a field is missing or of another type, a number is not
            finite or larger than any image, a mask does not fit its image, a
            file name leads out of the folder, or an id is there twice.
    """
    images = _each(dataset, 'images', _check_image, path)
    _each(dataset, 'categories', _check_category, path)
    sizes = {x['id']: (x['height'], x['width']) for x in images}

    def check(annotation: dict) -> None:
        _check_annotation(annotation, sizes.get(annotation['image_id']))

    annotations = _each(dataset, 'annotations', check, path)
    if len({x['id'] for x in annotations}) < len(annotations):
        raise DataError(f'{path} has annotations of the same id: number them')


def _each(
    dataset: dict, name: str, check: Callable[[dict], None], path: str
) -> list[dict]:
    """Check the items of a list, and name the first that is wrong."""
    items = dataset.get(name, [])
    if not isinstance(items, list):
        raise DataError(f'{path} has {name} that are no list')
    for number, item in enumerate(items):
        try:
            check(item)
        except DataError as error:
            raise DataError(f'{path}, {name}[{number}]: {error}') from None
        except (
            *(ValueError, LookupError, TypeError),
            *(AttributeError, OverflowError),
        ) as error:
            raise DataError(
                f'{path}, {name}[{number}] is not of the form of COCO '
                f'({error!r:.200}). Correct it.'
            ) from None
    return items


def _check_image(image: dict) -> None:
    _require(isinstance(image['id'], int | str), 'id')
    _require(isinstance(image['file_name'], str), 'file_name')
    check_inside(image['file_name'], 'it')
    height, width = image['height'], image['width']
    _require(
        all(type(x) is int and x > 0 for x in (height, width))
        and height * width <= MAX_PIXELS,
        'height and width',
    )


def _check_category(category: dict) -> None:
    _require(isinstance(category['id'], int | str), 'id')
    _require(isinstance(category['name'], str), 'name')


def _check_annotation(annotation: dict, size: tuple | None) -> None:
    for key in ('id', 'image_id', 'category_id'):
        _require(isinstance(annotation[key], int | str), key)
    box = annotation['bbox']
    _require(len(box) == 4 and _are_places(box), 'bbox')
    area = annotation['area']
    _require(isinstance(area, _NUMBERS) and math.isfinite(area), 'area')
    mask = annotation.get('segmentation')
    if not mask:
        return
    if isinstance(mask, list):
        _require(all(map(is_drawable, mask)), 'segmentation')
    else:
        # Annotations of an image that is not there are left out.
        _require(fits(mask, size or tuple(mask['size'])), 'segmentation')


def _require(truth: bool, name: str) -> None:
    if not truth:
        raise ValueError(f'no valid {name}')


def _are_places(values: list) -> bool:
    """Whether all are numbers that may be places in an image."""
    # A sum is not a number as soon as one of them is not.
    return (
        isinstance(values, list)
        and math.isfinite(sum(values))
        and min(values) >= -_LARGEST
        and max(values) <= _LARGEST
    )


def is_drawable(values: list) -> bool:
    """Whether drawing a polygon takes no more than an image of any size.

    One of less than three corners is left out, as detectors' data sets do.

    Args:
        values: x and y of its corners.
    """
    if not _are_places(values):
        return False
    # Drawing takes memory for each pixel of the outline.
    if len(values) * (max(values) - min(values)) <= _LARGEST:
        return True
    points = [*zip(values[::2], values[1::2], strict=False)]
    steps = pairwise([*points, points[0]])
    return (
        sum(max(abs(a - c), abs(b - d)) for (a, b), (c, d) in steps)
        <= _LARGEST
    )


def fits(mask: dict, size: tuple[int, int]) -> bool:
    """Whether the runs of a mask fill an image.

    Args:
        mask: ``size`` and ``counts``, compressed or not.
        size: (height, width) of the image.

    Raises:
        ValueError: If ``counts`` is no compressed code.
    """
    counts = mask['counts']
    if isinstance(counts, str):
        counts = _unpacked(counts)
    return (
        tuple(mask['size']) == size
        and math.prod(size) <= MAX_PIXELS
        and all(type(x) is int and x >= 0 for x in counts)
        and sum(counts) == math.prod(size)
    )


def _unpacked(text: str) -> Iterable[int]:
    """Read COCO's compressed runs: pycocotools' ``rleFrString``.

    Five bits a character, the sixth says that more follow; from the fourth on,
    runs are differences to the last but one.
    """
    counts: list[int] = []
    value = shift = 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64 or shift > 30:
            raise ValueError('no valid segmentation')
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError('no valid segmentation')
    return counts
