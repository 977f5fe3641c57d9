"""What is said of files that are no picture to predict."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from uhrnet.errors import DataError
from uhrnet.web_demo.uploads import MAX_BYTES, read_picture

IMAGE = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)


def png(image=IMAGE):
    return cv2.imencode('.png', image[..., ::-1])[1].tobytes()


def header(width, height):
    """The beginning of a PNG of any size."""
    kind = b'IHDR' + struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    check = struct.pack('>I', zlib.crc32(kind))
    return b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + kind + check


def test_a_picture_is_rgb(tmp_path):
    path = tmp_path / 'a.png'
    path.write_bytes(png())
    assert np.array_equal(read_picture(path), IMAGE)


def test_a_photograph_stands_upright(tmp_path):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    path = tmp_path / 'a.jpg'
    Image.fromarray(IMAGE).save(path, exif=exif)
    assert read_picture(path).shape == (8, 6, 3)


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        (b'', 'is empty'),
        (b'no picture', 'is not a picture'),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'is not a picture'),
        (b'%!PS-Adobe-3.0 EPSF-3.0\n', 'is not a picture'),
        (png()[:-30], 'is damaged'),
        (png()[:40] + bytes(8) + png()[48:], 'is damaged'),
        (header(60000, 60000), '60000 x 60000 pixels, that is 3600 million'),
        (header(2**31 - 1, 2**31 - 1), 'too large'),
    ],
)
def test_others_are_refused(tmp_path, content, said):
    path = tmp_path / 'a.png'
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as raised:
        read_picture(path)
    assert str(raised.value).startswith('a.png is ')
    assert str(tmp_path) not in str(raised.value)


def test_too_many_bytes(tmp_path):
    path = tmp_path / 'a.png'
    with path.open('wb') as file:
        file.truncate(MAX_BYTES + 2**20)
    with pytest.raises(DataError, match='too large: 33 MiB, and 32 MiB are'):
        read_picture(path)


def test_a_long_name_is_shortened(tmp_path):
    path = tmp_path / ('x' * 200 + '.png')
    path.touch()
    with pytest.raises(DataError) as raised:
        read_picture(path)
    assert len(str(raised.value)) < 150
