"""How wrong a model is on each image, and on which it is most."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from uhrnet.depth.metrics.depth_metric import FIGURES, depth_figures
from uhrnet.errors import ConfigError

from .confusion import class_ious

# Others are errors: the less the better.
HIGHER_IS_BETTER = ('mIoU', 'accuracy', 'a1', 'a2', 'a3', 'F1')
UNITS = dict(mIoU='%', accuracy='%', rmse='m', F1='%')
# By which images are ordered unless another is named, of each task.
MAIN = dict(segmentation='mIoU', depth='abs_rel', detection='errors')

# Figures that pictures do not mention, as they are one more way to say it.
SELDOM = ('a2', 'a3', 'sq_rel', 'rmse_log', 'log10', 'silog')


class ImageError(NamedTuple):
    """The figures of an image.

    Attributes:
        index: Place in the data set.
        name: Of the image.
        figures: By name; not a number where there is nothing to measure.
    """

    index: int
    name: str
    figures: dict[str, float]


def label_figures(counts: np.ndarray) -> dict[str, float]:
    """Return figures of a label map.

    Args:
        counts: (K, K) pixels of :func:`~uhrnet.analysis.confusion.
            count_labels`.

    Returns:
        In percent: mean IoU of the classes in truth or prediction, and the
        share of pixels that are right.
    """
    total = counts.sum()
    if not total:
        return dict(mIoU=float('nan'), accuracy=float('nan'))
    return dict(
        mIoU=float(np.nanmean(class_ious(counts))),
        accuracy=float(100 * np.trace(counts) / total),
    )


def depth_map_figures(
    truth: np.ndarray,
    prediction: np.ndarray,
    min_depth: float = 1e-3,
    max_depth: float = 80.0,
) -> dict[str, float]:
    """Return what ``MonoDepthMetric`` measures, of one image.

    Args:
        truth: Depth (H, W) in metres; out of range where unknown.
        prediction: Depth (H, W) in metres.
        min_depth: Smallest depth that counts.
        max_depth: Largest one.
    """
    valid = (truth > min_depth) & (truth < max_depth)
    if not valid.any():
        return dict.fromkeys(FIGURES, float('nan'))
    prediction = prediction.clip(min_depth, max_depth)
    figures = depth_figures(prediction[valid], truth[valid])
    return dict(zip(FIGURES, map(float, figures), strict=True))


def box_figures(counts: np.ndarray) -> dict[str, float]:
    """Return figures of an image's boxes.

    Args:
        counts: (K + 1, K + 1) objects of :func:`~uhrnet.analysis.
            box_matching.count_boxes`.

    Returns:
        Numbers of missed objects, of boxes without an object and of objects
        of a wrong class, their sum ``errors``, and F1 in percent.
    """
    missed = int(counts[:-1, -1].sum())
    spurious = int(counts[-1].sum())
    hits = int(np.trace(counts[:-1, :-1]))
    wrong = int(counts[:-1, :-1].sum()) - hits
    found = 2 * hits + missed + spurious + 2 * wrong
    return dict(
        errors=missed + spurious + wrong,
        misses=missed,
        false_positives=spurious,
        wrong_class=wrong,
        F1=100 * 2 * hits / found if found else float('nan'),
    )


def rank(errors: Sequence[ImageError], by: str) -> list[ImageError]:
    """Sort images, the worst first; those without a figure come last.

    Args:
        errors: Of all images.
        by: A figure.

    Raises:
        ConfigError: If there is no such figure.
    """
    if errors and by not in errors[0].figures:
        raise ConfigError(
            f'images have no figure {by!r}: use one of '
            + ', '.join(errors[0].figures)
        )
    sign = 1 if by in HIGHER_IS_BETTER else -1

    def key(error: ImageError) -> tuple[bool, float]:
        value = error.figures[by]
        unknown = value != value
        return unknown, 0.0 if unknown else sign * value

    return sorted(errors, key=key)


def write_figure(name: str, value: float) -> str:
    """Write a figure with its unit, such as ``mIoU 61.2 %``."""
    unit = UNITS.get(name, '')
    digits = f'{value:.0f}' if isinstance(value, int) else f'{value:.3g}'
    if unit == '%':
        digits = f'{value:.1f}'
    return f'{name.replace("_", " ")} {digits} {unit}'.strip()
