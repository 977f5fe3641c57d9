"""Resizing that knows that what looks larger is nearer."""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomZoom(BaseTransform):
    """Resize the image by a ratio, and divide depth by it.

    To the camera that took the image, one twice as large shows the same
    scene at half the distance. ``Resize`` of the host leaves values as they
    are. Predictions for a zoomed image are multiplied by its ratio, so that
    scales can be averaged at test time.

    Source: Eigen et al., arXiv 1406.2283, section 3.3, with ratios from 1 to
    1.5.

    Args:
        ratio_range: The smallest and the largest ratio.
    """

    def __init__(self, ratio_range: tuple[float, float]) -> None:
        self.ratio_range = ratio_range

    @cache_randomness
    def draw(self) -> float:
        """Choose a ratio."""
        return float(np.random.uniform(*self.ratio_range))

    def transform(self, results: dict) -> dict:
        """Resize ``img`` and what belongs to it; set ``zoom``."""
        ratio = self.draw()
        height, width = results['img'].shape[:2]
        size = round(width * ratio), round(height * ratio)
        results['img'] = cv2.resize(
            results['img'], size, interpolation=cv2.INTER_LINEAR
        )
        for key in results.get('seg_fields', ()):
            # Never between a depth and an unknown one. The plain
            # INTER_NEAREST would shift it by up to half a pixel.
            results[key] = cv2.resize(
                results[key], size, interpolation=cv2.INTER_NEAREST_EXACT
            )
            if key == 'gt_depth_map':
                results[key] /= np.float32(ratio)
        results['img_shape'] = results['img'].shape[:2]
        results['zoom'] = results.get('zoom', 1.0) * ratio
        return results
