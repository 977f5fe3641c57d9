"""Reading images so that a damaged file stops the run by name."""

import io

import cv2
import mmcv
import numpy as np
from mmcv.transforms import BaseTransform, LoadImageFromFile
from mmengine import fileio
from mmengine.registry import TRANSFORMS
from PIL import Image

from uhrnet.errors import DataError

from .png_decoding import decode_plain_png

_PNG_START, _PNG_END = b'\x89PNG\r\n\x1a\n', b'IEND\xaeB`\x82'
_JPEG_START, _JPEG_END = b'\xff\xd8\xff', b'\xff\xd9'
_TAIL = 4096


def decode_image(
    content: bytes, path: str, flag: str = 'color', backend: str = 'cv2'
) -> np.ndarray:
    """Decode an image file that is complete.

    A plain PNG goes through a faster decoder where one is installed (see
    :func:`decode_plain_png`), with the same pixels.

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
    if not content:
        raise DataError(
            f'{path} is empty. Replace it, or remove it from the data set.'
        )
    check_complete(content, path)
    if backend in ('cv2', 'pillow'):
        image = decode_plain_png(content, flag)
        if image is not None:
            return image
    try:
        image = mmcv.imfrombytes(content, flag=flag, backend=backend)
    except (OSError, SyntaxError, ValueError, cv2.error) as error:
        raise DataError(
            f'{path} cannot be decoded as an image ({error}). Replace it, or '
            'remove it from the data set.'
        ) from error
    if image is None:
        raise DataError(
            f'{path} is no image ({len(content)} bytes). Replace it, or '
            'remove it from the data set.'
        )
    return image


def check_complete(content: bytes, path: str) -> None:
    """Raise :class:`DataError` for a truncated PNG or JPEG.

    Args:
        content: The file's bytes.
        path: Its name, for the message.
    """
    if not _is_complete(content):
        raise DataError(
            f'{path} is truncated: {len(content)} bytes without the end of '
            'the image. Copy or download it again.'
        )


def _is_complete(content: bytes) -> bool:
    """Look for the end of a PNG or JPEG; other formats pass.

    OpenCV fills the missing part of a truncated file with grey and only
    warns. Phones put whole videos behind a JPEG, and a thumbnail before it
    has an end mark too, so a JPEG without one near its end is decoded by
    Pillow, which tolerates no gap.
    """
    if content.startswith(_PNG_START):
        # At the end first: looking through a photograph takes a millisecond.
        return content.endswith(_PNG_END) or _PNG_END in content
    if content.startswith(_JPEG_START) and _JPEG_END not in content[-_TAIL:]:
        try:
            Image.open(io.BytesIO(content)).load()
        except (OSError, SyntaxError, ValueError):
            return False
    return True


def check_same_size(shape: tuple[int, ...], path: str, results: dict) -> None:
    """Raise :class:`DataError` for a map of another size than its image.

    Args:
        shape: Of the map, height and width.
        path: The map's file, for the message.
        results: The sample; without ``ori_shape`` nothing is compared.
    """
    expected = results.get('ori_shape')
    if expected is not None and tuple(shape) != tuple(expected[:2]):
        raise DataError(
            f'{path} is {shape[0]}x{shape[1]} (height x width) but its image '
            f'{results.get("img_path")} is {expected[0]}x{expected[1]}. They '
            'must be equal.'
        )


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
    on it goes unnoticed. Sets the keys that the host's class sets.

    Args:
        to_float32: Convert the image to float32.
        color_type: ``'color'``, ``'grayscale'`` or ``'unchanged'``.
        imdecode_backend: Decoder, as in ``mmcv.imfrombytes``.
        backend_args: Where files are, as in ``mmengine.fileio``.

    Raises:
        DataError: If the file is missing, empty, truncated or no image.
    """

    def __init__(
        self,
        to_float32: bool = False,
        color_type: str = 'color',
        imdecode_backend: str = 'cv2',
        backend_args: dict | None = None,
    ) -> None:
        super().__init__(
            to_float32=to_float32,
            color_type=color_type,
            imdecode_backend=imdecode_backend,
            backend_args=backend_args,
        )

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


@TRANSFORMS.register_module()
class CheckImageFile(BaseTransform):
    """Refuse a truncated image behind the host's own ``LoadImageFromFile``.

    For test pipelines: the hosts' inferencers look for a loader of that name
    and put their own in its place. Samples without a file pass.

    Args:
        backend_args: Where files are, as in ``mmengine.fileio``.

    Raises:
        DataError: If the file is missing or truncated.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Return ``results`` as they are."""
        path = results.get('img_path')
        if path is not None:
            check_complete(read_file(path, self.backend_args), path)
        return results
