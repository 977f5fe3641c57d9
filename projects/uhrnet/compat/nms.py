"""Greedy non-maximum suppression without compiled extensions.

:func:`nms` takes the place of the kernel of that name in ``mmcv._ext``
(facts from mmcv 2.1.0, ``ops/csrc/pytorch/cpu/nms.cpp``): same arguments,
same single-precision formula, same indices in the same order. NumPy does the
work: its cost per call is a fraction of PyTorch's.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .mmcv_ext import torchvision_ops

# Boxes whose mutual overlaps are computed as one dense matrix.
_BLOCK = 256
# Pairs computed at once, so that the temporaries stay in the cache.
_CHUNK = 1 << 15
# A sweep over this many candidate pairs per box costs less than a block.
_CHEAP_PAIRS = 64
# More pairs than this could fill the memory.
_MAX_PAIRS = 8_000_000

# Edges (a, b) of a suppression graph: box a removes box b if a is kept.
_Edges = tuple[np.ndarray, np.ndarray]


def nms(
    boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0
) -> Tensor:
    """Keep the boxes that no better kept box overlaps.

    A box goes when its IoU with a kept box of higher score is strictly
    above the threshold. Half precision is computed in float32, float64 in
    float64 (the compiled kernel refuses both on a CPU). CUDA tensors go
    through the CPU unless torchvision has the kernel.

    Args:
        boxes: ``(N, 4)`` boxes as ``x1, y1, x2, y2``.
        scores: ``(N, )`` scores.
        iou_threshold: Largest IoU two kept boxes may have.
        offset: 1 if ``x2`` is the last pixel inside the box, else 0.

    Returns:
        ``(K, )`` int64 indices of the kept boxes, best score first, on the
        device of ``boxes``.
    """
    boxes, scores = boxes.detach(), scores.detach()
    if boxes.numel() == 0:
        return torch.empty(0, dtype=torch.long, device=boxes.device)
    if boxes.dtype in (torch.float16, torch.bfloat16):
        boxes, scores = boxes.float(), scores.float()
    # The compiled kernel receives the threshold as a C float.
    threshold = float(np.float32(iou_threshold))
    ops = torchvision_ops(boxes.device.type)
    if ops is not None and offset == 0:
        return ops.nms(boxes, scores.to(boxes.dtype), threshold)
    order = scores.sort(0, descending=True)[1]
    coords = boxes.index_select(0, order).t().contiguous().cpu().numpy()
    with np.errstate(all='ignore'):
        kept = _greedy(coords, coords.dtype.type(threshold), offset)
    return order[torch.from_numpy(kept).to(order.device)]


def box_areas(coords: np.ndarray, offset: int) -> np.ndarray:
    """Areas ``(N, )`` of boxes ``(4, N)``, rounded as the kernel does."""
    x1, y1, x2, y2 = coords
    return (x2 - x1 + offset) * (y2 - y1 + offset)


def box_iou(
    box_a: np.ndarray,
    box_b: np.ndarray,
    area_a: np.ndarray,
    area_b: np.ndarray,
    offset: int,
) -> np.ndarray:
    """IoU of boxes ``(4, ...)``, step by step as in the kernel.

    Boxes without area give 0 / 0, a NaN that compares false there and here.
    """
    inter = np.minimum(box_a[2], box_b[2])
    temp = np.maximum(box_a[0], box_b[0])
    inter -= temp
    height = np.minimum(box_a[3], box_b[3])
    np.maximum(box_a[1], box_b[1], out=temp)
    height -= temp
    if offset:
        inter += offset
        height += offset
    np.maximum(inter, 0, out=inter)
    np.maximum(height, 0, out=height)
    inter *= height
    np.add(area_a, area_b, out=temp)
    temp -= inter
    inter /= temp
    return inter


def _greedy(
    coords: np.ndarray, threshold: np.floating, offset: int
) -> np.ndarray:
    """Positions kept among boxes ``(4, N)`` that are sorted by score.

    Scattered boxes have few pairs close enough to matter, and a sweep finds
    them. Crowded boxes have many, but there a block of the best boxes
    removes most of the others. So blocks are taken until a sweep pays.
    """
    areas = box_areas(coords, offset)
    ranks = np.arange(coords.shape[1])
    kept = []
    crowded, last_tried = True, np.inf
    while ranks.size > _BLOCK:
        count = ranks.size
        # Counting pairs has a cost, so try again only with far fewer boxes.
        if count < 0.8 * last_tried:
            last_tried = count
            # Blocks that remove little end up measuring half of all pairs:
            # a sweep may measure an eighth of that and be faster.
            per_box = _CHEAP_PAIRS if crowded else count // 16
            limit = min(per_box * count, _MAX_PAIRS)
            found = _candidates(coords, float(threshold), offset, limit)
            if found is not None:
                edges = _sweep(coords, areas, threshold, offset, *found)
                kept.append(ranks[_resolve(*edges, count)])
                return np.concatenate(kept)
        head = _dense(coords[:, :_BLOCK], areas[:_BLOCK], threshold, offset)
        kept.append(ranks[:_BLOCK][head])
        rest = _survivors(coords, areas, head, threshold, offset)
        if crowded and rest.size > 0.9 * (count - _BLOCK):
            crowded, last_tried = False, np.inf
        coords = np.ascontiguousarray(coords[:, rest])
        areas, ranks = areas[rest], ranks[rest]
    kept.append(ranks[_dense(coords, areas, threshold, offset)])
    return np.concatenate(kept)


def _dense(
    coords: np.ndarray,
    areas: np.ndarray,
    threshold: np.floating,
    offset: int,
) -> np.ndarray:
    """Greedy suppression of a few sorted boxes: ``(N, )`` kept or not."""
    iou = box_iou(
        coords[:, :, None], coords[:, None], areas[:, None], areas, offset
    )
    above = np.triu(iou > threshold, 1)
    return _resolve(*np.nonzero(above), areas.size)


def _survivors(
    coords: np.ndarray,
    areas: np.ndarray,
    head: np.ndarray,
    threshold: np.floating,
    offset: int,
) -> np.ndarray:
    """Positions after the first block that its kept boxes leave alone."""
    kept = np.flatnonzero(head)
    kept_boxes, kept_areas = coords[:, kept, None], areas[kept, None]
    alive = np.ones(areas.size, bool)
    alive[: head.size] = False
    step = max(_CHUNK // max(kept.size, 1), 64)
    for start in range(head.size, areas.size, step):
        part = slice(start, start + step)
        iou = box_iou(
            kept_boxes, coords[:, None, part], kept_areas, areas[part], offset
        )
        alive[part] = ~(iou > threshold).any(0)
    return np.flatnonzero(alive)


def _candidates(
    coords: np.ndarray, threshold: float, offset: int, limit: int
) -> tuple[int, np.ndarray, np.ndarray] | None:
    """Count the pairs of boxes that are close enough along one axis.

    The IoU of two boxes cannot exceed the IoU of their sides along an axis,
    nor that the share of one side which the other covers. So if box ``j``
    starts after box ``i``, it starts before ``i`` has used up the fraction
    ``1 - threshold`` of its side. Rounding is allowed for with room to
    spare, since the pairs found are measured exactly afterwards.

    Returns:
        Axis, ``(N, )`` order of the boxes along it, and ``(N, )`` number of
        boxes behind each one that are candidates; None when there are more
        than ``limit`` pairs, or when disjoint boxes suppress each other.
    """
    if not threshold >= 0:
        return None
    for axis in (0, 1):
        order = coords[axis].argsort(kind='stable')
        start, reach = _reach(coords[:, order], axis, threshold, offset)
        last = np.searchsorted(start, reach, side='right')
        count = np.maximum(last - np.arange(1, order.size + 1), 0)
        if count.sum() <= limit:
            return axis, order, count
    return None


def _reach(
    coords: np.ndarray, axis: int, threshold: float, offset: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where boxes start, and where their last candidate may start."""
    start = coords[axis].astype(np.float64)
    side = coords[axis + 2] - start + offset
    slack = (1 - threshold * (1 - 1e-4)) * np.maximum(side, 0)
    # Adding the offset can cancel digits, so allow for it in pixels.
    return start, start + slack + 1e-3 * offset


