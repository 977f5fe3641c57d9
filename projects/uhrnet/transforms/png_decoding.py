"""Plain PNGs by a decoder that is faster than OpenCV's, if one is installed.

Both of these are optional: pywuffs (``pip install 'uhrnet[fast]'``), which
takes a quarter less time than OpenCV for photographs and an eighth of it for
label maps, and pyspng, which takes a sixth less for photographs.
"""

import struct
import zlib

import cv2
import numpy as np

try:
    from pywuffs import ImageDecoderType, PixelFormat
    from pywuffs.aux import ImageDecoder, ImageDecoderConfig
except ImportError:
    ImageDecoder = None
try:
    import pyspng
except ImportError:
    pyspng = None

_START = b'\x89PNG\r\n\x1a\n'
_GREY, _RGB = 0, 2
_MAX_PIXELS = 2**28
# What may stand in a file without any effect on pixels, whatever reads it.
# Texts do not: they may hold the orientation of a photograph.
_PLAIN = {
    b'IHDR',
    b'IDAT',
    b'IEND',
    b'pHYs',
    b'tIME',
    b'gAMA',
    b'cHRM',
    b'sRGB',
}


def decode_plain_png(content: bytes, flag: str) -> np.ndarray | None:
    """Decode a PNG about whose pixels no two decoders disagree.

    That is, 8 bits, grey or RGB, not interlaced, without a palette, an alpha
    channel, transparent colours, animation or orientation.

    Args:
        content: A file's bytes.
        flag: ``'color'`` gives BGR, ``'unchanged'`` BGR or grey as stored.

    Returns:
        (H, W, 3) or (H, W), uint8; None if the file is another one, is
        damaged, or if no library is installed.
    """
    if ImageDecoder is not None:
        decode = _decode_wuffs
    elif pyspng is not None:
        decode = _decode_spng
    else:
        return None
    kind = _plain_kind(content)
    if kind is None or flag not in ('color', 'unchanged'):
        return None
    image = decode(content, kind)
    if image is not None and flag == 'color' and kind == _GREY:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return image


def _plain_kind(content: bytes) -> int | None:
    """Tell the colour type of a plain PNG whose checksums are right.

    The libraries pass over wrong ones. OpenCV does not, and is to decide.
    """
    if not content.startswith(_START) or len(content) < 33:
        return None
    width, height, depth, kind, *methods = struct.unpack_from(
        '>IIBBBBB', content, 16
    )
    if depth != 8 or kind not in (_GREY, _RGB) or any(methods):
        return None
    if not 0 < width * height <= _MAX_PIXELS:
        return None
    view, position, name = memoryview(content), len(_START), b''
    while name != b'IEND':
        if position + 12 > len(content):
            return None
        length, name = struct.unpack_from('>I4s', content, position)
        end = position + 8 + length
        if name not in _PLAIN or end + 4 > len(content):
            return None
        (checksum,) = struct.unpack_from('>I', content, end)
        if zlib.crc32(view[position + 4 : end]) != checksum:
            return None
        position = end + 4
    return kind


def _decode_wuffs(content: bytes, kind: int) -> np.ndarray | None:
    config = ImageDecoderConfig()
    config.enabled_decoders = [ImageDecoderType.PNG]
    config.pixel_format = PixelFormat.Y if kind == _GREY else PixelFormat.BGR
    result = ImageDecoder(config).decode(content)
    if result.error_message:
        return None
    return result.pixbuf[..., 0] if kind == _GREY else result.pixbuf


def _decode_spng(content: bytes, kind: int) -> np.ndarray | None:
    try:
        image = pyspng.load(content)
    except RuntimeError:
        return None
    if kind == _GREY:
        return image.reshape(image.shape[:2])
    return cv2.cvtColor(image, cv2.COLOR_RGB2BGR, dst=image)
