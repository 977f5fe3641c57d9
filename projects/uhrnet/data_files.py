"""Files that a data set names: inside of its folder, plain, not endless."""

import os
import stat
from pathlib import PureWindowsPath

from mmengine import fileio

from .errors import DataError, MissingFileError

# Of a file that is read as a whole: annotations, and images by default.
MAX_BYTES = 2**32


def read_file(
    path: str,
    backend_args: dict | None = None,
    max_bytes: int = MAX_BYTES,
    named_by: str | None = None,
) -> bytes:
    """Read a file of a data set, or say which one is missing.

    Args:
        path: The file.
        backend_args: Where files are, as in ``mmengine.fileio``.
        max_bytes: The most that a local file may have.
        named_by: The list that names the file, for the message.

    Raises:
        MissingFileError: If it is not there.
        DataError: If it cannot be read or is larger, or if it is a folder, a
            device or a pipe, which may have no end.
    """
    try:
        if not backend_args:
            check_plain(path, max_bytes)
        return fileio.get(path, backend_args=backend_args)
    except FileNotFoundError:
        remedy = ', or remove it from the list' if named_by else ''
        raise MissingFileError(
            f'{path} is missing, although {named_by or "the data set"} names '
            f'it. Complete the data set{remedy}.'
        ) from None
    except OSError as error:
        raise DataError(f'{path} cannot be read ({error}).') from error


def check_plain(path: str, max_bytes: int = MAX_BYTES) -> None:
    """Refuse a local path that is no plain file, or a larger one.

    Raises:
        DataError: If it is.
        OSError: If it cannot be looked at. Addresses are passed over.
    """
    if '://' in path and not os.path.exists(path):
        return
    try:
        found = os.stat(path)
    # A zero byte, or what no file name can be encoded to.
    except ValueError as error:
        raise DataError(f'{path!a} is no name of a file ({error})') from None
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f'{path} is no plain file: remove it')
    if found.st_size > max_bytes:
        raise DataError(
            f'{path} has {found.st_size} bytes, and {max_bytes} are the most '
            'that are read. Replace it.'
        )


def check_inside(name: str, source: str) -> None:
    """Refuse the name of a file that leads out of its folder.

    A list from a stranger could otherwise name any file of this machine, or
    have an address opened. Links in the folder are their owner's, and are
    followed.

    Args:
        name: Of a file, relative to a folder of the data set.
        source: The list that names it, for the message.

    Raises:
        DataError: If it is absolute, an address, or has ``..`` in it.
    """
    # Windows' rules take apart what either system takes for a path. Drives
    # are its own: elsewhere, a colon is part of a name.
    path = PureWindowsPath(name)
    leads_out = path.root or os.path.splitdrive(name)[0] or '..' in path.parts
    if leads_out or '://' in name or '\0' in name:
        raise DataError(
            f'{source} names {name!a:.200}, which leads out of the folder of '
            'the data set. Name files relative to it, and set data_root or '
            'data_prefix to the folder.'
        )
