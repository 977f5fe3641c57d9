"""RoIAlign, forward and backward, without compiled extensions.

The functions take the place of those of the same name in ``mmcv._ext``
(facts from mmcv 2.1.0, ``ops/csrc/pytorch/cpu/roi_align.cpp``). Average
pooling is one sparse matrix: an output bin is a weighted sum of cells of the
feature map, and the weights are the product of those along y and along x.
``embedding_bag`` multiplies by that matrix, all channels of a cell at once
and in several threads; the backward pass is the same with the transpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .mmcv_ext import torchvision_ops

# Weights computed at once (a bound on memory, generous for the caches).
_MAX_TAPS = 1 << 22
# Gradients of maxima handled at once, so that temporaries stay in the cache.
_CHUNK = 1 << 17


class _Bins(NamedTuple):
    """Some RoIs whose bins are sampled with the same number of points.

    Attributes:
        index: ``(R, )`` which RoIs.
        batch: ``(R, )`` image of each.
        y: ``(R, PH, GH)`` coordinates of the samples of each row of bins.
        x: ``(R, PW, GW)`` coordinates of the samples of each column.
    """

    index: Tensor
    batch: Tensor
    y: Tensor
    x: Tensor


def roi_align_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Pool each RoI into a grid of bins by bilinear interpolation.

    Half precision is computed in float32.

    Args:
        input: ``(N, C, H, W)`` features.
        rois: ``(R, 5)`` RoIs as ``image, x1, y1, x2, y2`` in pixels.
        output: ``(R, C, PH, PW)``, overwritten.
        argmax_y: As ``output``, filled by max pooling with the position of
            the maximum, -1 if there is none; unused by average pooling.
        argmax_x: The same along x.
        aligned_height: Number of bins ``PH``.
        aligned_width: Number of bins ``PW``.
        spatial_scale: Feature cells per pixel, the inverse of the stride.
        sampling_ratio: Samples per bin and axis; 0 for one per cell.
        pool_mode: 0 max, 1 average.
        aligned: Shift by half a cell, as cell centres require. If False,
            RoIs are enlarged to one cell at least.

    Raises:
        RuntimeError: If an aligned RoI has a negative size (CPU only).
        IndexError: If a RoI belongs to no image (CPU only).
    """
    if rois.numel() == 0 or output.numel() == 0:
        return
    features, rois = _real(input), rois.to(_real(input).dtype)
    size = aligned_height, aligned_width
    scale = float(np.float32(spatial_scale))  # received as a C float
    _check(rois, input.size(0), scale, aligned)
    ops = torchvision_ops(input.device.type)
    if pool_mode == 1 and ops is not None:
        output.copy_(
            ops.roi_align(
                features, rois, scale, *size, sampling_ratio, aligned
            )
        )
        return
    _, channels, height, width = input.shape
    table = features.permute(0, 2, 3, 1).reshape(-1, channels)
    out = output.flatten(2)
    if pool_mode == 1:
        out.zero_()
        for bins in _bins(rois, size, scale, sampling_ratio, aligned):
            cells, weights = _taps(bins, height, width)
            pooled = F.embedding_bag(
                cells, table, per_sample_weights=weights, mode='sum'
            ).view(len(bins.index), -1, channels)
            out[bins.index] = pooled.transpose(1, 2).to(out.dtype)
        return
    # An empty maximum, with the value that the compiled kernels give it.
    on_cpu = input.device.type == 'cpu'
    lowest = -1e4 if on_cpu else torch.finfo(torch.float32).min
    out.fill_(lowest)
    argmax_y.fill_(-1)
    argmax_x.fill_(-1)
    for bins in _bins(rois, size, scale, sampling_ratio, aligned):
        best = _max_pool(table, bins, height, width, lowest)
        for target, value in zip(
            (output, argmax_y, argmax_x), best, strict=True
        ):
            target[bins.index] = value.permute(0, 3, 1, 2).to(target.dtype)


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Add the gradient with respect to the features.

    Args:
        grad_output: ``(R, C, PH, PW)`` gradient of the pooled features.
        rois: ``(R, 5)`` RoIs given to the forward pass.
        argmax_y: Positions from max pooling.
        argmax_x: The same along x.
        grad_input: ``(N, C, H, W)``, added to.
        aligned_height: As in the forward pass, like all that follow.
        aligned_width: See above.
        spatial_scale: See above.
        sampling_ratio: See above.
        pool_mode: See above.
        aligned: See above.

    Raises:
        RuntimeError: If an aligned RoI has a negative size (CPU only).
        IndexError: If a RoI belongs to no image (CPU only).
    """
    if rois.numel() == 0 or grad_output.numel() == 0:
        return
    grad, rois = _real(grad_output), rois.to(_real(grad_output).dtype)
    size = aligned_height, aligned_width
    scale = float(np.float32(spatial_scale))
    n, channels, height, width = grad_input.shape
    _check(rois, n, scale, aligned)
    if pool_mode == 0:
        total = torch.zeros(
            grad_input.shape, dtype=grad.dtype, device=grad.device
        )
        step = _CHUNK // grad[0].numel() + 1
        for part in zip(
            grad.split(step),
            rois[:, 0].long().split(step),
            argmax_y.to(grad).split(step),
            argmax_x.to(grad).split(step),
            strict=True,
        ):
            _max_unpool(*part, total)
        grad_input += total
        return
    ops = torchvision_ops(grad.device.type)
    if ops is not None:
        grad_input += ops._roi_align_backward(
            grad, rois, scale, *size, *grad_input.shape, sampling_ratio,
            aligned,
        )  # fmt: skip
        return
    table = grad.flatten(2).transpose(1, 2).reshape(-1, channels)
    bins_per_roi = aligned_height * aligned_width
    pending, num_pending = [], 0

    def add_pending() -> None:
        cells, weights, rows = map(torch.cat, zip(*pending, strict=True))
        summed = _transposed(cells, weights, rows, table, n * height * width)
        summed = summed.view(n, height, width, channels)
        grad_input.add_(summed.permute(0, 3, 1, 2))
        pending.clear()

    for bins in _bins(rois, size, scale, sampling_ratio, aligned):
        cells, weights = _taps(bins, height, width)
        rows = bins.index[:, None] * bins_per_roi + torch.arange(
            bins_per_roi, device=cells.device
        )
        rows = rows.to(cells.dtype).view(-1, 1).expand_as(cells)
        pending.append((cells.flatten(), weights.flatten(), rows.flatten()))
        num_pending += cells.numel()
        if num_pending > 4 * _MAX_TAPS:
            add_pending()
            num_pending = 0
    if pending:
        add_pending()


def _real(tensor: Tensor) -> Tensor:
    """The tensor in the precision of the computation."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def _check(rois: Tensor, num_images: int, scale: float, aligned: bool) -> None:
    """Refuse what the compiled kernel refuses or would crash on."""
    if rois.device.type != 'cpu':
        return  # as there, and no reason to wait for the device
    # Sizes as rounded by the kernel; a NaN is no size either.
    corners = rois[:, 1:] * scale - (0.5 if aligned else 0.0)
    if aligned and not (corners[:, 2:] - corners[:, :2] >= 0).all():
        raise RuntimeError('RoIs of RoIAlign must not have a negative size')
    images = rois[:, 0].long()
    if images.min() < 0 or images.max() >= num_images:
        raise IndexError(f'a RoI is of none of the {num_images} images')


