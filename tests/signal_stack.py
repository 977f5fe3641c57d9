"""A stack for handlers of signals that is large enough.

Once OpenVINO has run in a process, on a processor with AMX, what the kernel
saves at a signal no longer fits into the stack of 12 kB that some library has
set, and the process ends with a segmentation fault.
"""

import ctypes
import sys

SIZE = 1 << 18


class Stack(ctypes.Structure):
    """``stack_t`` of signal.h."""

    _fields_ = (
        ('place', ctypes.c_void_p),
        ('flags', ctypes.c_int),
        ('size', ctypes.c_size_t),
    )


_memory = ctypes.create_string_buffer(SIZE)


def enlarge():
    """Set it for this thread, and for processes that it forks."""
    if sys.platform.startswith('linux'):
        stack = Stack(ctypes.addressof(_memory), 0, SIZE)
        assert not ctypes.CDLL(None).sigaltstack(ctypes.byref(stack), None)
