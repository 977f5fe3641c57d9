"""Arrays of numpy's files that ask for more than they hold."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from uhrnet.depth.transforms.array_file import read_array
from uhrnet.errors import DataError

DEPTH = np.arange(6, dtype=np.float32).reshape(2, 3)


def npy(array=DEPTH):
    target = io.BytesIO()
    np.save(target, array)
    return target.getvalue()


def with_header(text, data=b'', version=b'\1\0'):
    header = text.encode()
    size = struct.pack('<H' if version[0] == 1 else '<I', len(header))
    return b'\x93NUMPY' + version + size + header + data


def header_of(shape, descr="'<f4'", order=False):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


def npz(content, method=zipfile.ZIP_STORED, name='depth.npy'):
    target = io.BytesIO()
    with zipfile.ZipFile(target, 'w', method) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def read(content, max_pixels=100):
    return read_array(content, 'file.npy', 'depth', max_pixels)


@pytest.mark.parametrize('kind', ['<f4', '>f4', '<f2', '<f8', '<u2', '>i4'])
@pytest.mark.parametrize('order', ['C', 'F'])
def test_equals_numpy(kind, order):
    array = np.asarray(DEPTH, kind, order=order)
    for content in (npy(array), npz(npy(array)), npz(npy(array), 8)):
        found = read(content)
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)


def test_second_version():
    content = with_header(header_of((2, 3)), DEPTH.tobytes(), b'\2\0')
    assert np.array_equal(read(content), DEPTH)


@pytest.mark.parametrize(
    'content, text',
    [
        (with_header(header_of((1 << 40, 1 << 40))), 'max_pixels=100'),
        (with_header(header_of((101,))), '101 pixels, and max_pixels=100'),
        (with_header(header_of((9, 9))), '324 bytes of numbers, and has 0'),
        (with_header(header_of((2, 3)), bytes(23)), 'and has 23'),
        (with_header(header_of((-1, -9))), r'shape is \(-1, -9\)'),
        (with_header(header_of((True, 2))), r'shape is \(True, 2\)'),
        (with_header(header_of((2,), "'|O'")), 'pickled objects'),
        (with_header(header_of((2,), "[('a', '|O')]")), 'pickled objects'),
        (with_header(header_of((2,), "'<U3'")), 'array .H, W. of numbers'),
        (with_header(header_of((2,), "'<c8'")), 'array .H, W. of numbers'),
        (with_header(header_of((2,)), version=b'\3\0'), 'version'),
        (with_header('(' * 9000), 'not a complete numpy file'),
        (with_header('-' * 9000 + '1'), 'not a complete numpy file'),
        (with_header("(\n'''"), 'not a complete numpy file'),
        (with_header(header_of((2,), "'f4', 'x': open('y', 'w')")), 'numpy'),
        (b'', 'not a complete numpy file'),
        (b'PK\3\4', 'not a complete numpy file'),
        (npz(npy(), zipfile.ZIP_LZMA), 'compresses in another way'),
        (npz(npy(), name='other.npy'), "no array 'depth' but 'other'"),
        (npz(npy()[:-1]), 'and has 23'),
    ],
)
def test_refused(content, text):
    with pytest.raises(DataError, match=text) as error:
        read(content)
    assert 'file.npy' in str(error.value)
    assert len(str(error.value)) < 500


def test_a_zip_of_zeros_takes_no_memory():
    """A thousand to one: the header says what it would unpack to."""
    zeros = npy(np.zeros((5000, 5000), np.uint16))
    content = npz(zeros, zipfile.ZIP_DEFLATED)
    assert len(content) < len(zeros) / 500
    tracemalloc.start()
    with pytest.raises(DataError, match='5000x5000'):
        read(content, 5000 * 5000 - 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**21


def test_a_member_that_states_another_size():
    """What it unpacks to goes on and on; its directory says 128 bytes."""
    zeros = npy(np.zeros((100, 100), np.float32))
    content = bytearray(npz(zeros, zipfile.ZIP_DEFLATED))
    place = content.rindex(b'PK\1\2') + 24
    assert struct.unpack_from('<I', content, place)[0] == len(zeros)
    struct.pack_into('<I', content, place, 200)
    with pytest.raises(DataError, match='not a complete numpy file'):
        read(bytes(content), 10_000)
