"""Masks of objects: can they be drawn."""

import numpy as np
from pycocotools import mask as coder

from uhrnet.detection.datasets.coco_fields import fits, is_drawable

from .defect import Defect
from .objects import Object


def check_mask(
    item: Object, file: str, size: tuple[int, int]
) -> Defect | None:
    """Check polygons or run-length code of an object.

    Args:
        item: The object.
        file: Where it is annotated.
        size: (width, height) of its image, in pixels.
    """
    width, height = size
    start = f'{file}, {item.where}: '
    if item.mask is None:
        return Defect(
            'broken_mask', file, f'{start}it has no mask, and masks are learnt'
        )
    dropped = 0
    try:
        if isinstance(item.mask, dict):
            code = _code(item.mask, height, width)
        else:
            polygons = [x for x in item.mask if _is_polygon(x)]
            dropped = len(item.mask) - len(polygons)
            code = _draw(polygons, height, width)
        if not coder.area(code):
            raise ValueError('no pixel of it is inside of the image')
    # The library raises nothing narrower.
    except Exception as error:
        return Defect(
            'broken_mask', file, f'{start}its mask cannot be drawn ({error})'
        )
    if dropped:
        message = (
            f'{start}{dropped} of {len(item.mask)} polygons have not three '
            'corners and are left out'
        )
        return Defect('partial_mask', file, message)
    x, y, w, h = coder.toBbox(code)
    left, top, right, bottom = item.corners
    if min(right, x + w) <= max(left, x) or min(bottom, y + h) <= max(top, y):
        message = (
            f'{start}mask and box lie in different places: is the box x, y, '
            'width, height?'
        )
        return Defect('partial_mask', file, message)
    return None


def _is_polygon(points: object) -> bool:
    """Whether these are x and y of three points or more."""
    if not isinstance(points, list | tuple):
        raise ValueError('it is no list of polygons')
    return len(points) >= 6 and len(points) % 2 == 0


def _draw(polygons: list, height: int, width: int) -> dict:
    if not polygons:
        raise ValueError('none of its polygons has three corners')
    if not np.isfinite(np.concatenate(polygons).astype(float)).all():
        raise ValueError('a corner is no number')
    if not all(is_drawable([*points]) for points in polygons):
        raise ValueError('a corner is far outside of any image')
    return coder.merge(coder.frPyObjects(polygons, height, width))


def _code(code: dict, height: int, width: int) -> dict:
    """Return a compressed run-length code that holds what it should."""
    size, counts = code.get('size'), code.get('counts')
    if not isinstance(counts, list | str):
        raise ValueError(f'counts is a {type(counts).__name__}')
    if not isinstance(size, list | tuple) or [*size] != [height, width]:
        raise ValueError(
            f'its size is {size}, and that of the image {[height, width]}'
        )
    if isinstance(counts, list):
        if sum(counts) != height * width:
            raise ValueError(
                f'its counts add up to {sum(counts)} of {height * width} '
                'pixels'
            )
        return coder.frPyObjects(code, height, width)
    if not fits(code, (height, width)):
        raise ValueError('its counts do not fill the image')
    return code
