"""Pickles of named arrays, read without running anything.

Paddle stores parameters as a pickle, a small program that Python's own
unpickler would execute with whatever functions it names. Here the standard
library's ``pickletools`` takes the program apart, and :class:`_Machine`
follows the few instructions that make strings, numbers, tuples, dicts and
float32 arrays. Names such as ``numpy.ndarray`` are compared as text; nothing
is imported, called or allocated at a file's word.

Sources: CPython, ``Lib/pickletools.py`` (protocols 2 to 4); numpy,
``ndarray.__reduce__`` and ``dtype.__reduce__``.
"""

import io
import math
import pickletools
from collections.abc import Container
from enum import Enum
from typing import Any

import numpy as np

from .conversion import ConversionError, shown

# Of a convolution's weight; nothing here has more.
MAX_DIMENSIONS = 4
# W48 takes some forty thousand; each costs memory, whatever the file's size.
MAX_INSTRUCTIONS = 1_000_000


class _Name(Enum):
    """The global names that the pickle of an array mentions."""

    RECONSTRUCT = 'numpy.core.multiarray._reconstruct'
    NDARRAY = 'numpy.ndarray'
    DTYPE = 'numpy.dtype'
    # How protocol 2 writes bytes.
    ENCODE = '_codecs.encode'


_NAMES = {name.value: name for name in _Name} | {
    # numpy 2 renamed numpy.core.
    'numpy._core.multiarray._reconstruct': _Name.RECONSTRUCT
}


class _Float32:
    """``numpy.dtype('float32')``, complete once its byte order is known."""

    def __init__(self) -> None:
        self.byte_order: str | None = None


class _Array:
    """An array, empty until the file says what is in it."""

    def __init__(self) -> None:
        self.value: np.ndarray | None = None


_MARK = object()


def load_arrays(
    data: bytes, tables: Container[str] = ()
) -> dict[str, np.ndarray]:
    """Read a pickled dict of name to array.

    Args:
        data: The whole pickle, of protocol 2, 3 or 4.
        tables: Names that lead to a dict of strings and are left out, such
            as Paddle's ``StructuredToParameterName@@``.

    Returns:
        Name to float32 array, read-only.

    Raises:
        ConversionError: If the pickle is damaged, or holds anything but
            this: another type, another dtype, a shape that its bytes do not
            fill, a reference to a function.
    """
    if not data:
        raise ConversionError('the file is empty')
    machine = _Machine(len(data))
    end = 0
    try:
        for opcode, argument, position in pickletools.genops(io.BytesIO(data)):
            machine.step(opcode.name, argument)
            end = position + 1
    except ConversionError:
        raise
    # What pickletools and the machine meet in a file that was cut or
    # overwritten.
    except (ValueError, IndexError, KeyError) as error:
        raise ConversionError(
            'the file is damaged or incomplete, or no pickle: download or '
            f'copy it again ({shown(str(error)) or type(error).__name__})'
        ) from None
    if end != len(data):
        raise ConversionError(
            f'{len(data) - end} bytes follow the end of the pickle: the file '
            'is not what it seems to be'
        )
    if len(machine.stack) != 1 or not isinstance(machine.stack[0], dict):
        raise ConversionError('the pickle is no dict of name to array')
    (named,) = machine.stack
    return {
        key: _finished(key, value)
        for key, value in named.items()
        if not (key in tables and isinstance(value, dict))
    }


def _finished(key: str, value: Any) -> np.ndarray:
    if not isinstance(value, _Array) or value.value is None:
        raise ConversionError(f'{shown(key)} is no array')
    return value.value


