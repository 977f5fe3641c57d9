"""Seconds and memory of calls, measured in turn in one process."""

import ctypes
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes, on a GPU until its work is done."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    call()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def medians(calls: dict[str, Callable], rounds: int) -> dict[str, float]:
    """Return median seconds of calls, after a round of warming up.

    They take turns, so that whatever slows the machine slows all of them.
    """
    times = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            times[name].append(seconds(call))
    return {name: statistics.median(x[1:]) for name, x in times.items()}


def peak(call: Callable[[], object], device: str = 'cpu') -> float:
    """Return the MB that a call takes beyond what is there before it."""
    call()
    if device != 'cpu':
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        call()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    # What was freed may still be held, and would hide what is taken.
    ctypes.CDLL(None).malloc_trim(0)
    Path('/proc/self/clear_refs').write_text('5')  # forget the peak so far
    before = peak_resident()
    call()
    return peak_resident() - before


def peak_resident() -> float:
    """Return the peak of this process's resident memory in MB."""
    status = Path('/proc/self/status').read_text()
    return int(status.split('VmHWM:')[1].split()[0]) / 1024
