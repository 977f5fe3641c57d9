"""Read what ``tools/test.py --out FILE.pkl`` writes, without running code.

Unpickling calls what a file names. What a dump of predictions needs is
little: plain types, numbers of numpy and tensors. These are let through, with
stand-ins where the real ones would do more, and nothing else is.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from uhrnet.compat.allow_list import numpy_globals
from uhrnet.errors import DataError


class _Unpickler(pickle.Unpickler):
    """Finds what is allowed and nothing else."""

    def find_class(self, module: str, name: str) -> Callable:
        """Return what a name stands for, or refuse it."""
        found = _allowed().get(f'{module}.{name}')
        if found is None:
            raise pickle.UnpicklingError(f'{module}.{name}')
        return found


def read_predictions(path: Path) -> list:
    """Read the predictions of a file.

    Args:
        path: A pickle of mmengine's ``DumpResults``.

    Raises:
        DataError: If it is missing or damaged, holds something else than a
            list, or names anything that predictions do not need.
    """
    if not path.exists():
        raise DataError(
            f'{path} is missing: make it by tools/test.py --out {path}'
        )
    try:
        with path.open('rb') as file:
            results = _Unpickler(file).load()
    except pickle.UnpicklingError as error:
        raise DataError(
            f'{path} was refused: it holds more than predictions, or is no '
            f'pickle, and reading it could run code ({error}). Make it by '
            f'tools/test.py --out {path}'
        ) from None
    # of a file that was cut or overwritten
    except (
        *(EOFError, ValueError, LookupError, TypeError, AttributeError),
        *(MemoryError, OverflowError, RuntimeError, ImportError),
    ) as error:
        raise DataError(
            f'{path} is damaged ({error!s:.200}): make it anew by '
            'tools/test.py --out'
        ) from None
    if not isinstance(results, list):
        raise DataError(
            f'{path} holds a {type(results).__name__} and no list of '
            'predictions: name what tools/test.py --out has saved'
        )
    return results


def _load_storage(content: bytes) -> Any:
    """Stand in for torch's, which would unpickle anything."""
    return torch.load(io.BytesIO(content), weights_only=True)


def _encode(text: str, codec: str) -> bytes:
    """Stand in for ``codecs.encode``, by which old protocols spell bytes."""
    if codec != 'latin1':
        raise pickle.UnpicklingError(f'bytes in {codec}')
    return text.encode(codec)


def _allowed() -> dict[str, Callable]:
    return {
        '_codecs.encode': _encode,
        'collections.OrderedDict': OrderedDict,
        'torch._utils._rebuild_tensor_v2': torch._utils._rebuild_tensor_v2,
        'torch.storage._load_from_bytes': _load_storage,
        'torch.Size': torch.Size,
        **{name: found for found, name in numpy_globals()},
    }
