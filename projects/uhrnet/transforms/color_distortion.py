"""The colour augmentation of PaddleSeg's recipes."""

from collections.abc import Callable

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmengine.registry import TRANSFORMS
from PIL import Image, ImageEnhance

from .hue_shift import shift_hue


@TRANSFORMS.register_module()
class RandomColorDistortion(BaseTransform):
    """Distort brightness, contrast, saturation and hue in random order.

    Each of the four happens with probability ``prob``. The first three
    multiply by a factor from ``1 - range`` to ``1 + range``: brightness
    against black, contrast against the mean grey, saturation against the
    image in grey. Unlike mmsegmentation's ``PhotoMetricDistortion``, no
    brightness is added, and the hue range is in 1/256 of a circle.

    Source: ``RandomDistort`` of PaddleSeg, which works on the same Pillow
    functions, or for the hue on one of the same result.

    Args:
        brightness: Range around 1.
        contrast: Range around 1.
        saturation: Range around 1.
        hue: Largest shift, in 1/256 of a circle; 18 is 25 degrees.
        prob: Probability of each distortion.
    """

    def __init__(
        self,
        brightness: float = 0.4,
        contrast: float = 0.4,
        saturation: float = 0.4,
        hue: float = 18,
        prob: float = 0.5,
    ) -> None:
        self.ranges = dict(
            brightness=(1 - brightness, 1 + brightness),
            contrast=(1 - contrast, 1 + contrast),
            saturation=(1 - saturation, 1 + saturation),
            hue=(-hue, hue),
        )
        self.prob = prob

    @cache_randomness
    def draw(self) -> list[tuple[str, float]]:
        """Choose which distortions to apply, in what order, how strongly."""
        return [
            (name, np.random.uniform(*self.ranges[name]))
            for name in np.random.permutation(list(self.ranges))
            if np.random.random() < self.prob
        ]

    def transform(self, results: dict) -> dict:
        """Distort ``results['img']``, (H, W, 3) uint8 in BGR order."""
        steps = self.draw()
        if steps:
            # OpenCV turns the channels round in a seventh of numpy's time, and
            # a mirrored view, RandomFlip's, in a tenth.
            image = results['img']
            if image.strides[1] < 0:
                image = cv2.flip(image[:, ::-1], 1)
            image = Image.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            for name, amount in steps:
                image = DISTORTIONS[name](image, amount)
            results['img'] = cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2BGR)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.ranges}, prob={self.prob})'


DISTORTIONS: dict[str, Callable[[Image.Image, float], Image.Image]] = {
    'brightness': lambda i, x: ImageEnhance.Brightness(i).enhance(x),
    'contrast': lambda i, x: ImageEnhance.Contrast(i).enhance(x),
    'saturation': lambda i, x: ImageEnhance.Color(i).enhance(x),
    'hue': lambda i, x: Image.fromarray(shift_hue(np.asarray(i), x)),
}
