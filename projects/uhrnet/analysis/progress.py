"""A bar for who watches, and nothing in a log."""

import sys
from collections.abc import Collection, Iterator
from typing import TypeVar

from mmengine.utils import track_iter_progress

_Item = TypeVar('_Item')


def follow(items: Collection[_Item]) -> Iterator[_Item]:
    """Go through items, with the host's progress bar in a terminal."""
    if not sys.stdout.isatty():
        return iter(items)
    return track_iter_progress((iter(items), len(items)))
