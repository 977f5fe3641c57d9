"""What is kept of an evaluation: counts of classes and a few images."""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from uhrnet.analysis.confusion import BACKGROUND, shares

from .class_table import ClassTable
from .gallery import Gallery


class Summary(ABC):
    """Counts and a gallery, which grow with classes and not with images.

    Attributes:
        unit: What is counted.
        order: What images are ordered by.
        panels: What a picture shows, from left to right.
        names: Of the rows and columns of ``counts``.
        counts: (K, K) int64; rows are true classes, columns predicted ones.
        gallery: The best and the worst images.
        images: How many were added.

    Args:
        names: Of the rows and columns.
        pictures: How many of the best and of the worst images to keep.
    """

    unit = ''
    order = ''
    panels = ''

    def __init__(self, names: Sequence[str], pictures: int) -> None:
        self.names = list(names)
        self.counts = np.zeros((len(self.names),) * 2, np.int64)
        self.gallery = Gallery(pictures)
        self.images = 0

    @abstractmethod
    def add(self, sample: Any, index: int) -> None:
        """Count an image.

        Args:
            sample: Truth and prediction.
            index: Place in the data set.
        """

    @abstractmethod
    def table(self) -> ClassTable:
        """Return figures of each class."""

    def merge(self, others: Sequence['Summary']) -> None:
        """Add what other processes have counted."""
        for other in others:
            self.counts += other.counts
            self.images += other.images
        self.gallery.merge([other.gallery for other in others])

    def _notes(self) -> list[str]:
        """Say of each class what it is most often taken for."""
        rates = np.nan_to_num(shares(self.counts))
        np.fill_diagonal(rates, 0)
        notes = []
        for row in rates:
            predicted = self.names[row.argmax()]
            fate = f'taken for {predicted}'
            if predicted == BACKGROUND:
                fate = 'not found'
            notes.append(f'{row.max():.1f} % are {fate}' if row.any() else '')
        return notes


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return quotients in percent, not a number where nothing is divided."""
    known = np.where(denominator == 0, np.nan, denominator)
    return 100 * numerator / known


def summary_for(
    sample: Any,
    meta: Mapping,
    pictures: int,
    ignored: Collection[int] = (),
) -> 'Summary | None':
    """Return the empty summary of a task, by what the model has predicted.

    Args:
        sample: Of an evaluation, as the model returned it.
        meta: Of the data set: ``classes``.
        pictures: How many of the best and of the worst images to keep.
        ignored: Labels of pixels that the metrics pass over.

    Returns:
        None if truth is missing, or the task is another one.
    """
    classes = [_printable(str(name)) for name in meta.get('classes') or ()]
    if 'pred_sem_seg' in sample and 'gt_sem_seg' in sample and classes:
        from .segmentation_summary import SegmentationSummary

        return SegmentationSummary(classes, pictures, ignored)
    if 'pred_depth_map' in sample and 'gt_depth_map' in sample:
        from .depth_summary import DepthSummary

        return DepthSummary(pictures)
    if 'pred_instances' in sample and 'gt_instances' in sample and classes:
        from .detection_summary import DetectionSummary

        return DetectionSummary(classes, pictures)
    return None


def _printable(name: str) -> str:
    """Replace letters that XML, and so a figure, cannot hold."""
    return ''.join(
        '\ufffd'
        if unicodedata.category(letter) in ('Cc', 'Cs')
        or letter in '\ufffe\uffff'
        else letter
        for letter in name
    )
