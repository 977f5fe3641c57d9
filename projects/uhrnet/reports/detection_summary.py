"""What is kept of an evaluation of boxes."""

from collections.abc import Sequence

import numpy as np
from mmdet.structures import DetDataSample

from uhrnet.analysis.box_matching import Boxes, count_boxes, match_boxes
from uhrnet.analysis.confusion import BACKGROUND
from uhrnet.analysis.image_errors import box_figures

from .class_table import ClassTable, make_table
from .pictures import DRAWN_SCORE, MOST_DRAWN, reduce_sample
from .summary import Summary, divide

OVERLAP = 0.5


class DetectionSummary(Summary):
    """Objects by true and predicted class; images by wrong boxes.

    The last class is none: of boxes without an object, and of objects
    without a box. Boxes count from a score of 0.3 and an overlap of 0.5.
    For the average precisions every box counts; of each its score is kept,
    and whether it is right.
    """

    unit = 'objects'
    order = 'objects missed, boxes without object and wrong classes'
    panels = f'truth, prediction; at most {MOST_DRAWN} boxes of each'

    def __init__(self, classes: Sequence[str], pictures: int) -> None:
        super().__init__([*classes, BACKGROUND], pictures)
        self._judged: list[np.ndarray] = []  # (M, 3) class, score, right

    def add(self, sample: DetDataSample, index: int) -> None:
        """Match the boxes of an image with its objects."""
        truth, boxes = true_boxes(sample), predicted_boxes(sample)
        matches = match_boxes(truth, boxes, DRAWN_SCORE, OVERLAP)
        counts = count_boxes(truth, boxes, matches, len(self.names) - 1)
        self.counts += counts
        self.images += 1
        self._judged.append(_judge(truth, boxes))
        figures = box_figures(counts)
        self.gallery.offer(
            figures['errors'], index, figures, lambda: reduce_sample(sample)
        )

    def table(self) -> ClassTable:
        """Return figures of each class in percent."""
        hits = np.diagonal(self.counts)[:-1]
        true = self.counts.sum(axis=1)[:-1]
        predicted = self.counts.sum(axis=0)[:-1]
        figures = {
            'AP50 (%)': 100 * self.average_precisions(),
            f'recall at score {DRAWN_SCORE} (%)': divide(hits, true),
            f'precision at score {DRAWN_SCORE} (%)': divide(hits, predicted),
            'objects': true,
        }
        return make_table(self.names[:-1], figures, self._notes()[:-1])

    def average_precisions(self) -> np.ndarray:
        """Return the average precision of each class at an overlap of 0.5."""
        judged = np.concatenate([np.zeros((0, 3)), *self._judged])
        objects = self.counts.sum(axis=1)[:-1]
        return np.array(
            [
                average_precision(judged[judged[:, 0] == label, 1:], count)
                for label, count in enumerate(objects)
            ]
        )

    def merge(self, others: list['DetectionSummary']) -> None:
        """Add what other processes have counted."""
        super().merge(others)
        for other in others:
            self._judged += other._judged


def true_boxes(sample: DetDataSample) -> Boxes:
    """Return the objects of an image, in pixels of its file."""
    parts = [sample.gt_instances]
    if 'ignored_instances' in sample:
        parts.append(sample.ignored_instances)
    corners = [_array(x.bboxes).reshape(-1, 4) for x in parts]
    return Boxes(
        np.concatenate(corners),
        np.concatenate([_array(x.labels) for x in parts]),
        ignored=np.repeat(
            [False, True][: len(parts)], list(map(len, corners))
        ),
    )


def predicted_boxes(sample: DetDataSample) -> Boxes:
    """Return the boxes of an image with their scores."""
    found = sample.pred_instances
    return Boxes(*(_array(found[k]) for k in ('bboxes', 'labels', 'scores')))


def average_precision(judged: np.ndarray, objects: int) -> float:
    """Return the area below the curve of precision over recall.

    The precision of a recall is the largest from there on, read at the 101
    recalls of COCO.

    Args:
        judged: (M, 2), scores of the boxes of a class, and 1 where right.
        objects: How many there are to find.
    """
    if not objects:
        return float('nan')
    order = np.argsort(-judged[:, 0], kind='stable')
    right = np.cumsum(judged[order, 1])
    precision = right / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    recalls = np.linspace(0, 1, 101)
    places = np.searchsorted(right / objects, recalls, side='left')
    return float(np.append(precision, 0)[places].mean())


def _judge(truth: Boxes, boxes: Boxes) -> np.ndarray:
    """Return class, score and whether it is right of each box (M, 3)."""
    matches = match_boxes(truth, boxes, 0, OVERLAP)
    right = [box for _, box in matches.pairs]
    wrong = [box for _, box in matches.confused] + matches.spurious
    which = np.array(right + wrong, int)
    labels, scores = boxes.labels[which], boxes.scores[which]
    return np.stack((labels, scores, np.arange(len(which)) < len(right)), 1)


def _array(data: object) -> np.ndarray:
    """Convert tensors, and mmdet's boxes, which hold one."""
    return getattr(data, 'tensor', data).cpu().numpy()
