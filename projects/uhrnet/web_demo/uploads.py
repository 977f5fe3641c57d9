"""Whether an uploaded file is a picture that can be predicted.

Sizes are looked at before anything is decoded, and messages are for people
who look at a web page, not at a data set.
"""

from pathlib import Path

import numpy as np

from uhrnet.errors import DataError
from uhrnet.transforms.image_header import image_size
from uhrnet.transforms.image_loading import decode_image

MAX_BYTES = 2**25
"""Of a file; the server refuses larger ones while they arrive."""
MAX_PIXELS = 2**25
"""5792 x 5792: photographs of phones pass, on a CPU in many seconds."""

_KINDS = 'Choose a PNG, JPEG, WebP, BMP or TIFF file.'


def read_picture(path: str | Path) -> np.ndarray:
    """Read a picture that somebody has chosen.

    Returns:
        RGB of shape (H, W, 3), upright as its camera says.

    Raises:
        DataError: If it is too large, damaged or no picture. The message
            says so without any path of this machine.
    """
    path = Path(path)
    name = _shown(path.name)
    number = path.stat().st_size
    if number > MAX_BYTES:
        raise DataError(
            f'{name} is too large: {number / 2**20:.0f} MiB, and '
            f'{MAX_BYTES // 2**20} MiB are the most. Choose a smaller file.'
        )
    content = path.read_bytes()
    if not content:
        raise DataError(f'{name} is empty: it has no bytes. {_KINDS}')
    size = image_size(content)
    if size is None:
        raise DataError(f'{name} is not a picture. {_KINDS}')
    height, width = size
    if height * width > MAX_PIXELS:
        raise DataError(
            f'{name} is too large: {width} x {height} pixels, that is '
            f'{height * width / 1e6:.0f} million, and '
            f'{MAX_PIXELS / 1e6:.0f} million are the most. Make it smaller.'
        )
    try:
        image = decode_image(content, name, max_pixels=MAX_PIXELS)
    except DataError as error:
        raise DataError(
            f'{name} is damaged, or of a rare kind: part of the picture is '
            'missing or cannot be read. Save it anew as PNG or JPEG.'
        ) from error
    return np.ascontiguousarray(image[..., ::-1])


def _shown(name: str) -> str:
    """Shorten a file's name to what fits in a message."""
    return name if len(name) <= 60 else f'{name[:40]}...{name[-16:]}'
