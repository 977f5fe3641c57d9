"""What is kept of an evaluation of label maps."""

from collections.abc import Collection, Sequence

import numpy as np
import torch
from mmseg.structures import SegDataSample
from torch import Tensor

from uhrnet.analysis.confusion import class_ious
from uhrnet.analysis.image_errors import label_figures

from .class_table import ClassTable, make_table
from .pictures import reduce_sample
from .summary import Summary, divide


class SegmentationSummary(Summary):
    """Pixels by true and predicted class; images by mean IoU.

    Args:
        classes: Names.
        pictures: How many of the best and of the worst images to keep.
        ignored: Labels of pixels that do not count, beside those of no
            class.
    """

    unit = 'pixels'
    order = 'mean IoU of the classes in an image'
    panels = 'image, truth (black where no class is known), prediction'

    def __init__(
        self,
        classes: Sequence[str],
        pictures: int,
        ignored: Collection[int] = (),
    ) -> None:
        super().__init__(classes, pictures)
        self._ignored = sorted(x for x in ignored if 0 <= x < len(classes))

    def add(self, sample: SegDataSample, index: int) -> None:
        """Count the pixels of an image, on the device where they are."""
        truth, prediction = sample.gt_sem_seg.data, sample.pred_sem_seg.data
        counts = count_pixels(truth, prediction, len(self.names))
        counts[self._ignored] = 0
        self.counts += counts
        self.images += 1
        figures = label_figures(counts)
        self.gallery.offer(
            -figures['mIoU'], index, figures, lambda: reduce_sample(sample)
        )

    def table(self) -> ClassTable:
        """Return IoU, recall and precision of each class in percent."""
        hits = np.diagonal(self.counts)
        true, predicted = self.counts.sum(axis=1), self.counts.sum(axis=0)
        figures = {
            'IoU (%)': class_ious(self.counts),
            'recall (%)': divide(hits, true),
            'precision (%)': divide(hits, predicted),
            'share of pixels (%)': divide(true, true.sum()),
        }
        return make_table(self.names, figures, self._notes())


def count_pixels(
    truth: Tensor, prediction: Tensor, classes: int
) -> np.ndarray:
    """Count pixels by true and predicted class.

    Args:
        truth: True classes; pixels of none do not count.
        prediction: Predicted classes, of as many pixels.
        classes: Number K of classes.

    Returns:
        (K, K) int64; rows are true classes.
    """
    truth = truth.flatten().long()
    known = (truth >= 0) & (truth < classes)
    pairs = truth * classes + prediction.to(truth.device).flatten()
    # a place of its own for all others: to leave them out takes longer
    pairs = torch.where(known, pairs, classes**2)
    counts = pairs.bincount(minlength=classes**2 + 1)[: classes**2]
    return counts.view(classes, classes).cpu().numpy()