def _bins(
    rois: Tensor,
    size: tuple[int, int],
    scale: float,
    sampling_ratio: int,
    aligned: bool,
) -> Iterator[_Bins]:
    """Sample points of all RoIs, in groups with the same number of them."""
    corners = rois[:, 1:] * scale - (0.5 if aligned else 0.0)
    start, extent = corners[:, :2], corners[:, 2:] - corners[:, :2]
    if not aligned:
        extent = extent.clamp(min=1)
    step = extent / extent.new_tensor([size[1], size[0]])
    if sampling_ratio > 0:
        grids = np.full((len(rois), 2), sampling_ratio)
    else:
        # ``ceilf`` of the kernel: float32 even when the rest is float64.
        grids = step.float().ceil().long().cpu().numpy()
    images = rois[:, 0].long()
    # RoIs without samples leave the initial value in the output.
    groups = np.unique(grids[(grids > 0).all(1)], axis=0)
    for grid_x, grid_y in groups.tolist():
        members = np.flatnonzero((grids == (grid_x, grid_y)).all(1))
        taps = size[0] * size[1] * (grid_x + 2) * (grid_y + 2)
        parts = min(-(-len(members) * taps // _MAX_TAPS), len(members))
        for part in np.array_split(members, parts):
            index = torch.from_numpy(part).to(rois.device)
            samples = (
                _samples(start[index, i], step[index, i], bins, grid)
                for i, bins, grid in (
                    (1, size[0], grid_y),
                    (0, size[1], grid_x),
                )
            )
            yield _Bins(index, images[index], *samples)


def _samples(start: Tensor, step: Tensor, bins: int, grid: int) -> Tensor:
    """Coordinates ``(R, bins, grid)``, rounded as the kernel does."""
    bin_ = torch.arange(bins, device=start.device)[:, None]
    point = torch.arange(grid, device=start.device) + 0.5
    start, step = start[:, None, None], step[:, None, None]
    return start + bin_ * step + point * step / grid


def _neighbours(
    position: Tensor, length: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Cells before and after positions on an axis, and their weights.

    Positions up to one cell outside count as on the border, and those
    further outside have no weight.
    """
    inside = (position >= -1) & (position <= length)
    position = position.clamp(0, length - 1)
    low = position.long().clamp(0, length - 1)
    after = position - low
    before = 1 - after
    high = (low + 1).clamp(max=length - 1)
    return low, high, before * inside, after * inside


def _axis_taps(position: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Cells ``(R, P, K)`` that a bin averages on an axis, and their weights.

    Consecutive samples share cells. Where they do, the weights of the
    samples ``(R, P, G)`` are summed, which nearly halves ``K``.
    """
    grid = position.size(-1)
    low, high, before, after = _neighbours(position, length)
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


def _taps(bins: _Bins, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Rows of the sparse matrix: ``(R * PH * PW, K)`` cells and weights."""
    cells_y, weights_y = _axis_taps(bins.y, height)
    cells_x, weights_x = _axis_taps(bins.x, width)
    cells_y = (bins.batch[:, None, None] * height + cells_y) * width
    # Sorting and gathering 32-bit integers is far faster.
    small = (int(bins.batch.max()) + 1) * height * width < 2**31
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


def _max_pool(
    table: Tensor, bins: _Bins, height: int, width: int, lowest: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Maximum over samples ``(R, PH, PW, C)``, and its y and x."""
    y_low, y_high, y_before, y_after = (
        t[:, :, None] for t in _neighbours(bins.y, height)
    )
    x_low, x_high, x_before, x_after = (
        t[:, None] for t in _neighbours(bins.x, width)
    )
    image = bins.batch[:, None, None] * height
    shape = (len(bins.index), bins.y.size(1), bins.x.size(1), table.size(1))
    best = table.new_full(shape, lowest)
    best_y, best_x = torch.full_like(best, -1), torch.full_like(best, -1)
    for i in range(bins.y.size(-1)):
        for j in range(bins.x.size(-1)):
            # Summed in the order of the kernel: near ties go the same way.
            value = sum(
                table[(image + y[..., i]) * width + x[..., j]]
                * (weight_y[..., i] * weight_x[..., j])[..., None]
                for y, weight_y, x, weight_x in (
                    (y_low, y_before, x_low, x_before),
                    (y_low, y_before, x_high, x_after),
                    (y_high, y_after, x_low, x_before),
                    (y_high, y_after, x_high, x_after),
                )
            )
            above = value > best
            best = torch.where(above, value, best)
            best_y = torch.where(above, bins.y[:, :, None, i, None], best_y)
            best_x = torch.where(above, bins.x[:, None, :, j, None], best_x)
    return best, best_y, best_x


def _max_unpool(
    grad: Tensor, images: Tensor, pos_y: Tensor, pos_x: Tensor, total: Tensor
) -> None:
    """Add gradients ``(R, C, PH, PW)`` around the maxima to ``total``."""
    _, channels, height, width = total.shape
    # The kernel marks an empty maximum by -1.
    grad = grad * (pos_y != -1)
    y_low, y_high, y_before, y_after = _neighbours(pos_y, height)
    x_low, x_high, x_before, x_after = _neighbours(pos_x, width)
    plane = images[:, None] * channels + torch.arange(
        channels, device=grad.device
    )
    plane = plane[:, :, None, None] * height
    for y, weight_y in ((y_low, y_before), (y_high, y_after)):
        row, grad_row = (plane + y) * width, grad * weight_y
        for x, weight_x in ((x_low, x_before), (x_high, x_after)):
            cells, values = row + x, grad_row * weight_x
            total.view(-1).scatter_add_(0, cells.flatten(), values.flatten())
