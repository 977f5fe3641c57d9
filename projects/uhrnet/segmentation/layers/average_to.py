"""Averages of a map at another, smaller size."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def average_to(x: Tensor, size: Sequence[int]) -> Tensor:
    """Average (N, C, H, W) over bins to (N, C, h, w), ``size`` is (h, w).

    As ``F.adaptive_avg_pool2d``. In an exported graph, whose sizes are
    variables, that has no equivalent: ONNX knows windows of one size alone.
    There the bins are matrices, which are computed from the sizes.
    """
    if not torch.compiler.is_exporting():
        return F.adaptive_avg_pool2d(x, size)
    rows, columns = (
        bins(full, small).to(x)
        for full, small in zip(x.shape[-2:], size, strict=True)
    )
    return rows @ x @ columns.T


def bins(full: int, small: int) -> Tensor:
    """Return the weights (small, full) that average ``full`` values.

    Bin i goes from floor(i * full / small) to ceil((i + 1) * full / small),
    so bins overlap where the sizes do not divide.
    """
    bin_, place = torch.arange(small)[:, None], torch.arange(full)
    begin = bin_ * full // small
    end = ((bin_ + 1) * full + small - 1) // small
    inside = ((place >= begin) & (place < end)).float()
    return inside / inside.sum(dim=1, keepdim=True)
