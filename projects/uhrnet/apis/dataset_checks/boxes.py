"""Boxes: are they inside of their images, and have they an area."""

from .defect import Defect
from .objects import Annotation, Object

# Pixels. Counting from 0 or 1 and rounding harm nobody.
_TOLERANCE = 1


def check_objects(
    annotation: Annotation, size: tuple[int, int]
) -> list[Defect]:
    """Check the boxes of an image.

    Args:
        annotation: Of the image.
        size: Its (width, height), in pixels.
    """
    found = (
        _check(x, annotation.file, annotation.smallest, size)
        for x in annotation.objects
    )
    return [defect for defect in found if defect is not None]


def _check(
    item: Object, file: str, smallest: float, size: tuple[int, int]
) -> Defect | None:
    left, top, right, bottom = item.corners
    width, height = size
    inside = (
        min(right, width) - max(left, 0),
        min(bottom, height) - max(top, 0),
    )
    beyond = max(-left, -top, right - width, bottom - height)
    if right <= left or bottom <= top:
        kind, what = 'box_without_area', 'has no area'
    elif min(inside) <= 0:
        kind, what = 'box_outside', f'is outside of the {width}x{height} image'
    elif min(right - left, bottom - top) < smallest:
        kind = 'small_box'
        what = f'is smaller than {smallest:g} pixel and left out'
    elif beyond > _TOLERANCE:
        kind = 'box_partly_outside'
        what = f'leaves the {width}x{height} image by {beyond:g} pixels'
    else:
        return None
    box = [left, top, right, bottom]
    text = ', '.join(f'{x:g}' for x in box)
    message = f'{file}, {item.where}: the box from ({text}) {what}'
    return Defect(kind, file, message, details=dict(box=box))


def check_stated_size(
    annotation: Annotation, image: str, size: tuple[int, int]
) -> list[Defect]:
    """Compare the size that an annotation states with that of the image.

    Args:
        annotation: Of the image.
        image: Its file.
        size: Its (width, height), in pixels.
    """
    stated = annotation.size
    if stated is None or tuple(stated) == tuple(size):
        return []
    message = (
        f'{annotation.file} states {stated[0]}x{stated[1]} (width x height), '
        f'and {image} is {size[0]}x{size[1]}: are the boxes those of another '
        'image?'
    )
    details = dict(stated=list(stated), image=list(size))
    return [Defect('stated_size', annotation.file, message, details=details)]
