"""Annotated objects as they stand in files, before a data set drops any."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real

import numpy as np

from .defect import Defect


@dataclass
class Object:
    """An object of an image.

    Attributes:
        where: What it is called in its file, for messages.
        label: Index of its class.
        corners: Left, top, right and bottom, in pixels.
        mask: Polygons or a run-length code, or None.
    """

    where: str
    label: int
    corners: tuple[float, float, float, float]
    mask: object = None


@dataclass
class Annotation:
    """What is annotated of an image.

    Attributes:
        file: Where it is annotated.
        size: (width, height) as stated there, if it is.
        objects: Those of the data set's classes.
        defects: Of what cannot be an object.
        smallest: Side, in pixels, below which the data set leaves out boxes.
    """

    file: str
    size: tuple[int, int] | None = None
    objects: list[Object] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    smallest: float = 0


class ListedObjects:
    """Takes objects as a data set of MMDetection lists them.

    For data sets of whose files nothing is known here.

    Args:
        num_classes: Of the data set.
    """

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes

    def __call__(self, sample: dict) -> Annotation:
        """Return what a sample says of its objects."""
        file = sample['img_path']
        annotation = Annotation(file, stated_size(sample))
        for number, instance in enumerate(sample.get('instances') or (), 1):
            where = f'object {number}'
            corners = finite(instance.get('bbox'))
            if corners is None:
                annotation.defects.append(no_box(file, where, instance))
                continue
            label = instance.get('bbox_label')
            if not isinstance(label, Integral) or not (
                0 <= label < self.num_classes
            ):
                message = (
                    f'{file}, {where}: its label is {label!r}, and the data '
                    f'set has {self.num_classes} classes'
                )
                annotation.defects.append(
                    Defect('unknown_class', file, message)
                )
                continue
            annotation.objects.append(
                Object(where, int(label), corners, instance.get('mask'))
            )
        return annotation


def stated_size(record: Mapping) -> tuple[int, int] | None:
    """Return (width, height) where a record has both."""
    size = record.get('width'), record.get('height')
    return None if None in size else size


def finite(numbers: object) -> tuple[float, float, float, float] | None:
    """Return four finite numbers, or None if these are something else."""
    if not isinstance(numbers, Sequence | np.ndarray) or len(numbers) != 4:
        return None
    if not all(isinstance(x, Real) and math.isfinite(x) for x in numbers):
        return None
    return tuple(map(float, numbers))


def no_box(file: str, where: str, record: Mapping) -> Defect:
    """Report an object whose box is not one."""
    return Defect(
        'annotation',
        file,
        f'{file}, {where}: {record.get("bbox")!r} is not a box of four '
        'numbers',
    )
