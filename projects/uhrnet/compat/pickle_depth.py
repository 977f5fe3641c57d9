"""Tuples within tuples, which crash a process as keys of a dict.

CPython hashes them by recursion without a limit: a megabyte of a checkpoint
is enough to overflow the stack. The standard library's ``pickletools`` takes
the pickle apart, without executing anything, before PyTorch reads it.
"""

import pickle
import pickletools
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

# Tensors have 3: arguments of a function, a storage among them, its key.
MAX_DEPTH = 100
# Of torch.save's format before the zip: magic number, version, system, the
# content, keys of storages.
_PICKLES = 5
_PUTS = ('BINPUT', 'LONG_BINPUT', 'PUT')
_GETS = ('BINGET', 'LONG_BINGET', 'GET')


def check_depth(path: str) -> None:
    """Refuse a checkpoint with tuples nested deeper than 100.

    Args:
        path: A local file of ``torch.save``.

    Raises:
        pickle.UnpicklingError: If it has, or if it holds no pickle.
    """
    for file in _pickles(path):
        with _refused():
            _check(file)


@contextmanager
def _refused() -> Iterator[None]:
    """Turn what pickletools raises for damage into one kind."""
    try:
        yield
    except (ValueError, IndexError, KeyError) as error:
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
    """Follow a pickle's stack, with depths in the place of objects."""
    stack: list[int | None] = []
    memo: dict[int, int] = {}
    for opcode, argument, _ in pickletools.genops(file):
        name = opcode.name
        if name in _PUTS:
            memo[argument] = stack[-1] or 0
        elif name == 'MEMOIZE':
            memo[len(memo)] = stack[-1] or 0
        elif name in _GETS:
            stack.append(memo[argument])
        elif name == 'MARK':
            stack.append(None)
        elif name.startswith('TUPLE'):
            depth = 1 + max(_taken(stack, name), default=0)
            if depth > MAX_DEPTH:
                raise pickle.UnpicklingError(
                    f'tuples are nested deeper than {MAX_DEPTH}'
                )
            stack.append(depth)
        else:
            _follow(stack, opcode)


def _taken(stack: list, name: str) -> list[int]:
    """Take the items of a tuple."""
    if name == 'TUPLE':
        return _to_mark(stack)
    return [stack.pop() or 0 for _ in range(int(name[-1]))]


def _to_mark(stack: list) -> list[int]:
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
    stack += [0] * len(opcode.stack_after)
