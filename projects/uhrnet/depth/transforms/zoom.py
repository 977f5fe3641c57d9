"""What looks larger is nearer: resizing, and cameras, that know it."""

import warnings

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

    Source: Eigen et al., arXiv 1406.2283, "Data Augmentation", with ratios
    from 1 to 1.5.

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


@TRANSFORMS.register_module()
class CanonicalFocal(BaseTransform):
    """Make depth what a camera of one focal length would see it at.

    Nothing in an image tells the focal length apart from distance: a camera
    with twice as long a one shows the same at twice the distance. So depth
    is divided by the ratio of the image's focal length to ``focal``, and
    predictions are multiplied by it. The image stays as it is. Of a sample
    that does not know its focal length, depth is that of the canonical
    camera, which a warning says.

    Sources: BTS (arXiv 1907.10326), whose code multiplies what it predicts
    on KITTI by focal / 715.0873; Yin et al. (Metric3D), arXiv 2307.10984,
    the canonical camera transformation of labels.

    Args:
        focal: In pixels.
    """

    def __init__(self, focal: float) -> None:
        self.focal = focal

    def transform(self, results: dict) -> dict:
        """Divide ``gt_depth_map`` unless it is frozen; set ``zoom``."""
        ratio = results.get('focal', np.nan) / self.focal
        if np.isnan(ratio):
            warnings.warn(
                f'the focal length of {results.get("img_path")} is not known: '
                f'its depth is predicted as if it were {self.focal} pixels',
                stacklevel=2,
            )
            return results
        if 'gt_depth_map' in results.get('seg_fields', ()):
            results['gt_depth_map'] /= np.float32(ratio)
        results['zoom'] = results.get('zoom', 1.0) * ratio
        return results