def _sweep(
    coords: np.ndarray,
    areas: np.ndarray,
    threshold: np.floating,
    offset: int,
    axis: int,
    order: np.ndarray,
    count: np.ndarray,
) -> _Edges:
    """Measure the candidate pairs: edges sorted by their first box."""
    start, reach = _reach(coords[:, order], 1 - axis, float(threshold), offset)
    total = np.concatenate([[0], count.cumsum()])
    firsts, seconds = [], []
    begin = 0
    while begin < order.size:
        end = np.searchsorted(total, total[begin] + _CHUNK, side='right') - 1
        end = max(end, begin + 1)
        num = count[begin:end]
        # Pair box i with the num[i] boxes that follow it.
        i = np.repeat(np.arange(begin, end), num)
        j = np.arange(total[begin] + 1, total[end] + 1)
        j += np.repeat(np.arange(begin, end) - total[begin:end], num)
        near = (start[j] <= reach[i]) & (start[i] <= reach[j])
        i, j = order[i[near]], order[j[near]]
        iou = box_iou(coords[:, i], coords[:, j], areas[i], areas[j], offset)
        above = iou > threshold
        i, j = i[above], j[above]
        firsts.append(np.minimum(i, j))
        seconds.append(np.maximum(i, j))
        begin = end
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    by_first = first.argsort(kind='stable')
    return first[by_first], second[by_first]


def _resolve(first: np.ndarray, second: np.ndarray, size: int) -> np.ndarray:
    """Boxes ``(size, )`` kept, given the edges sorted by their first box.

    A box that no undecided box can remove is kept, and removes what it
    overlaps. A few such rounds decide nearly everything; long chains of
    boxes would need many, so what is left is walked through in order.
    """
    keep = np.ones(size, bool)
    for _ in range(16):
        if first.size == 0:
            return keep
        threatened = np.zeros(size, bool)
        threatened[second] = True
        keep[second[~threatened[first]]] = False
        open_ = keep[first] & keep[second]
        first, second = first[open_], second[open_]
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        if keep[a]:
            keep[b] = False
    return keep
