"""Pooling whose last window may reach over the edge."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

POOLINGS = {'avg': F.avg_pool2d, 'max': F.max_pool2d}


def pool_rounding_up(x: Tensor, size: int, pooling: str) -> Tensor:
    """Reduce (N, C, H, W) to (N, C, ceil(H / size), ceil(W / size)).

    A window that begins inside the map counts, and no padding in it.

    Args:
        x: The map.
        size: Of a window, and from one to the next.
        pooling: A key of ``POOLINGS``.
    """
    if not torch.compiler.is_exporting():
        return POOLINGS[pooling](x, size, size, ceil_mode=True)
    # With ceil_mode the number of windows is no formula of the size.
    below, right = (
        (length + size - 1) // size * size - length for length in x.shape[-2:]
    )
    margins = (0, right, 0, below)
    if pooling == 'max':
        return F.max_pool2d(F.pad(x, margins, value=-math.inf), size)
    inside = F.pad(torch.ones_like(x[:1, :1]), margins)
    return F.avg_pool2d(F.pad(x, margins), size) / F.avg_pool2d(inside, size)
