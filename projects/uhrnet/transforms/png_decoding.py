"""Plain PNGs by a decoder that is faster than OpenCV's, if it is installed.

kornia-rs (``pip install 'uhrnet[fast]'``) takes less than half of OpenCV's
time for photographs, and a ninth of it for label maps.
"""

import struct
import zlib

import cv2
import numpy as np

from .image_header import MAX_PIXELS

try:
    from kornia_rs.io import decode_image_png_u8
except ImportError:
    decode_image_png_u8 = None

_START = b'\x89PNG\r\n\x1a\n'
_GREY, _RGB = 0, 2
_MODES = {_GREY: 'mono', _RGB: 'rgb'}
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
        (H, W, 3) or (H, W), uint8; None if the file is another one, if
        its checksums are wrong, or if the library is not installed. OpenCV
        also compares a checksum inside of the compressed pixels, which only
        tells files that were damaged before they were written.
    """
    if decode_image_png_u8 is None or flag not in ('color', 'unchanged'):
        return None
    header = _plain_header(content)
    if header is None:
        return None
    shape, kind = header
    try:
        image = decode_image_png_u8(content, shape, _MODES[kind])
    # It raises nothing narrower.
    except Exception:
        return None
    if kind == _RGB:
        return cv2.cvtColor(image, cv2.COLOR_RGB2BGR, dst=image)
    if flag == 'color':
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    return image[..., 0]


def _plain_header(content: bytes) -> tuple[tuple[int, int], int] | None:
    """Tell (height, width) and colour type of a plain PNG.

    None for others, and where a checksum is wrong: OpenCV is to decide.
    """
    if not content.startswith(_START) or len(content) < 33:
        return None
    width, height, depth, kind, *methods = struct.unpack_from(
        '>IIBBBBB', content, 16
    )
    if depth != 8 or kind not in (_GREY, _RGB) or any(methods):
        return None
    if not 0 < width * height <= MAX_PIXELS:
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
    return (height, width), kind
