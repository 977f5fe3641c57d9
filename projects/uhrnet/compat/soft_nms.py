"""Soft non-maximum suppression without a compiled extension.

:func:`softnms` takes the place of the kernel of that name in ``mmcv._ext``
(facts from mmcv 2.1.0, ``ops/csrc/pytorch/cpu/nms.cpp``): same arguments,
same indices in the same order, and scores that differ by rounding only.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .nms import box_areas, box_iou

# Up to this many boxes, the decay of all pairs is computed at once: 4 MB in
# float32, and much faster than row by row.
_MAX_DENSE = 1024


def softnms(
    boxes: Tensor,
    scores: Tensor,
    dets: Tensor,
    iou_threshold: float,
    sigma: float,
    min_score: float,
    method: int,
    offset: int,
) -> Tensor:
    """Decay the scores of overlapping boxes instead of removing them.

    Args:
        boxes: ``(N, 4)`` boxes on the CPU.
        scores: ``(N, )`` scores.
        dets: ``(N, 5)`` output, filled with the boxes kept and their decayed
            scores in its first ``K`` rows.
        iou_threshold: Overlap from which methods 0 and 1 act.
        sigma: Width of the Gaussian of method 2.
        min_score: Boxes that fall below it are dropped.
        method: 0 naive (to zero), 1 linear (``1 - IoU``), 2 Gaussian.
        offset: 1 if ``x2`` is the last pixel inside the box, else 0.

    Returns:
        ``(K, )`` int64 indices of the kept boxes, in the order of ``dets``.
    """
    if boxes.numel() == 0:
        return torch.empty(0, dtype=torch.long)
    boxes, scores = boxes.detach().cpu(), scores.detach().cpu()
    if boxes.dtype not in (torch.float32, torch.float64):
        boxes = boxes.float()
    coords = boxes.t().contiguous().numpy()
    score = scores.to(boxes.dtype).numpy().copy()
    real = coords.dtype.type
    params = real(iou_threshold), real(sigma), method, offset
    # The kernel swaps boxes in place, which decides between equal scores:
    # ``inds`` and ``score`` follow its moves.
    inds = np.arange(score.size)
    i, count = 0, score.size
    with np.errstate(all='ignore'):
        areas = box_areas(coords, offset)
        dense = count <= _MAX_DENSE
        decay = _decay(coords, areas, inds, *params) if dense else None
        while i < count:
            best = i + _first_max(score[i:count])
            inds[[i, best]] = inds[[best, i]]
            score[[i, best]] = score[[best, i]]
            if decay is None:
                row = _decay(coords, areas, inds[i : i + 1], *params)[0]
            else:
                row = decay[inds[i]]
            i += 1
            rest = score[i:count]
            rest *= row[inds[i:count]]
            dropped = rest < real(min_score)
            if dropped.any():
                count = i + _drop(dropped, rest, inds[i:count])
    inds = torch.from_numpy(inds[:count].copy())
    dets[:count, :4] = boxes[inds].to(dets)
    dets[:count, 4] = torch.from_numpy(score[:count]).to(dets)
    return inds


def _decay(
    coords: np.ndarray,
    areas: np.ndarray,
    rows: np.ndarray,
    iou_threshold: np.floating,
    sigma: np.floating,
    method: int,
    offset: int,
) -> np.ndarray:
    """Factors ``(R, N)`` by which the boxes ``rows`` reduce all scores."""
    iou = box_iou(
        coords[:, rows, None],
        coords[:, None],
        areas[rows, None],
        areas,
        offset,
    )
    if method == 2:
        # Rounded from float64, which is what a good ``expf`` returns.
        return np.exp((-(iou * iou) / sigma).astype(np.float64)).astype(
            iou.dtype
        )
    factor = 1 - iou if method == 1 else np.zeros_like(iou)
    factor[~(iou >= iou_threshold)] = 1
    return factor


def _first_max(score: np.ndarray) -> int:
    """Position of the first maximum as found by successive ``<``.

    A NaN, which boxes without area get from the Gaussian, is never less nor
    greater: it stays first if it is first and is passed over otherwise.
    """
    best = int(score.argmax())
    if score[best] == score[best]:
        return best
    if score[0] != score[0]:
        return 0
    return int(np.where(np.isnan(score), -np.inf, score).argmax())


def _drop(dropped: np.ndarray, *arrays: np.ndarray) -> int:
    """Close the gaps with elements from the end, last one first.

    Args:
        dropped: ``(N, )`` elements to remove.
        arrays: ``(N, )`` arrays to compact in place.

    Returns:
        How many elements are left, at the front of each array.
    """
    left = int(dropped.size - dropped.sum())
    gaps = np.flatnonzero(dropped[:left])
    movers = left + np.flatnonzero(~dropped[left:])[::-1]
    for array in arrays:
        array[gaps] = array[movers]
    return left
