"""Tuples within tuples, which crash or stop a process as keys of a dict.

CPython hashes them by recursion without a limit: a megabyte of a checkpoint
is enough to overflow the stack. And a tuple that holds another one twice, 60
times over, takes longer than anybody waits. The standard library's
``pickletools`` takes the pickle apart, without executing anything, before
PyTorch reads it.
"""

import pickle
import pickletools
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

# Tensors have 3: arguments of a function, a storage among them, its key.
MAX_DEPTH = 100
# All items of a tuple and of those within; more than any palette has.
MAX_ITEMS = 50_000
# Of torch.save's format before the zip: magic number, version, system, the
# content, keys of storages.
_PICKLES = 5
_PUTS = ('BINPUT', 'LONG_BINPUT', 'PUT')
Extent = tuple[int, int]
_PLAIN: Extent = (0, 1)
_GETS = ('BINGET', 'LONG_BINGET', 'GET')


def check_depth(path: str) -> None:
    """Refuse a checkpoint with tuples that are too deep or too large.

    Args:
        path: A local file of ``torch.save``.

    Raises:
        pickle.UnpicklingError: If it has such tuples, or holds no pickle.
        ValueError, LookupError: If it was cut or overwritten.
    """
    for file in _pickles(path):
        with _refused():
            _check(file)


@contextmanager
def _refused() -> Iterator[None]:
    """Tell what is no pickle from one that was cut."""
    try:
        yield
    except ValueError as error:
        if 'unknown' not in str(error):
            raise
        raise pickle.UnpicklingError(f'no pickle: {error!s:.200}') from None


def _pickles(path: str) -> Iterator[IO[bytes]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.endswith('data.pkl'):
                    with archive.open(member) as file:
                        yield file
    else:
        with open(path, 'rb') as file:
            for _ in range(_PICKLES):
                yield file


def _check(file: IO[bytes]) -> None:
    """Follow a pickle's stack, with depths and sizes in place of objects."""
    stack: list[Extent | None] = []
    memo: dict[int, Extent] = {}
    for opcode, argument, _ in pickletools.genops(file):
        name = opcode.name
        if name in _PUTS:
            memo[argument] = stack[-1] or _PLAIN
        elif name == 'MEMOIZE':
            memo[len(memo)] = stack[-1] or _PLAIN
        elif name in _GETS:
            stack.append(memo[argument])
        elif name == 'MARK':
            stack.append(None)
        elif name.startswith('TUPLE'):
            items = _taken(stack, name)
            depth = 1 + max((depth for depth, _ in items), default=0)
            total = 1 + sum(total for _, total in items)
            if depth > MAX_DEPTH or total > MAX_ITEMS:
                raise pickle.UnpicklingError(
                    f'tuples are nested deeper than {MAX_DEPTH}, or have more '
                    f'than {MAX_ITEMS} items'
                )
            stack.append((depth, total))
        else:
            _follow(stack, opcode)


def _taken(stack: list, name: str) -> list[Extent]:
    """Take the items of a tuple."""
    if name == 'TUPLE':
        return _to_mark(stack)
    return [stack.pop() or _PLAIN for _ in range(int(name[-1]))]


def _to_mark(stack: list) -> list[Extent]:
    items = []
    while (item := stack.pop()) is not None:
        items.append(item)
    return items


def _follow(stack: list, opcode: pickletools.OpcodeInfo) -> None:
    """Take and push as the instruction says; none makes a key of others."""
    for kind in reversed(opcode.stack_before):
        if kind is pickletools.stackslice:
            _to_mark(stack)
        elif kind is not pickletools.markobject:
            stack.pop()
    stack += [_PLAIN] * len(opcode.stack_after)
