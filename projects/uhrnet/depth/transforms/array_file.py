"""Arrays of numpy's files, with their sizes checked before memory is taken.

``numpy.load`` takes as much memory as a header asks for, and unpacks what a
zip holds, whatever it holds.
"""

import io
import math
import zipfile
from typing import IO

import numpy as np

from uhrnet.errors import DataError, WrongFormError
from uhrnet.transforms.image_header import check_pixels

_MAGIC, _ZIP = b'\x93NUMPY', b'PK\x03\x04'
_READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# What numpy.savez and numpy.savez_compressed write.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_array(
    content: bytes, path: str, key: str, max_pixels: int
) -> np.ndarray:
    """Read an array of numbers, of ``.npy`` or ``.npz``.

    By what the file holds, whatever it is called. Nothing in it is executed.

    Args:
        content: The file's bytes.
        path: Its name, for messages.
        key: Of the array in a ``.npz``.
        max_pixels: How many numbers the array may have.

    Returns:
        The array, of any shape, read-only.

    Raises:
        DataError: If the file is damaged, holds something else or more, or
            has no array of this name.
    """
    try:
        if not content.startswith(_ZIP):
            return _read(io.BytesIO(content), len(content), path, max_pixels)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            member = _find(archive, path, key)
            with archive.open(member) as file:
                return _read(file, member.file_size, path, max_pixels)
    except DataError:
        raise
    # Headers are parsed by numpy, zips by zipfile; both raise many kinds.
    except Exception as error:
        raise DataError(
            f'{path} is not a complete numpy file: {error!s:.200}. Copy or '
            'convert it again.'
        ) from error


def _find(archive: zipfile.ZipFile, path: str, key: str) -> zipfile.ZipInfo:
    members = {x.filename.removesuffix('.npy'): x for x in archive.infolist()}
    if key not in members:
        raise WrongFormError(
            f'{path} has no array {key!r} but '
            f'{", ".join(map(repr, [*members][:9]))}: name the one with '
            'depths, key=NAME'
        )
    if members[key].compress_type not in _METHODS:
        raise ValueError('numpy compresses in another way')
    return members[key]


def _read(
    file: IO[bytes], size: int, path: str, max_pixels: int
) -> np.ndarray:
    """Read the array of a file of ``size`` bytes."""
    version = np.lib.format.read_magic(file)
    if version not in _READERS:
        raise ValueError(f'version {version} is not one of plain numbers')
    shape, fortran_order, dtype = _READERS[version](file)
    if dtype.hasobject:
        raise ValueError('it holds pickled objects, which could run code')
    if dtype.kind not in 'fiu':
        raise WrongFormError(
            f'{path} holds {dtype!s:.100} of shape {shape!s:.100}: a depth '
            'map is an array (H, W) of numbers'
        )
    if not all(type(x) is int and x >= 0 for x in shape):
        raise ValueError(f'its shape is {shape!s:.100}')
    check_pixels(shape, path, max_pixels)
    wanted = math.prod(shape) * dtype.itemsize
    if wanted > size - file.tell():
        raise ValueError(
            f'it should have {wanted} bytes of numbers, and has '
            f'{max(size - file.tell(), 0)}'
        )
    data = file.read(wanted)
    if len(data) < wanted:
        raise EOFError('it ends too early')
    order = 'F' if fortran_order else 'C'
    return np.frombuffer(data, dtype).reshape(shape, order=order)
