import io
import struct
import zlib

import cv2
import mmcv
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from uhrnet.errors import DataError
from uhrnet.transforms import decode_image, png_decoding


def chunk(name, data):
    body = name + data
    return (
        struct.pack('>I', len(data))
        + body
        + struct.pack('>I', zlib.crc32(body))
    )


def header(width, height, interlaced=0):
    """Of a grey image."""
    fields = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, interlaced)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', fields)


def png(mode, *chunks, shape=(37, 53), **options):
    """Noise in one of Pillow's modes; its encoder uses every filter."""
    channels = dict(RGB=3, RGBA=4, LA=2).get(mode)
    noise = np.random.default_rng(0).integers(
        0, 256, shape if channels is None else (*shape, channels), np.uint8
    )
    if mode == 'RGB' and shape[0] > 20:  # other filters
        noise[10:] = cv2.GaussianBlur(noise[10:], (0, 0), 3)
    if mode == 'I;16':
        image = Image.fromarray(noise.astype(np.uint16) * 257)
    else:
        image = Image.fromarray(noise, None if mode != 'P' else 'L')
    if mode == 'P':
        image.putpalette(np.random.default_rng(1).bytes(768))
        assert image.mode == 'P'
    info = PngInfo()
    for item in chunks:
        info.add(*item)
    file = io.BytesIO()
    image.save(file, 'png', pnginfo=info, **options)
    return file.getvalue()


INTERLACED = (
    header(1, 1, interlaced=1)
    + chunk(b'IDAT', zlib.compress(b'\0\x07'))
    + chunk(b'IEND', b'')
)
# Whether the fast decoder takes them
FILES = {
    'rgb': (png('RGB'), True),
    'grey': (png('L'), True),
    'one row': (png('RGB', shape=(1, 5)), True),
    'with gamma': (
        png(
            'RGB',
            (b'gAMA', struct.pack('>I', 100000)),
            (b'cHRM', struct.pack('>8I', *[31270] * 8)),
            dpi=(72, 72),
        ),
        True,
    ),
    'in sRGB': (png('L', (b'sRGB', b'\0')), True),
    'rgba': (png('RGBA'), False),
    'grey with alpha': (png('LA'), False),
    'palette': (png('P'), False),
    '16 bits': (png('I;16'), False),
    'a transparent colour': (png('RGB', transparency=(1, 2, 3)), False),
    'a transparent grey': (png('L', transparency=7), False),
    'turned': (
        png(
            'RGB',
            exif=b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12'
            b'\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0',
        ),
        False,
    ),
    'interlaced': (INTERLACED, False),
    'with a text': (png('L', (b'tEXt', b'Title\0name')), False),
    'a packed text': (png('L', (b'zTXt', b'a\0\0' + b'x\x9c')), False),
    'animated': (png('L', (b'acTL', struct.pack('>II', 1, 0))), False),
}


@pytest.mark.parametrize('name', FILES)
def test_pixels_are_those_of_the_usual_decoders(name):
    content, taken = FILES[name]
    for flag in ('color', 'unchanged', 'grayscale'):
        fast = png_decoding.decode_plain_png(content, flag)
        assert (fast is not None) == (taken and flag != 'grayscale')
        for backend in ('cv2', 'pillow'):
            expected = mmcv.imfrombytes(content, flag, backend=backend)
            image = decode_image(content, name, flag, backend)
            np.testing.assert_array_equal(image, expected)
            assert image.dtype == expected.dtype
            assert image.flags.writeable


def test_without_a_library(monkeypatch):
    monkeypatch.setattr(png_decoding, 'decode_image_png_u8', None)
    content, _ = FILES['rgb']
    assert png_decoding.decode_plain_png(content, 'color') is None
    np.testing.assert_array_equal(
        decode_image(content, 'rgb'), mmcv.imfrombytes(content)
    )


@pytest.mark.parametrize('name', ['rgb', 'grey'])
def test_damaged(name):
    """Wherever a byte is wrong, OpenCV decides; and it reports a name."""
    content, _ = FILES[name]
    start = content.index(b'IDAT') + 4
    for position in (17, start - 6, start + 30, len(content) - 20):
        wrong = bytes([content[position] ^ 4])
        damaged = content[:position] + wrong + content[position + 1 :]
        assert png_decoding.decode_plain_png(damaged, 'color') is None
        with pytest.raises(DataError, match='some file'):
            decode_image(damaged, 'some file')
    for length in (0, 20, start + 40, len(content) - 1):
        short = content[:length]
        assert png_decoding.decode_plain_png(short, 'color') is None


def test_wrong_checksums_of_what_is_not_decoded():
    """The library passes over them; OpenCV is asked."""
    content, _ = FILES['with gamma']
    for name in (b'gAMA', b'IEND'):
        start = content.index(name)
        (length,) = struct.unpack_from('>I', content, start - 4)
        position = start + 4 + length
        wrong = bytes([content[position] ^ 1])
        damaged = content[:position] + wrong + content[position + 1 :]
        assert png_decoding.decode_plain_png(damaged, 'color') is None, name


def test_too_few_pixels_in_a_file_whose_checksums_are_right():
    content = (
        header(50, 40)
        + chunk(b'IDAT', zlib.compress(bytes(100)))
        + chunk(b'IEND', b'')
    )
    assert png_decoding.decode_plain_png(content, 'color') is None


def test_a_file_that_claims_to_be_huge():
    content = (
        header(2**31 - 1, 2**31 - 1)
        + chunk(b'IDAT', zlib.compress(b''))
        + chunk(b'IEND', b'')
    )
    assert png_decoding.decode_plain_png(content, 'color') is None
