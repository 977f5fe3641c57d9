"""Pictures made smaller."""

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
    height, width = array.shape[:2]
    ratio = longest / max(height, width)
    if ratio >= 1:
        return array
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return cv2.resize(array, size, interpolation=interpolation)
