"""What a checkpoint of mmengine may refer to, beyond PyTorch's own.

``HistoryBuffer``, numpy's numbers, and arrays of numbers. What would do more
than build these has a stand-in that does not.
"""

import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_STATISTICS = ('min', 'max', 'current', 'mean')
_lock = threading.RLock()


def _history_buffer_method(owner: type, name: str) -> Callable:
    """Stand in for ``getattr``, which pickle uses to name a method.

    mmengine stores the methods ``HistoryBuffer.min`` and so on. The real
    ``getattr`` on an allow-list would hand a hostile file any attribute of
    any allowed object.
    """
    from mmengine.logging import HistoryBuffer

    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise pickle.UnpicklingError(
            f'attribute {name!r} of {owner!r} may not be read'
        )
    return getattr(owner, name)


def _empty_array(kind: type, shape: tuple, code: bytes) -> Any:
    """Stand in for numpy's ``_reconstruct``, which takes any shape.

    The pickle of an array starts with an empty one.
    """
    import numpy as np

    if kind is not np.ndarray or shape != (0,) or code != b'b':
        raise pickle.UnpicklingError('an array starts with a shape of its own')
    return np.ndarray(shape, np.int8)


def _number_type(code: Any, align: Any = False, copy: Any = True) -> Any:
    """Stand in for ``numpy.dtype``, for numbers alone.

    Arrays of objects, or of structures with objects in them, are pointers.
    """
    import numpy as np

    found = np.dtype(code, align, copy)
    if found.kind not in 'biuf':
        raise pickle.UnpicklingError(
            f'{type(found).__name__} is no type of numbers'
        )
    return found


def numpy_globals() -> list[tuple[Callable, str]]:
    """Return what the pickle of a numpy scalar or array of numbers names."""
    import numpy as np

    multiarray = (
        np._core.multiarray if hasattr(np, '_core') else np.core.multiarray
    )
    return [
        (np.ndarray, 'numpy.ndarray'),
        (_number_type, 'numpy.dtype'),
        # The class of each dtype that is plain numbers; never that of 'O'.
        *(
            (kind, f'numpy.dtypes.{kind.__name__}')
            for kind in (type(np.dtype(code)) for code in '?bBhHiIlLefd')
        ),
        # numpy 2 renamed numpy.core; files of both spellings exist.
        *(
            (function, f'numpy.{core}.multiarray.{name}')
            for core in ('core', '_core')
            for name, function in (
                ('_reconstruct', _empty_array),
                ('scalar', multiarray.scalar),
            )
        ),
    ]


def allowed_globals() -> list[tuple[Callable, str]]:
    """Return the allow-list as ``(object, name in the file)`` pairs."""
    from mmengine.logging import HistoryBuffer

    return [
        (HistoryBuffer, 'mmengine.logging.history_buffer.HistoryBuffer'),
        (_history_buffer_method, 'builtins.getattr'),
        *numpy_globals(),
    ]


@contextmanager
def safe_loading() -> Iterator[None]:
    """Allow what mmengine writes, inside the ``with`` block only.

    torch's allow-list belongs to the process. The lock keeps two threads
    from ending each other's scope, and entries that the user had added
    before stay afterwards.
    """
    from torch import serialization

    with _lock:
        present = set(serialization.get_safe_globals())
        ours = [item for item in allowed_globals() if item not in present]
        with serialization.safe_globals(ours):
            yield
