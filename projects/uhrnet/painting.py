"""Colours of labels, depths and boxes, without any toolbox."""

import math
from typing import NamedTuple

import cv2
import matplotlib
import numpy as np

IGNORED_COLOR = (0, 0, 0)
# Near is red, far is blue.
DEPTH_COLORS = 'turbo_r'
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class Scale(NamedTuple):
    """What colours stand for.

    Attributes:
        low: Value at the beginning of the colour map. Above 0 the scale is
            logarithmic, so that near and far can be told apart; at 0 linear.
        high: Value at its end.
        unit: Of the values.
        colors: Name of a colour map of matplotlib.
    """

    low: float
    high: float
    unit: str
    colors: str

    def place(self, values: np.ndarray) -> np.ndarray:
        """Return where values are, from 0 at the beginning to 1."""
        if self.low > 0:
            values = np.log(np.maximum(values, self.low) / self.low)
            return values / math.log(self.high / self.low)
        return values / self.high

    def at(self, share: float) -> float:
        """Return the value at a share of the colour map."""
        if self.low > 0:
            return self.low * (self.high / self.low) ** share
        return share * self.high


def depth_scale(depth: np.ndarray) -> Scale:
    """Return a scale from the nearest to the farthest known depth."""
    known = depth[np.isfinite(depth) & (depth > 0)]
    low, high = (known.min(), known.max()) if len(known) else (1.0, 10.0)
    # one of a single depth needs some width
    return Scale(float(low), float(max(high, 1.01 * low)), 'm', DEPTH_COLORS)


def paint_values(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Paint values (H, W), black where they are not a number; RGB uint8."""
    known = np.isfinite(values)
    place = scale.place(np.where(known, values, scale.high)).clip(0, 1)
    painted = matplotlib.colormaps[scale.colors](place, bytes=True)
    return np.where(known[..., None], painted[..., :3], 0).astype(np.uint8)


def paint_labels(labels: np.ndarray, palette: list) -> np.ndarray:
    """Paint a label map.

    Args:
        labels: (H, W) class indices; those beyond the palette are black.
        palette: RGB colour of each class.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    table = np.full((256, 3), IGNORED_COLOR, np.uint8)
    table[: len(palette)] = palette
    return table[np.clip(labels, 0, 255)]


def blend(
    image: np.ndarray,
    painted: np.ndarray,
    opacity: float,
    where: np.ndarray | None = None,
) -> np.ndarray:
    """Lay a painting over an image, both (H, W, 3) uint8.

    Args:
        image: What is below.
        painted: What is above.
        opacity: Of what is above, 0 to 1.
        where: Boolean (H, W); elsewhere the image stays.
    """
    mixed = cv2.addWeighted(image, 1 - opacity, painted, opacity, 0)
    if where is None:
        return mixed
    return np.where(where[..., None], mixed, image)


def draw_box(
    image: np.ndarray,
    box: np.ndarray,
    text: str,
    color: tuple[int, int, int],
) -> None:
    """Draw a box and what it is into an image, in place.

    Args:
        image: (H, W, 3) uint8, contiguous.
        box: Left, top, right, bottom in pixels.
        text: Written above the box, or into it at the image's upper edge.
        color: Of the box, in the order of the image's channels.
    """
    height, width = image.shape[:2]
    thickness = max(1, round(min(height, width) / 300))
    size = max(0.35, min(height, width) / 1200)
    # what a network puts far outside would not fit OpenCV's integers
    left, right = (int(x) for x in np.clip(box[0::2], 0, width - 1))
    top, bottom = (int(y) for y in np.clip(box[1::2], 0, height - 1))
    color = tuple(int(x) for x in color)
    cv2.rectangle(image, (left, top), (right, bottom), color, thickness)
    (length, high), low = cv2.getTextSize(text, _FONT, size, 1)
    base = top - low if top >= high + 2 * low else top + high + low
    start = max(0, min(left, width - length - 1))
    cv2.rectangle(
        image, (start, base - high - 1), (start + length, base + low), color,
        -1,
    )  # fmt: skip
    # dark on light and light on dark, by what the eye takes for brightness
    bright = np.dot(color, (0.299, 0.587, 0.114)) > 140
    ink = (0, 0, 0) if bright else (255, 255, 255)
    cv2.putText(image, text, (start, base), _FONT, size, ink, 1, cv2.LINE_AA)
