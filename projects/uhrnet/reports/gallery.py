"""The best and the worst images of an evaluation, and no others."""

import bisect
import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """An image that was kept.

    Attributes:
        error: How wrong it is, from which images are ordered.
        index: Its place in the data set.
        figures: What was measured of it, by name.
        sample: With what it can be drawn.
    """

    error: float
    index: int
    figures: dict[str, float]
    sample: Any


class Gallery:
    """Keeps a few images of any number.

    Args:
        size: How many of the best and how many of the worst.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._best: list[Entry] = []
        self._worst: list[Entry] = []

    def offer(
        self,
        error: float,
        index: int,
        figures: dict[str, float],
        make: Callable[[], Any],
    ) -> None:
        """Keep an image if it is among the best or the worst so far.

        Args:
            error: How wrong it is; images without one are passed over.
            index: Its place in the data set.
            figures: What was measured of it.
            make: Returns the sample to keep; called only if it is kept.
        """
        if math.isnan(error):
            return
        entry = None
        for kept, key in ((self._best, _goodness), (self._worst, _badness)):
            mine = key(Entry(error, index, figures, None))
            if len(kept) == self.size and not mine < key(kept[-1]):
                continue
            entry = entry or Entry(error, index, figures, make())
            bisect.insort(kept, entry, key=key)
            del kept[self.size :]

    def merge(self, others: Iterable['Gallery']) -> None:
        """Take over what other processes have kept."""
        for other in others:
            kept = {x.index: x for x in other._best + other._worst}
            for entry in kept.values():
                self.offer(*entry[:3], make=lambda x=entry: x.sample)

    @property
    def worst(self) -> list[Entry]:
        """The worst images, the worst of them first."""
        return list(self._worst)

    @property
    def best(self) -> list[Entry]:
        """The best images that are not among the worst, the best first."""
        shown = {entry.index for entry in self._worst}
        return [entry for entry in self._best if entry.index not in shown]


def _goodness(entry: Entry) -> tuple[float, int]:
    return entry.error, entry.index


def _badness(entry: Entry) -> tuple[float, int]:
    return -entry.error, entry.index
