"""Reading images so that a damaged file stops the run by name."""

import cv2
import mmcv
import numpy as np
from mmcv.transforms import LoadImageFromFile
from mmengine import fileio
from mmengine.registry import TRANSFORMS

from uhrnet.errors import DataError

# Decoders fill the missing part of a truncated file with grey and only
# warn, so the end of the file is checked instead. Some writers pad.
_ENDINGS = {
    b'\x89PNG\r\n\x1a\n': b'IEND\xaeB`\x82',
    b'\xff\xd8\xff': b'\xff\xd9',
}
_TAIL = 4096


def decode_image(
    content: bytes, path: str, flag: str = 'color', backend: str = 'cv2'
) -> np.ndarray:
    """Decode an image file that is complete.

    Args:
        content: The file's bytes.
        path: Its name, for messages.
        flag: As in ``mmcv.imfrombytes``: ``'color'`` gives BGR,
            ``'unchanged'`` the stored channels and depth.
        backend: Decoder, as in ``mmcv.imfrombytes``.

    Returns:
        (H, W, 3), or (H, W) for single-channel files read unchanged.

    Raises:
        DataError: If the file is empty, truncated or no image.
    """
    for start, end in _ENDINGS.items():
        if content.startswith(start) and end not in content[-_TAIL:]:
            raise DataError(
                f'{path} is truncated: {len(content)} bytes without the end '
                'mark of its format. Copy or download it again.'
            )
    try:
        image = mmcv.imfrombytes(content, flag=flag, backend=backend)
    except (OSError, SyntaxError, ValueError, cv2.error) as error:
        raise DataError(
            f'{path} cannot be decoded as an image ({error}). Replace it, or '
            'remove it from the data set.'
        ) from error
    if image is None:
        raise DataError(
            f'{path} is empty or no image ({len(content)} bytes). Replace '
            'it, or remove it from the data set.'
        )
    return image


def read_file(path: str, backend_args: dict | None = None) -> bytes:
    """Read a file of a data set, or say which one is missing."""
    try:
        return fileio.get(path, backend_args=backend_args)
    except FileNotFoundError:
        raise DataError(
            f'{path} is missing, although the data set names it. Complete '
            'the data set.'
        ) from None


@TRANSFORMS.register_module()
class LoadCheckedImage(LoadImageFromFile):
    """``LoadImageFromFile`` that refuses damaged files.

    OpenCV decodes the rest of a truncated file as grey and goes on; training
    on it goes unnoticed. Takes the arguments of the host's class and sets
    the same keys.

    Raises:
        DataError: If the file is missing, empty, truncated or no image.
    """

    def transform(self, results: dict) -> dict:
        """Set ``img`` (H, W, C), ``img_shape`` and ``ori_shape``."""
        path = results['img_path']
        image = decode_image(
            read_file(path, self.backend_args),
            path,
            self.color_type,
            self.imdecode_backend,
        )
        if self.to_float32:
            image = image.astype(np.float32)
        results['img'] = image
        results['img_shape'] = results['ori_shape'] = image.shape[:2]
        return results
