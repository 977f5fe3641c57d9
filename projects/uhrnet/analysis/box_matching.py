"""Which predicted box is which object's, and what is left over."""

from typing import NamedTuple

import numpy as np
from mmdet.evaluation.functional import bbox_overlaps


class Boxes(NamedTuple):
    """Objects of an image, true or predicted.

    Attributes:
        bboxes: (N, 4), corners in pixels of the image file.
        labels: (N,), classes.
        scores: (N,), of predictions.
        ignored: (N,), of the truth: objects that need not be found.
    """

    bboxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray | None = None
    ignored: np.ndarray | None = None


class Matches(NamedTuple):
    """What became of the objects and the boxes of an image.

    Attributes:
        pairs: (object, box) of one class.
        confused: (object, box) of different classes.
        missed: Objects that have no box.
        spurious: Boxes that have no object.
    """

    pairs: list[tuple[int, int]]
    confused: list[tuple[int, int]]
    missed: list[int]
    spurious: list[int]


def match_boxes(
    truth: Boxes,
    prediction: Boxes,
    score_thr: float = 0.3,
    iou_thr: float = 0.5,
) -> Matches:
    """Give every object one box at most.

    Boxes choose in the order of their scores, first among objects of their
    own class and then, if they have none, among all that are left. A box that
    has none and lies in an ignored object, such as a crowd, is neither right
    nor wrong: as for COCO, by the share of the box and not by their IoU.

    Args:
        truth: The objects.
        prediction: Boxes with scores.
        score_thr: Boxes of lower scores do not count.
        iou_thr: IoU from which a box is an object's.
    """
    order = np.argsort(-prediction.scores, kind='stable')
    order = [i for i in order.tolist() if prediction.scores[i] >= score_thr]
    corners = prediction.bboxes.reshape(-1, 4), truth.bboxes.reshape(-1, 4)
    overlaps = bbox_overlaps(*corners)
    count = len(truth.labels)
    ignored = np.zeros(count, bool)
    if truth.ignored is not None:
        ignored = truth.ignored.astype(bool)
    free = ~ignored
    same = truth.labels[None] == prediction.labels[:, None]

    def choose(boxes: list[int], allowed: np.ndarray) -> list[tuple[int, int]]:
        chosen = []
        for box in boxes:
            fits = np.where(free & allowed[box], overlaps[box], -1)
            if count and fits.max() >= iou_thr:
                found = int(fits.argmax())
                free[found] = False
                chosen.append((found, box))
        return chosen

    pairs = choose(order, same)
    taken = {box for _, box in pairs}
    confused = choose([i for i in order if i not in taken], ~same)
    taken |= {box for _, box in confused}
    inside = bbox_overlaps(*corners, mode='iof')
    excused = (inside >= iou_thr)[:, ignored].any(1)
    return Matches(
        pairs,
        confused,
        np.flatnonzero(free).tolist(),
        [i for i in order if i not in taken and not excused[i]],
    )


def count_boxes(
    truth: Boxes, prediction: Boxes, matches: Matches, num_classes: int
) -> np.ndarray:
    """Count objects by true and predicted class.

    Returns:
        (K + 1, K + 1) int64. In the last column are objects that have no box,
        in the last row boxes that have no object.
    """
    counts = np.zeros((num_classes + 1,) * 2, np.int64)
    for found, box in (*matches.pairs, *matches.confused):
        counts[truth.labels[found], prediction.labels[box]] += 1
    for found in matches.missed:
        counts[truth.labels[found], -1] += 1
    for box in matches.spurious:
        counts[-1, prediction.labels[box]] += 1
    return counts
