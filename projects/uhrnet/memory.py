"""Memory of large tensors, kept from one of them to the next."""

import ctypes
import sys

# Of glibc's malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_MOST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let the C library reuse the memory of large tensors on the CPU.

    By default glibc asks the system for each block beyond 32 MB, and gives it
    back at once. Every page of it is cleared and mapped again, which takes
    longer than to fill it, and a fifth to a third of the time of a network
    whose maps are that large. With this, freed memory stays with the process
    until its end. It holds for all of the process.

    Returns:
        Whether there was something to set; other C libraries have no such
        option.
    """
    if not sys.platform.startswith('linux'):
        return False
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None:
        return False
    # Old versions refuse a threshold beyond 32 MB, but have this.
    kept = mallopt(_MMAP_THRESHOLD, _MOST) or mallopt(_MMAP_MAX, 0)
    return bool(kept and mallopt(_TRIM_THRESHOLD, _MOST))
