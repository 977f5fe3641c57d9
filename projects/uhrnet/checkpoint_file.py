"""Checkpoints as files: what may be in them, written whole or not at all."""

import hashlib
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

_CHUNK = 1 << 20
_DIGITS = 8


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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            f'{path} cannot be written: {error.filename} is no folder. Name '
            'another file'
        ) from None
    unfinished = path.with_name(f'.{path.name}.{os.getpid()}.unfinished')
    try:
        with open(unfinished, 'wb') as file:
            # Given a path, torch would write the file's name into it.
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
        if hashed:
            digits = sha256_of(unfinished)[:_DIGITS]
            path = path.with_name(f'{path.stem}-{digits}{path.suffix}')
        os.replace(unfinished, path)
    except RuntimeError as error:
        # What torch.save makes of an OSError.
        raise OSError(
            f'{path} could not be written, is the disk full? ({error})'
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def sha256_of(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
