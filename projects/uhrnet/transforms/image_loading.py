"""Reading images so that a damaged file stops the run by name."""

import io

import cv2
import mmcv
import numpy as np
from mmcv.transforms import BaseTransform, LoadImageFromFile
from mmengine.registry import TRANSFORMS
from PIL import Image

from uhrnet.data_files import read_file
from uhrnet.errors import DataError

from .image_header import (
    MAX_PIXELS,
    check_pixels,
    image_size,
    max_bytes_of,
)
from .png_decoding import decode_plain_png

_PNG_START, _PNG_END = b'\x89PNG\r\n\x1a\n', b'IEND\xaeB`\x82'
_JPEG_START, _JPEG_END = b'\xff\xd8\xff', b'\xff\xd9'
_TAIL = 4096


def decode_image(
    content: bytes,
    path: str,
    flag: str = 'color',
    backend: str = 'cv2',
    max_pixels: int = MAX_PIXELS,
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
        max_pixels: The most that an image may have, by its header.

    Returns:
        (H, W, 3), or (H, W) for single-channel files read unchanged.

    Raises:
        DataError: If the file is empty, truncated, no image or too large.
    """
    check_image(content, path, max_pixels)
    if backend in ('cv2', 'pillow'):
        image = decode_plain_png(content, flag)
        if image is not None:
            return image
    try:
        image = mmcv.imfrombytes(content, flag=flag, backend=backend)
    except (
        *(OSError, SyntaxError, ValueError, MemoryError),
        *(cv2.error, Image.DecompressionBombError),
    ) as error:
        raise DataError(
            f'{path} cannot be decoded as an image ({error}). Replace it, or '
            'remove it from the data set.'
        ) from error
    if image is None:
        raise DataError(
            f'{path} is damaged, or an image of a kind that {backend} does '
            'not read. Replace it, or remove it from the data set.'
        )
    return image


def check_image(
    content: bytes, path: str, max_pixels: int = MAX_PIXELS
) -> None:
    """Raise :class:`DataError` for what is not worth decoding.

    That is a truncated PNG or JPEG, an image of more pixels, and no image.

    Args:
        content: The file's bytes.
        path: Its name, for the message.
        max_pixels: The most that an image may have, by its header.
    """
    if not content:
        raise DataError(
            f'{path} is empty. Replace it, or remove it from the data set.'
        )
    size = image_size(content)
    if size is not None:
        check_pixels(size, path, max_pixels)
    if not _is_complete(content):
        raise DataError(
            f'{path} is truncated: {len(content)} bytes without the end of '
            'the image. Copy or download it again.'
        )
    if size is None:
        raise DataError(
            f'{path} is no image ({len(content)} bytes). Replace it, or '
            'remove it from the data set.'
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
        max_pixels: The most that an image may have; one with more is refused
            by its header, before it takes memory.

    Raises:
        DataError: If the file is missing, empty, truncated, no image, or too
            large.
    """

    def __init__(
        self,
        to_float32: bool = False,
        color_type: str = 'color',
        imdecode_backend: str = 'cv2',
        backend_args: dict | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        super().__init__(
            to_float32=to_float32,
            color_type=color_type,
            imdecode_backend=imdecode_backend,
            backend_args=backend_args,
        )
        self.max_pixels = max_pixels

    def transform(self, results: dict) -> dict:
        """Set ``img`` (H, W, C), ``img_shape`` and ``ori_shape``."""
        path = results['img_path']
        image = decode_image(
            read_file(path, self.backend_args, max_bytes_of(self.max_pixels)),
            path,
            self.color_type,
            self.imdecode_backend,
            self.max_pixels,
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
    and put their own in its place. Samples without a file pass. What is too
    large was decoded already, up to the limit of OpenCV, 2**30 pixels.

    Args:
        backend_args: Where files are, as in ``mmengine.fileio``.
        max_pixels: The most that an image may have.

    Raises:
        DataError: If the file is missing, truncated or too large.
    """

    def __init__(
        self,
        backend_args: dict | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self.backend_args = backend_args
        self.max_pixels = max_pixels

    def transform(self, results: dict) -> dict:
        """Return ``results`` as they are."""
        path = results.get('img_path')
        if path is not None:
            most = max_bytes_of(self.max_pixels)
            content = read_file(path, self.backend_args, most)
            check_image(content, path, self.max_pixels)
        return results
