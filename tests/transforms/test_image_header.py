"""Images that are larger than their files, refused by their headers."""

import io
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from uhrnet.errors import DataError
from uhrnet.segmentation.transforms import LoadCheckedAnnotations
from uhrnet.transforms import CheckImageFile, LoadCheckedImage
from uhrnet.transforms.image_header import (
    MAX_PIXELS,
    check_pixels,
    image_size,
)

KINDS = ('PNG', 'JPEG', 'BMP', 'TIFF', 'WEBP', 'GIF', 'PPM')


def encoded(kind, width=9, height=8):
    target = io.BytesIO()
    Image.new('RGB', (width, height)).save(target, kind)
    return target.getvalue()


def png(width, height, data=b''):
    """A PNG that states a size."""

    def chunk(name, content):
        checksum = struct.pack('>I', zlib.crc32(name + content))
        return struct.pack('>I', len(content)) + name + content + checksum

    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', header)
        + chunk(b'IDAT', zlib.compress(data))
        + chunk(b'IEND', b'')
    )


def jpeg(width, height):
    content = encoded('JPEG')
    size = struct.pack('>HH', 8, 9)
    return content.replace(size, struct.pack('>HH', height, width), 1)


def bmp(width, height):
    content = bytearray(encoded('BMP'))
    content[18:26] = struct.pack('<ii', width, height)
    return bytes(content)


BOMBS = {
    'PNG': png(60_000, 60_000),
    'JPEG': jpeg(65_000, 65_000),
    'BMP': bmp(1 << 20, 1 << 20),
}


@pytest.mark.parametrize('kind', KINDS)
def test_sizes(kind):
    assert image_size(encoded(kind)) == (8, 9)


def test_no_image():
    for content in (
        b'',
        b'text',
        b'\x89PNG\r\n\x1a\n',
        b'\xff\xd8\xff',
        b'BM',
    ):
        assert image_size(content) is None


@pytest.mark.parametrize('kind', BOMBS)
def test_bombs_take_no_memory(kind, tmp_path):
    path = tmp_path / 'image'
    path.write_bytes(BOMBS[kind])
    height, width = image_size(BOMBS[kind])
    text = f'image is {height}x{width} .* max_pixels={MAX_PIXELS} '
    labels = dict(
        seg_map_path=str(path), reduce_zero_label=False, seg_fields=[]
    )
    tracemalloc.start()
    for step, sample in (
        (LoadCheckedImage(), dict(img_path=str(path))),
        (LoadCheckedImage(imdecode_backend='pillow'), dict(img_path=path)),
        (CheckImageFile(), dict(img_path=str(path))),
        (LoadCheckedAnnotations(2), labels),
    ):
        sample = {
            k: str(v) if k == 'img_path' else v for k, v in sample.items()
        }
        with pytest.raises(DataError, match=text):
            step(sample)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_the_limit_is_an_option(tmp_path):
    path = tmp_path / 'image.png'
    path.write_bytes(encoded('PNG'))
    sample = dict(img_path=str(path))
    assert LoadCheckedImage(max_pixels=72)(sample)['img'].shape == (8, 9, 3)
    assert CheckImageFile(max_pixels=72)(sample)
    for step in (LoadCheckedImage, CheckImageFile):
        with pytest.raises(DataError, match=r'8x9 .* 72 pixels, and max_pi'):
            step(max_pixels=71)(sample)


def test_beyond_the_limit_of_pillow(monkeypatch):
    """Sizes are told there as well, so that max_pixels decides."""
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 10)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for kind in {*KINDS} - {'WEBP'}:  # has no larger ones
            assert image_size(encoded(kind)) == (8, 9)


def test_programs_are_no_images(tmp_path):
    """Pillow would start Ghostscript for this one."""
    path = tmp_path / 'image.png'
    eps = b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 8\n%%EndComments\n'
    assert Image.open(io.BytesIO(eps)).size == (9, 8)
    path.write_bytes(eps)
    for backend in ('pillow', 'cv2'):
        with pytest.raises(DataError, match='is no image'):
            LoadCheckedImage(imdecode_backend=backend)(
                dict(img_path=str(path))
            )


def test_texts_beside_the_pixels_are_not_unpacked():
    """OpenCV passes over them; Pillow fails where they are long."""
    text = zlib.compress(bytes(2**23))
    content = b'a\0\0' + text
    chunk = b'zTXt' + content
    packed = struct.pack('>I', len(content)) + chunk
    packed += struct.pack('>I', zlib.crc32(chunk))
    plain = encoded('PNG')
    assert image_size(plain[:33] + packed + plain[33:]) == (8, 9)


def test_any_number_of_sides():
    check_pixels((2, 3, 4), 'f', 24)
    check_pixels((), 'f', 1)
    with pytest.raises(DataError, match='f is 2x3x4 .* 24 pixels'):
        check_pixels((2, 3, 4), 'f', 23)
    with pytest.raises(DataError):
        check_pixels((2**40, 2**40), 'f', 23)


def test_pixels_that_are_not_there(tmp_path):
    """A size within the limit, of which nothing is in the file."""
    path = tmp_path / 'image.png'
    path.write_bytes(png(1000, 1000, bytes(10)))
    try:
        image = LoadCheckedImage()(dict(img_path=str(path)))['img']
    except DataError as error:
        assert 'image.png' in str(error)
    else:
        assert image.shape == (1000, 1000, 3) and not np.any(image)
