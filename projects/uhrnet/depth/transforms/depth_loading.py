"""Reading depth maps so that a wrong one stops the run by name."""

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from uhrnet.data_files import read_file
from uhrnet.errors import ConfigError, DataError, WrongFormError
from uhrnet.transforms.image_header import MAX_PIXELS, max_bytes_of
from uhrnet.transforms.image_loading import check_same_size, decode_image

from .array_file import read_array


@TRANSFORMS.register_module()
class LoadCheckedDepth(BaseTransform):
    """Load a depth map of 16-bit PNG, ``.npy`` or ``.npz``.

    A depth of 0, below 0, infinite or not a number means that nothing is
    known of a pixel, and becomes 0. A sample that names no depth map passes
    as it is, so that pipelines with this step serve prediction too.

    Args:
        scale: Value of a file at one metre: 256 in KITTI, 1000 in NYU v2, 1
            in arrays of metres.
        max_depth: Largest depth that the model can predict, in metres. A
            training on maps of which nothing is within it would learn
            nothing.
        key: Of the array in ``.npz`` files.
        backend_args: Where files are, as in ``mmengine.fileio``.
        max_pixels: The most that a depth map may have, by its header.

    Raises:
        ConfigError: If ``scale`` or ``max_depth`` is not positive.
        DataError: If the file is missing, damaged, too large, not of 16
            bits, of another size than its image, or all of its depths are
            beyond ``max_depth``. The message names file and values.
    """

    def __init__(
        self,
        scale: float,
        max_depth: float,
        key: str = 'depth',
        backend_args: dict | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        if scale <= 0 or max_depth <= 0:
            raise ConfigError(
                f'scale={scale} and max_depth={max_depth} have to be above 0'
            )
        self.scale = scale
        self.max_depth = max_depth
        self.key = key
        self.backend_args = backend_args
        self.max_pixels = max_pixels

    def transform(self, results: dict) -> dict:
        """Set ``gt_depth_map`` (H, W) float32, metres, 0 where unknown."""
        path = results.get('depth_map_path')
        if path is None:
            return results
        depth = self.read(path)
        check_same_size(depth.shape, path, results)
        self.check(depth, path)
        results['gt_depth_map'] = depth
        results.setdefault('seg_fields', []).append('gt_depth_map')
        return results

    def read(self, path: str) -> np.ndarray:
        """Read a depth map, of whatever size and range.

        Args:
            path: Its file.

        Returns:
            (H, W) float32, metres, 0 where unknown.
        """
        most = max_bytes_of(self.max_pixels)
        depth = self._decode(read_file(path, self.backend_args, most), path)
        depth = depth.astype(np.float32) / np.float32(self.scale)
        depth[~np.isfinite(depth) | (depth < 0)] = 0
        return depth

    def _decode(self, content: bytes, path: str) -> np.ndarray:
        if path.endswith(('.npy', '.npz')):
            return self._load_array(content, path)
        values = decode_image(
            content, path, 'unchanged', max_pixels=self.max_pixels
        )
        if values.dtype != np.uint16 or values.ndim != 2:
            raise WrongFormError(
                f'{path} holds {values.dtype} of shape {values.shape}: a '
                'depth map is an image of one channel with 16 bits. One of 8 '
                'bits is a picture of depth, from which metres cannot be read.'
            )
        return values

    def _load_array(self, content: bytes, path: str) -> np.ndarray:
        array = read_array(content, path, self.key, self.max_pixels)
        if array.ndim == 3 and 1 in (array.shape[0], array.shape[2]):
            array = array.reshape(
                array.shape[:2] if array.shape[2] == 1 else array.shape[1:]
            )
        if array.ndim != 2:
            raise WrongFormError(
                f'{path} holds {array.dtype} of shape {array.shape}: a depth '
                'map is an array (H, W) of numbers'
            )
        return array

    def check(self, depth: np.ndarray, path: str) -> None:
        """Raise :class:`DataError` for a map of which nothing is near enough.

        Args:
            depth: (H, W), metres, 0 where unknown.
            path: Its file, for the message.
        """
        known = depth[depth > 0]
        if len(known) and known.min() > self.max_depth:
            raise DataError(
                f'{path} holds depths from {known.min():.6g} to '
                f'{known.max():.6g} m, and max_depth is {self.max_depth} m: '
                f'a pixel of one metre has the value scale={self.scale:g}, '
                'is this so in the file?'
            )


@TRANSFORMS.register_module()
class FreezeDepth(BaseTransform):
    """Leave the ground truth as it is from here on.

    For test pipelines: steps behind it resize and flip the image alone, and
    figures are computed at the ground truth's own size. Samples without
    depth pass.
    """

    def transform(self, results: dict) -> dict:
        """Take ``gt_depth_map`` from what steps change with the image."""
        fields = results.get('seg_fields', [])
        results['seg_fields'] = [x for x in fields if x != 'gt_depth_map']
        return results
