"""The colour augmentation of monocular depth estimation."""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomGammaColor(BaseTransform):
    """Change an image's gamma, its brightness and that of each channel.

    ``(image ** gamma) * brightness * color``, for an image from 0 to 1 and a
    factor ``color`` of each channel, clipped. Depth stays as it is.

    Source: ``augment_image`` of BTS (arXiv 1907.10326).

    Args:
        gamma: Range of the exponent.
        brightness: Range of the factor.
        color: Range of each channel's factor.
        prob: Probability that the image is changed.
    """

    def __init__(
        self,
        gamma: tuple[float, float] = (0.9, 1.1),
        brightness: tuple[float, float] = (0.9, 1.1),
        color: tuple[float, float] = (0.9, 1.1),
        prob: float = 0.5,
    ) -> None:
        self.gamma = gamma
        self.brightness = brightness
        self.color = color
        self.prob = prob

    @cache_randomness
    def draw(self) -> tuple[float, np.ndarray] | None:
        """Choose an exponent and the channels' factors (3,), or None."""
        if np.random.random() >= self.prob:
            return None
        factors = np.random.uniform(*self.brightness)
        return np.random.uniform(*self.gamma), factors * np.random.uniform(
            *self.color, size=3
        )

    def transform(self, results: dict) -> dict:
        """Change ``results['img']``, (H, W, 3) uint8."""
        drawn = self.draw()
        if drawn is not None:
            gamma, factors = drawn
            levels = (np.arange(256) / 255) ** gamma
            table = np.rint(255 * levels[:, None] * factors).clip(0, 255)
            results['img'] = cv2.LUT(
                results['img'], table.astype(np.uint8)[None]
            )
        return results
