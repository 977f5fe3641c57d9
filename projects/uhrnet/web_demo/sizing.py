"""Pictures made smaller, or as large as a model wants them."""

import cv2
import numpy as np


def shrink(
    array: np.ndarray, longest: int, interpolation: int = cv2.INTER_AREA
) -> np.ndarray:
    """Make an image or a map smaller if its longer side has more pixels.

    Args:
        array: (H, W) or (H, W, C).
        longest: Pixels that the longer side may have.
        interpolation: Of OpenCV.
    """
    if longest >= max(array.shape[:2]):
        return array
    return _resize(array, longest, interpolation)


def bring_to(image: np.ndarray, longest: int) -> np.ndarray:
    """Make an image smaller or larger until its longer side is as given."""
    side = max(image.shape[:2])
    if side == longest:
        return image
    # Of pixels that grow, the mean over an area would be blocks.
    smaller = side > longest
    return _resize(
        image, longest, cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    )


def _resize(array: np.ndarray, longest: int, interpolation: int) -> np.ndarray:
    height, width = array.shape[:2]
    ratio = longest / max(height, width)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return cv2.resize(array, size, interpolation=interpolation)
