"""Where RoIAlign samples a feature map, and with which cells around.

Both ways of pooling share this: every bin of a RoI has a regular grid of
sample points, and the value at a point is interpolated between the cells
before and after it along y and along x. Coordinates are rounded as in
mmcv 2.1.0 (``ops/csrc/pytorch/cpu/roi_align.cpp``), since a point on the
edge of the image counts or not depending on the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

# Weights computed at once (a bound on memory, generous for the caches).
_MAX_TAPS = 1 << 22


class Bins(NamedTuple):
    """Some RoIs whose bins are sampled with the same number of points.

    Attributes:
        index: ``(R, )`` which RoIs.
        image: ``(R, )`` image of each.
        y: ``(R, PH, GH)`` coordinates of the samples of each row of bins.
        x: ``(R, PW, GW)`` coordinates of the samples of each column.
    """

    index: Tensor
    image: Tensor
    y: Tensor
    x: Tensor


def sample_bins(
    rois: Tensor,
    size: tuple[int, int],
    scale: float,
    sampling_ratio: int,
    aligned: bool,
) -> Iterator[Bins]:
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
            yield Bins(index, images[index], *samples)


def _samples(start: Tensor, step: Tensor, bins: int, grid: int) -> Tensor:
    """Coordinates ``(R, bins, grid)``, rounded as the kernel does."""
    bin_ = torch.arange(bins, device=start.device)[:, None]
    point = torch.arange(grid, device=start.device) + 0.5
    start, step = start[:, None, None], step[:, None, None]
    return start + bin_ * step + point * step / grid


def neighbours(
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
