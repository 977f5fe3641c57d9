"""Average pooling of RoIAlign, as a product with a sparse matrix.

A bin is a weighted sum of cells of the feature map, and the weights are the
product of those along y and along x. ``embedding_bag`` multiplies by the
matrix of these weights, all channels of a cell at once and in several
threads; the backward pass is the same with the transpose.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor

from .roi_align_samples import Bins, neighbours

# Weights gathered for one product with the transpose: sorting them by cell
# pays off for many at once, and memory bounds how many.
_MAX_PENDING = 1 << 24


def average_pool(
    features: Tensor, groups: Iterable[Bins], output: Tensor
) -> None:
    """Write the mean over the samples of each bin.

    Args:
        features: ``(N, C, H, W)`` features.
        groups: Sample points of the RoIs.
        output: ``(R, C, PH, PW)``, overwritten; 0 where nothing is sampled.
    """
    _, channels, height, width = features.shape
    table = features.permute(0, 2, 3, 1).reshape(-1, channels)
    output.zero_()
    for bins in groups:
        cells, weights = _taps(bins, height, width)
        pooled = F.embedding_bag(
            cells, table, per_sample_weights=weights, mode='sum'
        ).view(-1, *output.shape[2:], channels)
        output[bins.index] = pooled.permute(0, 3, 1, 2).to(output.dtype)


def average_pool_backward(
    grad: Tensor, groups: Iterable[Bins], grad_input: Tensor
) -> None:
    """Add the gradient with respect to the features.

    Args:
        grad: ``(R, C, PH, PW)`` gradient of the means.
        groups: Sample points of the RoIs.
        grad_input: ``(N, C, H, W)``, added to.
    """
    n, channels, height, width = grad_input.shape
    table = grad.flatten(2).transpose(1, 2).reshape(-1, channels)
    bins_per_roi = grad.shape[2:].numel()
    pending, num_pending = [], 0

    def add_pending() -> None:
        cells, weights, rows = map(torch.cat, zip(*pending, strict=True))
        summed = _transposed(cells, weights, rows, table, n * height * width)
        summed = summed.view(n, height, width, channels)
        grad_input.add_(summed.permute(0, 3, 1, 2))
        pending.clear()

    for bins in groups:
        cells, weights = _taps(bins, height, width)
        rows = bins.index[:, None] * bins_per_roi + torch.arange(
            bins_per_roi, device=cells.device
        )
        rows = rows.to(cells.dtype).view(-1, 1).expand_as(cells)
        pending.append((cells.flatten(), weights.flatten(), rows.flatten()))
        num_pending += cells.numel()
        if num_pending > _MAX_PENDING:
            add_pending()
            num_pending = 0
    if pending:
        add_pending()


def _axis_taps(position: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Cells ``(R, P, K)`` that a bin averages on an axis, and their weights.

    Consecutive samples share cells. Where they do, the weights of the
    samples ``(R, P, G)`` are summed, which nearly halves ``K``.
    """
    grid = position.size(-1)
    low, high, before, after = neighbours(position, length)
    merged = int((low[..., -1] - low[..., 0]).max()) + 2
    if merged >= 2 * grid:
        cells = torch.cat([low, high], -1)
        return cells, torch.cat([before, after], -1) / grid
    cell = torch.arange(merged, device=low.device)
    at = low - low[..., :1]
    weights = sum(
        (at[..., i, None] == cell) * before[..., i, None]
        + (at[..., i, None] + 1 == cell) * after[..., i, None]
        for i in range(grid)
    )
    cells = (low[..., :1] + cell).clamp(max=length - 1)
    return cells, weights / grid


def _taps(bins: Bins, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Rows of the sparse matrix: ``(R * PH * PW, K)`` cells and weights."""
    cells_y, weights_y = _axis_taps(bins.y, height)
    cells_x, weights_x = _axis_taps(bins.x, width)
    cells_y = (bins.image[:, None, None] * height + cells_y) * width
    # Sorting and gathering 32-bit integers is far faster.
    small = (int(bins.image.max()) + 1) * height * width < 2**31
    kind = torch.int32 if small else torch.int64
    cells_y, cells_x = cells_y.to(kind), cells_x.to(kind)
    cells = cells_y[:, :, None, :, None] + cells_x[:, None, :, None]
    weights = weights_y[:, :, None, :, None] * weights_x[:, None, :, None]
    num = cells.shape[:3].numel()
    return cells.reshape(num, -1), weights.reshape(num, -1)


def _transposed(
    cells: Tensor, weights: Tensor, rows: Tensor, table: Tensor, size: int
) -> Tensor:
    """Sum weighted rows of ``table`` into the cells they came from.

    Args:
        cells: ``(T, )`` cell of each tap.
        weights: ``(T, )`` weight of each tap.
        rows: ``(T, )`` row of each tap.
        table: ``(R * PH * PW, C)`` gradients.
        size: Number of cells ``S``.

    Returns:
        ``(S, C)`` sums.
    """
    cells, order = cells.sort()
    bounds = torch.arange(size, dtype=cells.dtype, device=cells.device)
    return F.embedding_bag(
        rows[order],
        table,
        offsets=torch.searchsorted(cells, bounds).to(rows.dtype),
        per_sample_weights=weights[order],
        mode='sum',
    )
