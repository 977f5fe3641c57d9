"""The size of an image by its header, before anything is decoded.

A file of some kilobytes can be an image of many gigabytes. OpenCV stops at
2**30 pixels, Pillow at 179 million; both are no part of a config.
"""

import io
import struct

from PIL import Image

from uhrnet.errors import DataError

# 16384x16384. Decoded to three channels it takes 0.8 GB.
MAX_PIXELS = 2**28
# An uncompressed pixel has up to 16 bytes (float32 with alpha), and phones
# put short videos behind a photograph.
_BYTES_PER_PIXEL, _BYTES_BEHIND = 16, 2**28
# What both OpenCV and Pillow read. Of the others that Pillow knows, one (EPS)
# would start a program, Ghostscript.
_FORMATS = (
    'JPEG',
    'BMP',
    'TIFF',
    'WEBP',
    'GIF',
    'PPM',
    'JPEG2000',
    'AVIF',
    'SUN',
)
_PNG = b'\x89PNG\r\n\x1a\n'


def max_bytes_of(max_pixels: int) -> int:
    """Bytes that a file with so many pixels may have."""
    return _BYTES_PER_PIXEL * max_pixels + _BYTES_BEHIND


def image_size(content: bytes) -> tuple[int, int] | None:
    """Read height and width from a header, without decoding.

    Args:
        content: A file's bytes.

    Returns:
        Both, as stored: orientations of photographs are not looked at. None
        if this is no image of a known format.
    """
    # Pillow would unpack texts on its way, and fail if they are long.
    if content.startswith(_PNG):
        if content[12:16] != b'IHDR' or len(content) < 24:
            return None
        width, height = struct.unpack_from('>II', content, 16)
        return height, width
    if 'SUN' not in Image.OPEN:
        Image.init()
    for name in _FORMATS:
        # A build of Pillow may lack some.
        factory, accept = Image.OPEN.get(name, (None, None))
        if factory is None or not accept(content[:16]):
            continue
        try:
            # Image.open would apply Pillow's limit, which no config can set.
            with factory(io.BytesIO(content), '') as image:
                width, height = image.size
        # Pillow raises many kinds for damaged files.
        except Exception:
            return None
        return height, width
    return None


def check_pixels(
    size: tuple[int, ...], path: str, max_pixels: int = MAX_PIXELS
) -> None:
    """Raise :class:`DataError` for more pixels than are wanted.

    Args:
        size: Height and width, or a shape of any length.
        path: The file, for the message.
        max_pixels: How many values there may be.
    """
    number = 1
    for length in size:
        number *= length
    if number > max_pixels:
        shown = 'x'.join(map(str, size))
        raise DataError(
            f'{path} is {shown} (height x width), that is {number} pixels, '
            f'and max_pixels={max_pixels} of the step that loads it. Remove '
            'it, or raise max_pixels if you know who made it.'
        )
