"""Seconds and memory of calls, measured in turn in one process."""

import ctypes
import statistics
from collections.abc import Callable

import torch

from uhrnet.apis.speed import peak_of, seconds_of


def medians(calls: dict[str, Callable], rounds: int) -> dict[str, float]:
    """Return median seconds of calls, after a round of warming up.

    They take turns, so that whatever slows the machine slows all of them.
    """
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    times = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, call in calls.items():
            times[name].append(seconds_of(call, device))
    return {name: statistics.median(x[1:]) for name, x in times.items()}


def peak(call: Callable[[], object], device: str = 'cpu') -> float:
    """Return the MB of a call that is not the first one."""
    call()
    # What was freed may still be held, and would hide what is taken. Measure
    # seconds before: huge pages are lost by this.
    ctypes.CDLL(None).malloc_trim(0)
    return peak_of(call, device)
