"""Parts of a resized array, without the rest of it."""

from math import floor, gcd

import cv2
import numpy as np

# OpenCV's warp takes about five times as long per pixel as its resize, so a
# window may grow to this multiple before warping is cheaper.
_WORTH = 4


def resize_window(
    image: np.ndarray, size: tuple[int, int], rows: slice, columns: slice
) -> np.ndarray:
    """Cut a window out of ``cv2.resize(image, size)``, bilinear.

    Where the ratio of the sizes is that of small numbers, say 5/4, pixels of
    both fall together again and again. Between such places, ``cv2.resize`` of
    a part gives the pixels of the whole; the last bit of a coordinate, and
    with it a grey level of some pixels, may differ. Where these places are far
    apart, the window is warped, whose rounding differs by a grey level
    (before OpenCV 5, which knew 32 positions in a pixel, by some 7 levels
    where neighbours differ by 255).

    Args:
        image: (H, W) or (H, W, C), uint8; only the pixels that the window
            needs are read.
        size: (width, height) of the whole after resizing.
        rows: Of the window, in the resized image, start and stop.
        columns: The same.

    Returns:
        (rows, columns) or (rows, columns, C), uint8.
    """
    (top, bottom), (y0, y1) = _aligned(rows, image.shape[0], size[1])
    (left, right), (x0, x1) = _aligned(columns, image.shape[1], size[0])
    height, width = rows.stop - rows.start, columns.stop - columns.start
    if (bottom - top) * (right - left) > _WORTH * height * width:
        return _warp_window(image, size, rows, columns)
    window = cv2.resize(
        image[y0:y1, x0:x1],
        (right - left, bottom - top),
        interpolation=cv2.INTER_LINEAR,
    )
    return window[
        rows.start - top : rows.stop - top,
        columns.start - left : columns.stop - left,
    ]


def _aligned(
    part: slice, old: int, new: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Widen a part to where pixel borders of both sizes meet.

    By one such place more than needed: interpolation reads a pixel beyond,
    and at the edge of what it is given repeats the last one.

    Returns:
        Start and stop in the new size and in the old one.
    """
    count = gcd(old, new)
    if old == new:
        return (part.start, part.stop), (part.start, part.stop)
    step, old_step = new // count, old // count
    first = max(part.start // step - 1, 0)
    last = min(-(-part.stop // step) + 1, count)
    return (first * step, last * step), (first * old_step, last * old_step)


def _warp_window(
    image: np.ndarray, size: tuple[int, int], rows: slice, columns: slice
) -> np.ndarray:
    matrix, bounds = np.zeros((2, 3)), []
    for axis, (part, old, new) in enumerate(
        zip((columns, rows), image.shape[1::-1], size, strict=True)
    ):
        scale = old / new
        low = (part.start + 0.5) * scale - 0.5
        high = (part.stop - 0.5) * scale - 0.5
        start = max(floor(low), 0)
        bounds.append(slice(start, min(floor(high) + 2, old)))
        matrix[axis, axis], matrix[axis, 2] = scale, low - start
    return cv2.warpAffine(
        image[bounds[1], bounds[0]],
        matrix,
        (columns.stop - columns.start, rows.stop - rows.start),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def resize_label_window(
    labels: np.ndarray, size: tuple[int, int], rows: slice, columns: slice
) -> np.ndarray:
    """Cut a window out of ``cv2.resize(labels, size)``, nearest, exactly.

    Args:
        labels: (H, W); only the window's pixels are read.
        size: (width, height) of the whole after resizing.
        rows: Of the window, in the resized map, start and stop.
        columns: The same.

    Returns:
        (rows, columns), of the dtype of ``labels``.
    """
    y = _nearest(labels.shape[0], size[1])[rows]
    x = _nearest(labels.shape[1], size[0])[columns]
    window = labels[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
    return window[y - y[0]].take(x - x[0], axis=1)


def _nearest(old: int, new: int) -> np.ndarray:
    """Tell which element is the nearest to each of a resized axis.

    OpenCV is asked, whose rounding is its own. float32 counts to 2**24.
    """
    line = np.arange(old, dtype=np.float32)[None]
    chosen = cv2.resize(line, (new, 1), interpolation=cv2.INTER_NEAREST)
    return chosen[0].astype(np.intp)
