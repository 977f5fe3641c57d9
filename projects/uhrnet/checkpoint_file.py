"""Checkpoints as files: what may be in them, written whole or not at all."""

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

_CHUNK = 1 << 20
_DIGITS = 8
# The end of the name of a file that is being written.
UNFINISHED = '.unfinished'


def plain_state_dict(checkpoint: dict) -> dict[str, Tensor]:
    """Return the parameters of a checkpoint, in or without ``state_dict``.

    Raises:
        ValueError: If they are not a dict of name to dense tensor. Anything
            else could claim a size that no memory has.
    """
    state = checkpoint.get('state_dict', checkpoint)
    if not isinstance(state, dict) or not state:
        raise ValueError('it has no state_dict')
    for key, value in state.items():
        if not isinstance(key, str) or not _is_dense(value):
            raise ValueError(
                f'its state_dict holds {key!a:.100}, which is no dense tensor '
                'with a name'
            )
    return state


def _is_dense(value: Any) -> bool:
    return (
        isinstance(value, Tensor)
        and value.layout == torch.strided
        and not value.is_quantized
        and value.device.type != 'meta'
        and value.untyped_storage().nbytes()
        >= value.numel() * value.element_size()
    )


def save_checkpoint(
    checkpoint: dict[str, Any], path: str | Path, hashed: bool = False
) -> Path:
    """Save with :func:`torch.save`, first under a temporary name.

    Equal contents give equal bytes, whatever the file is called.

    Args:
        checkpoint: What to save.
        path: Where. Missing folders are made, an existing file is replaced.
        hashed: Add the first eight digits of the file's SHA-256 to its name,
            ``model-1a2b3c4d.pth``, the form that
            ``torch.hub.load_state_dict_from_url(check_hash=True)`` verifies.

    Returns:
        The file.

    Raises:
        OSError: If it cannot be written. No part of a file is left behind.
    """
    path = Path(path)
    if not path.name or path.is_dir():
        raise IsADirectoryError(f'{path} is a folder: give the name of a file')

    def with_digits(unfinished: Path) -> Path:
        digits = sha256_of(unfinished)[:_DIGITS]
        return path.with_name(f'{path.stem}-{digits}{path.suffix}')

    # Given a path, torch would write the file's name into it.
    write = functools.partial(torch.save, checkpoint)
    return write_whole(path, write, with_digits if hashed else None)


def write_whole(
    path: str | Path,
    write: Callable[[IO[bytes]], Any],
    rename: Callable[[Path], Path] | None = None,
) -> Path:
    """Write a file so that its name always stands for a complete one.

    It is written under a temporary name, ``.NAME.PROCESS.unfinished``, synced
    to the disk and renamed, and the folder is synced too. Neither a killed
    process nor a failing machine leaves a part of it under its name.

    Args:
        path: Where. Missing folders are made, an existing file is replaced.
        write: Called with the open file.
        rename: Called with the temporary file, to return another name.

    Returns:
        The file.

    Raises:
        OSError: If it cannot be written. No part of a file is left behind,
            and an earlier file of the name stays as it was.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            f'{path} cannot be written: {error.filename} is no folder. Name '
            'another file'
        ) from None
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}{UNFINISHED}')
    try:
        with open(unfinished, 'wb') as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        target = rename(unfinished) if rename else path
        os.replace(unfinished, target)
        _sync_folder(path.parent)
    # torch.save makes a RuntimeError of an OSError.
    except (RuntimeError, OSError) as error:
        raise OSError(
            f'{path} could not be written, is the disk full? ({error})'
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def _sync_folder(folder: Path) -> None:
    """Make a new name last, where the system can open folders."""
    if hasattr(os, 'O_DIRECTORY'):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sha256_of(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
