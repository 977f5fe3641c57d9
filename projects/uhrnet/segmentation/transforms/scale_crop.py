"""A random scale and a random crop, of which only the crop is computed."""

from collections.abc import Callable

import numpy as np
from mmcv import rescale_size
from mmcv.transforms import RandomResize
from mmseg.datasets.transforms import RandomCrop, Resize
from mmseg.registry import TRANSFORMS

from uhrnet.transforms import RandomStepResize
from uhrnet.transforms.window_resize import resize_label_window, resize_window


class ResizedView:
    """An array to be resized, of which a slice computes that part.

    Args:
        array: (H, W) or (H, W, C).
        size: (width, height) after resizing.
        cut: Computes a window, as :func:`resize_window` does.
    """

    def __init__(
        self,
        array: np.ndarray,
        size: tuple[int, int],
        cut: Callable[..., np.ndarray],
    ) -> None:
        self.array, self.size, self.cut = array, size, cut
        self.shape = (*size[::-1], *array.shape[2:])

    def __getitem__(self, index: tuple) -> np.ndarray:
        rows, columns = (
            slice(*part.indices(length)[:2])
            for part, length in zip(index[:2], self.shape[:2], strict=True)
        )
        return self.cut(self.array, self.size, rows, columns)


class _ResizeLater(Resize):
    """Leave a view where mmsegmentation's ``Resize`` leaves an array."""

    def _resize_img(self, results: dict) -> None:
        image = results['img']
        height, width = image.shape[:2]
        size = rescale_size((width, height), results['scale'])
        results['img'] = ResizedView(image, size, resize_window)
        results['img_shape'] = results['img'].shape[:2]
        results['scale_factor'] = (size[0] / width, size[1] / height)
        results['keep_ratio'] = True

    def _resize_seg(self, results: dict) -> None:
        for key in results.get('seg_fields', ()):
            labels = results[key]
            size = rescale_size(labels.shape[1::-1], results['scale'])
            results[key] = ResizedView(labels, size, resize_label_window)


@TRANSFORMS.register_module()
class RandomScaleCrop(RandomCrop):
    """A random resize and ``RandomCrop`` in one step.

    Draws the same random numbers as the two steps, and returns the same
    labels. Grey levels may differ by one (see :func:`resize_window`). But it
    computes the crop alone, and reads no other part of the image: of
    1024x2048 pixels resized to twice the size, a crop of 512x1024 is a
    sixteenth.

    Args:
        scale: (width, height) at ratio 1, in pixels. The image keeps its
            aspect ratio: it is made as large as fits.
        crop_size: (height, width) in pixels. Images that are smaller after
            resizing stay so, as with ``RandomCrop``.
        ratio_range: The smallest and the largest ratio to ``scale``.
        step: From one ratio to the next, as in ``RandomStepResize``. Without
            it, all ratios in between are drawn, as in mmcv's
            ``RandomResize``.
        cat_max_ratio: Another crop is drawn, up to ten times, while one class
            has this share of it or more.
        ignore_index: The label that is not counted for it.

    Raises:
        ValueError: If ratios and step do not fit together.
    """

    def __init__(
        self,
        scale: tuple[int, int],
        crop_size: tuple[int, int],
        ratio_range: tuple[float, float] = (0.5, 2.0),
        step: float | None = None,
        cat_max_ratio: float = 1.0,
        ignore_index: int = 255,
    ) -> None:
        super().__init__(crop_size, cat_max_ratio, ignore_index)
        if step is None:
            self.scaling = RandomResize(scale, ratio_range)
        else:
            self.scaling = RandomStepResize(scale, ratio_range, step)
        self.scaling.resize = _ResizeLater(scale, keep_ratio=True)

    def transform(self, results: dict) -> dict:
        """Scale and crop ``img`` and label maps.

        Args:
            results: With ``img`` (H, W, C) uint8 and the maps (H, W) that
                ``seg_fields`` names. Nothing is written into them.

        Returns:
            The same with what the two steps set: ``img`` and maps of at most
            ``crop_size``, ``img_shape``, ``scale``, ``scale_factor``.
        """
        return super().transform(self.scaling(results))

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}({self.scaling}, '
            f'crop_size={self.crop_size}, cat_max_ratio={self.cat_max_ratio})'
        )
