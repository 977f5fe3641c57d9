"""What a checkpoint asks for, compared with the size of its file.

``torch.save`` compresses nothing. So a file holds every byte that loading it
takes, and one that takes more is damaged or a bomb.
"""

import os
import zipfile
from typing import Any

_ZIP = b'PK\x03\x04'
# Of tensors that repeat one value along a dimension.
_ANY_CASE = 2**26


class Oversized(Exception):
    """A file that asks for more memory than it can fill."""


def check_archive(path: str) -> None:
    """Look at the members of a zip, before any of them is read.

    Args:
        path: A local file, in any format.

    Raises:
        Oversized: If they are compressed or, as they may share bytes, take
            more than the file in all.
        zipfile.BadZipFile: If it begins as a zip and is none.
    """
    with open(path, 'rb') as file:
        is_zip = file.read(len(_ZIP)) == _ZIP
    if not is_zip and not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    # Damage that looks like another version of the format.
    except NotImplementedError as error:
        raise zipfile.BadZipFile(str(error)) from None
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise Oversized(f'{member.filename!a:.100} is compressed')
    total = sum(member.file_size for member in members)
    if total > os.path.getsize(path):
        raise Oversized(f'its members have {total} bytes')


def check_contents(content: Any, size: int) -> None:
    """Compare what was loaded with the size of the file.

    Memory that a file asks for and does not fill is not taken yet when it was
    loaded, but as soon as somebody computes with it.

    Args:
        content: A checkpoint.
        size: Bytes of its file.

    Raises:
        Oversized: If its tensors and arrays take more in all, or if one of
            them alone does, where it repeats values.
    """
    import numpy as np
    import torch

    owned: dict[int, int] = {}
    # One object may stand in many places: without this, in 2**60 of them.
    seen: set[int] = set()
    waiting = [content]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, torch.Tensor):
            largest = item.numel() * item.element_size()
            if item.layout == torch.strided and item.device.type != 'meta':
                storage = item.untyped_storage()
                owned[storage.data_ptr()] = storage.nbytes()
                if largest > max(size, _ANY_CASE):
                    raise Oversized(f'a tensor has {largest} bytes')
        elif isinstance(item, np.ndarray):
            owned[id(item)] = item.nbytes
        elif isinstance(item, bytearray):
            owned[id(item)] = len(item)
        elif isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            waiting += item
        waiting += getattr(item, '__dict__', {}).values()
    total = sum(owned.values())
    if total > size:
        raise Oversized(f'its tensors have {total} bytes')
