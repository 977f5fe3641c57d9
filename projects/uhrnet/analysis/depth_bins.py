"""Depth in ranges, that are counted as classes are."""

from itertools import pairwise

import numpy as np

_EDGES = (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80, 120, 200)
UNKNOWN = 255


def bin_edges(max_depth: float) -> list[float]:
    """Return where ranges begin and end, in metres, up to ``max_depth``."""
    return [x for x in _EDGES if x < max_depth] + [max_depth]


def bin_names(edges: list[float]) -> list[str]:
    """Name the ranges between edges."""
    return [f'{low:g} to {high:g} m' for low, high in pairwise(edges)]


def bin_depths(
    depth: np.ndarray,
    edges: list[float],
    valid: tuple[float, float] | None = None,
) -> np.ndarray:
    """Return the range that each depth is in.

    Args:
        depth: (H, W) in metres.
        edges: Of :func:`bin_edges`. What is beyond them is in the first or
            the last range.
        valid: Depths outside of these get ``UNKNOWN``, as the evaluator
            leaves them out.
    """
    bins = np.digitize(depth, edges[1:-1])
    if valid is not None:
        low, high = valid
        bins[~((depth > low) & (depth < high))] = UNKNOWN
    return bins
