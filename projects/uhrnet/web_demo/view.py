"""The picture of a prediction, with what is under the pointer."""

import json

import cv2
import numpy as np

from uhrnet.apis.predictions import (
    DepthPrediction,
    Prediction,
    SegmentationPrediction,
)

from . import markup
from .sizing import shrink

LONGEST = 1280
"""Pixels of the longer side on the page; a screen shows no more of them."""
_STEPS = 2**16 - 2
_HINT = 'Point at the picture to read its values.'


def show_picture(image: np.ndarray) -> str:
    """Return the view of an image that nothing is known of yet."""
    return _figure(image, 'the chosen picture', '')


def show_prediction(prediction: Prediction, opacity: float) -> str:
    """Return the view of a prediction: the drawing and its values.

    Args:
        prediction: Of any task.
        opacity: Of what is drawn over the image, 0 to 1.
    """
    values = ''
    if isinstance(prediction, SegmentationPrediction):
        names = json.dumps(list(prediction.classes))
        values = (
            f'data-kind="labels" data-names="{markup.text(names)}" '
            + _values(prediction.labels.astype(np.uint8))
        )
    elif isinstance(prediction, DepthPrediction):
        steps, metres = quantize(prediction.depth)
        values = f'data-kind="depth" data-step="{metres!r}" ' + _values(steps)
    drawn = prediction.draw(opacity)
    return _figure(drawn, f'{prediction.task} of the picture', values)


def quantize(depth: np.ndarray) -> tuple[np.ndarray, float]:
    """Write distances in 16 bits, so that a page can carry them.

    Args:
        depth: (H, W), metres.

    Returns:
        Steps of type uint16, 0 where there is no value, and the metres of a
        step beyond 1: of 100 m, 1.5 mm.
    """
    known = np.isfinite(depth) & (depth >= 0)
    farthest = float(depth[known].max()) if known.any() else 0.0
    step = max(farthest, 1e-3) / _STEPS
    steps = np.where(known, depth, 0) / step
    return np.where(known, steps.round() + 1, 0).astype(np.uint16), step


def _figure(image: np.ndarray, alt: str, values: str) -> str:
    shown = markup.picture(shrink(image, LONGEST), alt)
    caption = f'<figcaption data-hint="{_HINT}">{_HINT}</figcaption>'
    return (
        f'<figure class="view" {values}>{shown}{caption if values else ""}'
        '</figure>'
    )


def _values(array: np.ndarray) -> str:
    # The nearest pixel's: between two classes there is none.
    shown = shrink(array, LONGEST, cv2.INTER_NEAREST_EXACT)
    height, width = shown.shape
    return (
        f'data-width="{width}" data-height="{height}" '
        f'data-values="{markup.encoded(shown)}"'
    )
