"""Pillow's way to HSV and back, of which only the hue changes."""

import functools

import cv2
import numpy as np
from PIL import Image

# The order of red, green and blue, from the smallest, by which of r >= g,
# g >= b and b >= r hold (1, 2, 4). If all do, they are equal.
_ORDERS = {
    3: (2, 1, 0),
    5: (1, 0, 2),
    6: (0, 2, 1),
    1: (1, 2, 0),
    2: (2, 0, 1),
    4: (0, 1, 2),
    7: (0, 1, 2),
}
# In each sixth of the circle, which of red, green and blue is the largest,
# and which is in the middle.
_LARGEST = (0, 1, 1, 2, 2, 0)
_MIDDLE = (1, 0, 2, 1, 0, 2)


def shift_hue(image: np.ndarray, delta: float) -> np.ndarray:
    """Turn the hue by ``delta`` / 256 of a circle.

    Pixel for pixel what Pillow gives that converts to HSV, adds to the hue,
    and converts back; a third of its time, as tables of the few values that
    matter take the place of divisions and roundings of each pixel.

    Args:
        image: RGB (H, W, 3), uint8.
        delta: Added to the hue, rounded towards zero.

    Returns:
        RGB (H, W, 3), uint8.
    """
    hues, saturations = _to_hsv()
    mixed, smallest = _from_hsv()
    red, green, blue = cv2.split(image)
    top = cv2.max(cv2.max(red, green), blue)
    low = cv2.min(cv2.min(red, green), blue)
    spread = top - low
    between = red + green + blue - top - low - low  # modulo 256, as intended
    order = (red >= green).astype(np.uint8)
    order += 2 * (green >= blue).astype(np.uint8)
    order += 4 * (blue >= red).astype(np.uint8)
    hue = hues.take(_join(order, spread, between))
    saturation = saturations.take(_join(spread, top))

    turned = np.array([int(x + delta) % 256 for x in range(256)], np.uint8)
    sector = np.arange(256) * 6 // 255 % 6
    largest, middle = (np.take(x, sector)[turned] for x in (_LARGEST, _MIDDLE))
    # Rounded half up, as C does
    share = mixed[turned].ravel().take(_join(hue, saturation))
    mid = (share * top + 0.5).astype(np.uint8)
    low = smallest.take(_join(saturation, top))
    channels = []
    for index in range(3):
        channel = low.copy()
        for source, who in ((top, largest), (mid, middle)):
            mask = (who == index).astype(np.uint8)
            cv2.copyTo(source, cv2.LUT(hue, mask), channel)
        channels.append(channel)
    return cv2.merge(channels)


def _join(*parts: np.ndarray) -> np.ndarray:
    """Put bytes one behind the other, the first on top, as an index."""
    index = parts[0].astype(np.int32)
    for part in parts[1:]:
        index <<= 8
        index |= part
    return index


@functools.cache
def _to_hsv() -> tuple[np.ndarray, np.ndarray]:
    """Hue by order, spread and middle; saturation by spread and largest."""
    spread, between = np.indices((256, 256))
    values = np.stack((0 * spread, np.minimum(between, spread), spread), -1)
    hues = np.zeros((8, 256, 256), np.uint8)
    for code, order in _ORDERS.items():
        colours = np.empty_like(values)
        colours[..., order] = values
        hues[code] = _convert(colours)[..., 0]
    spread, top = np.indices((256, 256))
    rest = np.maximum(top - spread, 0)
    saturations = _convert(np.stack((top, rest, rest), -1))[..., 1]
    return hues.ravel(), saturations.ravel()


def _convert(colours: np.ndarray) -> np.ndarray:
    image = Image.fromarray(colours.astype(np.uint8))
    return np.asarray(image.convert('HSV'))


@functools.cache
def _from_hsv() -> tuple[np.ndarray, np.ndarray]:
    """Share of the middle by hue and saturation; smallest channel.

    In Pillow's precision: float32 for the position in the sector and the
    saturation, float64 for the rest.
    """
    turn = np.arange(256) * 6.0 / 255.0
    sector = np.floor(turn)
    position = (turn - sector).astype(np.float32)[:, None]
    saturation = (np.arange(256) / 255.0).astype(np.float32)
    falling = 1.0 - (saturation * position).astype(np.float64)
    rising = 1.0 - saturation * (1.0 - position.astype(np.float64))
    mixed = np.where(sector[:, None] % 2 == 1, falling, rising)
    top = np.arange(256)
    smallest = top * (1.0 - saturation.astype(np.float64))[:, None] + 0.5
    return mixed, smallest.astype(np.uint8).ravel()
