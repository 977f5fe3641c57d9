"""Logits of a prediction that are made when somebody reads them.

Evaluation reads labels alone. Test-time augmentation, ``DumpResults`` and
users read ``seg_logits`` too, and must find there what mmsegmentation puts
there.
"""

import functools
from collections.abc import Callable

from mmengine.structures import PixelData
from torch import Tensor


class LateLogits(PixelData):
    """``PixelData`` whose ``data`` (K, H, W) is made at the first reading.

    Whatever looks at the data makes them, copies and pickles included, which
    are plain ``PixelData``. Only :meth:`to_dict` waits, as evaluators make a
    dict of every prediction.

    Args:
        make: Returns the data; it is called once and then released.
        **kwargs: As for ``PixelData``.
    """

    def __init__(
        self, make: Callable[[], Tensor] | None = None, **kwargs: object
    ) -> None:
        super().__init__(**kwargs)
        if make is not None:
            # not by assignment, which makes a field of it
            self.__dict__['_make'] = make
            self._data_fields.add('data')

    def __getattr__(self, name: str) -> object:
        """Make ``data``; called for what the object does not have."""
        if name == 'data' and '_make' in self.__dict__:
            self.__dict__['data'] = self._make()
            del self.__dict__['_make']
            return self.__dict__['data']
        raise AttributeError(
            f'{type(self).__name__} has no attribute {name!r}'
        )

    def pop(self, *args: object) -> object:
        """Remove a field and return it."""
        if args[:1] == ('data',) and 'data' in self._data_fields:
            self.data  # noqa: B018, makes them
        return super().pop(*args)

    def __delattr__(self, name: str) -> None:
        """Remove a field."""
        if name == 'data' and 'data' in self._data_fields:
            self.data  # noqa: B018, makes them
        super().__delattr__(name)

    def __reduce_ex__(self, protocol: int) -> tuple:
        """Be copied and pickled as ``PixelData``."""
        plain = PixelData(metainfo=self.metainfo, **dict(self.items()))
        # Later protocols insist on the class of the object itself.
        return plain.__reduce_ex__(1)

    def to_dict(self) -> dict:
        """Return a dict that is filled when somebody reads it."""
        return _LateDict(super().to_dict)


class _LateDict(dict):
    """A dict that calls ``make`` for its items when it is first used."""

    def __init__(self, make: Callable[[], dict]) -> None:
        super().__init__()
        self._make = make

    def fill(self) -> None:
        """Have the items."""
        if self._make is not None:
            dict.update(self, self._make())
            self._make = None

    def __reduce__(self) -> tuple:
        return dict, (dict(self.items()),)


def _filled(name: str) -> Callable:
    """Return a dict's method that fills it first."""
    method = getattr(dict, name)

    @functools.wraps(method)
    def call(self: _LateDict, *args: object, **kwargs: object) -> object:
        self.fill()
        return method(self, *args, **kwargs)

    return call


# All that Python calls: any that is left out would show an empty dict.
for _name in (
    '__contains__', '__delitem__', '__eq__', '__getitem__', '__ior__',
    '__iter__', '__len__', '__ne__', '__or__', '__repr__', '__reversed__',
    '__ror__', '__setitem__', 'clear', 'copy', 'get', 'items', 'keys', 'pop',
    'popitem', 'setdefault', 'update', 'values',
):  # fmt: skip
    setattr(_LateDict, _name, _filled(_name))