class _Machine:
    """Pickle's stack machine without its dangerous instructions."""

    def __init__(self, size: int) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.instructions_left = MAX_INSTRUCTIONS
        # All bytes that are made of text; no more than the file has.
        self.encoding_left = size

    def step(self, opcode: str, argument: Any) -> None:
        """Follow one instruction, named as in ``pickletools``."""
        self.instructions_left -= 1
        if self.instructions_left < 0:
            raise ConversionError(
                f'the pickle has more than {MAX_INSTRUCTIONS} instructions: '
                'no U-HRNet needs as many'
            )
        stack = self.stack
        match opcode:
            case 'PROTO' if argument not in (2, 3, 4):
                raise ConversionError(
                    f'the pickle has protocol {argument}; Paddle writes 2 to 4'
                )
            case 'PROTO' | 'FRAME' | 'STOP':
                pass
            case 'NONE':
                stack.append(None)
            case 'NEWTRUE' | 'NEWFALSE':
                stack.append(opcode == 'NEWTRUE')
            # Integers have up to 255 bytes, so they can be printed.
            case 'BININT' | 'BININT1' | 'BININT2' | 'LONG1':
                stack.append(argument)
            case 'BINUNICODE' | 'SHORT_BINUNICODE' | 'BINUNICODE8':
                stack.append(argument)
            case 'BINBYTES' | 'SHORT_BINBYTES' | 'BINBYTES8':
                stack.append(argument)
            case 'BINPUT' | 'LONG_BINPUT':
                self.memo[argument] = stack[-1]
            case 'MEMOIZE':
                self.memo[len(self.memo)] = stack[-1]
            case 'BINGET' | 'LONG_BINGET':
                stack.append(self.memo[argument])
            case 'MARK':
                stack.append(_MARK)
            case 'EMPTY_TUPLE':
                stack.append(())
            case 'TUPLE1' | 'TUPLE2' | 'TUPLE3':
                length = int(opcode[-1])
                items = [stack.pop() for _ in range(length)]
                self.push_tuple(items[::-1])
            case 'TUPLE':
                self.push_tuple(self.pop_to_mark())
            case 'EMPTY_DICT':
                stack.append({})
            case 'SETITEM':
                value, key = stack.pop(), stack.pop()
                self.set_items([key, value])
            case 'SETITEMS':
                self.set_items(self.pop_to_mark())
            case 'GLOBAL':
                # pickletools joins module and name by a space.
                self.push_name(argument.replace(' ', '.', 1))
            case 'STACK_GLOBAL':
                name, module = self.pop(str), self.pop(str)
                self.push_name(f'{module}.{name}')
            case 'REDUCE':
                self.reduce()
            case 'BUILD':
                self.build()
            case _:
                raise ConversionError(
                    f'the pickle contains the instruction {opcode}, which '
                    'no file of arrays needs; nothing of it was run'
                )

    def pop(self, *kinds: type) -> Any:
        """Take the top of the stack, which has to be one of ``kinds``."""
        value = self.stack.pop()
        if value is _MARK or not isinstance(value, kinds):
            raise ValueError(f'unexpected {type(value).__name__}')
        return value

    def pop_to_mark(self) -> list:
        """Take everything above the last mark, and the mark."""
        items = []
        while (item := self.stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def push_tuple(self, items: list) -> None:
        """Push a tuple, as shapes and arguments are."""
        if any(item is _MARK for item in items):
            raise ValueError('mark inside a tuple')
        self.stack.append(tuple(items))

    def set_items(self, items: list) -> None:
        """Add key, value, key, value to the dict on top of the stack."""
        target = self.stack[-1]
        if not isinstance(target, dict) or len(items) % 2:
            raise ValueError('items without a dict')
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str):
                raise ConversionError(
                    f'a key of the dict is no string: {type(key).__name__}'
                )
            if key in target:
                raise ConversionError(f'{shown(key)} occurs twice')
            target[key] = value

    def push_name(self, name: str) -> None:
        """Push one of the names that arrays need; refuse any other."""
        if name not in _NAMES:
            raise ConversionError(
                f'the pickle refers to {shown(name)}, which is not part of an '
                'array; nothing of it was run. Download the file again'
            )
        self.stack.append(_NAMES[name])

    def reduce(self) -> None:
        """Do what a call of a known name with known arguments would do."""
        arguments = self.pop(tuple)
        name = self.pop(_Name)
        match name, arguments:
            case _Name.RECONSTRUCT, (_Name.NDARRAY, (0,), b'b'):
                self.stack.append(_Array())
            case _Name.DTYPE, ('f4', False | 0, True | 1):
                self.stack.append(_Float32())
            case _Name.DTYPE, (str(code), *_):
                kind = (
                    'objects'
                    if code.startswith('O')
                    else f"type '{shown(code)}'"
                )
                raise ConversionError(
                    f'an array holds {kind}; parameters are float32 (f4)'
                )
            case _Name.ENCODE, (str(text), 'latin1'):
                self.encoding_left -= len(text)
                if self.encoding_left < 0:
                    raise ConversionError(
                        'the pickle makes more bytes than it has'
                    )
                self.stack.append(text.encode('latin1'))
            case _:
                raise ConversionError(
                    f'the pickle uses {name.value} in a way that no array '
                    'does; nothing of it was run'
                )

    def build(self) -> None:
        """Fill in a dtype or an array."""
        state = self.pop(tuple)
        target = self.stack[-1]
        if isinstance(target, _Float32):
            match state:
                case (3, '<', None, None, None, -1, -1, 0):
                    target.byte_order = '<'
                case _:
                    raise ConversionError(
                        'an array holds float32 of another kind than '
                        'little-endian'
                    )
        elif isinstance(target, _Array):
            target.value = _make_array(*state)
        else:
            raise ValueError(f'state for {type(target).__name__}')


def _make_array(*state: Any) -> np.ndarray:
    """Make an array from numpy's state, after all of it was checked."""
    match state:
        case (
            1,
            tuple(shape),
            _Float32(byte_order='<'),
            bool(is_fortran),
            bytes(raw),
        ):
            pass
        case _:
            raise ConversionError('an array is incomplete or of a new kind')
    if len(shape) > MAX_DIMENSIONS or not all(
        type(size) is int and size >= 0 for size in shape
    ):
        raise ConversionError(
            f'the shape of an array is not one of up to {MAX_DIMENSIONS} sizes'
        )
    declared = math.prod(shape) * 4
    if declared != len(raw):
        raise ConversionError(
            f'an array declares the shape {shape}, that is {declared} bytes, '
            f'and {len(raw)} are there'
        )
    order = 'F' if is_fortran else 'C'
    return np.frombuffer(raw, '<f4').reshape(shape, order=order)
