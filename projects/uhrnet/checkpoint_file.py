"""Write checkpoints whole or not at all."""

import hashlib
import os
from pathlib import Path
from typing import Any

import torch

_CHUNK = 1 << 20
_DIGITS = 8


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
        OSError: If it cannot be written. Nothing is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
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
