"""Reference results of mmcv's compiled ops, for the tests of their stand-ins.

Run where mmcv 2.1.0 is compiled (CPU is enough):

    python tests/data/make_mmcv_ops.py

The inputs are generated, here and in the tests, by NumPy's legacy generator,
whose numbers never change; only results are stored.
"""

from itertools import product
from pathlib import Path

import numpy as np
import torch

RESULTS = Path(__file__).with_name('mmcv_ops.npz')
METHODS = ('naive', 'linear', 'gaussian')


def clustered(num, clusters, seed, size=1000.0):
    """Boxes around a few places, as a region proposal network gives."""
    rng = np.random.RandomState(seed)
    centre = rng.uniform(0, size, (clusters, 2))
    side = rng.uniform(20, size / 4, (clusters, 2))
    which = rng.randint(clusters, size=num)
    side = side[which]
    centre = centre[which] + rng.normal(0, 0.12, (num, 2)) * side
    side = side * np.exp(rng.normal(0, 0.15, (num, 2)))
    boxes = np.concatenate([centre - side / 2, centre + side / 2], 1)
    return boxes.clip(0, size).astype(np.float32), scores_of(num, seed)


def scattered(num, seed, size=1000.0):
    """Boxes anywhere, partly outside of the image."""
    rng = np.random.RandomState(seed)
    centre = rng.uniform(0, size, (num, 2))
    side = rng.uniform(16, 100, (num, 2))
    boxes = np.concatenate([centre - side / 2, centre + side / 2], 1)
    return boxes.astype(np.float32), scores_of(num, seed)


def scores_of(num, seed):
    return np.random.RandomState(seed + 1).rand(num).astype(np.float32)


def box_sets():
    """Boxes and scores for suppression, by name."""
    sets = {
        'empty': (np.zeros((0, 4), np.float32), np.zeros(0, np.float32)),
        'single': scattered(1, 0),
        'few': clustered(40, 4, 1),
        'scattered': scattered(3000, 2, 400.0),
        'clustered': clustered(3000, 12, 3),
        'crowded': clustered(2500, 1, 4),
    }
    boxes, scores = clustered(1200, 10, 5)
    # Whole pixels and few different scores: many ties of both kinds.
    sets['ties'] = boxes.round(), (scores * 10).round() / 10
    boxes, scores = clustered(900, 8, 6)
    levels = np.random.RandomState(7).randint(5, size=(900, 1)) * 1001
    sets['levels'] = (boxes + levels).astype(np.float32), scores
    # IoU of 0.3, 0.5 and 0.7 with the first box, without and with offset.
    right = np.array([10, 3, 5, 7, 9, 2, 4, 6], np.float32)
    boxes = np.zeros((8, 4), np.float32)
    boxes[:, 2], boxes[:, 3] = right, 10
    boxes[4:, 3] = 9
    sets['threshold'] = boxes, np.linspace(0.9, 0.2, 8, dtype=np.float32)
    boxes, scores = clustered(400, 5, 8)
    boxes[::3, 2] = boxes[::3, 0]
    boxes[1::3, :] = boxes[1::3][:, [2, 3, 0, 1]]
    boxes[2::9, 3] = boxes[2::9, 1] - 5
    boxes[::5] = boxes[0]
    sets['degenerate'] = boxes, scores
    return sets


def nms_cases():
    """``(name, boxes, scores, threshold, offset)`` of each case."""
    for name, (boxes, scores) in box_sets().items():
        for threshold, offset in product((0.0, 0.3, 0.5, 0.7), (0, 1)):
            yield (
                f'nms/{name}/{threshold}/{offset}',
                torch.from_numpy(boxes),
                torch.from_numpy(scores),
                threshold,
                offset,
            )


def softnms_cases():
    """``(name, boxes, scores, keyword arguments)`` of each case."""
    sets = box_sets()
    for name in ('empty', 'single', 'few', 'ties', 'threshold', 'degenerate'):
        boxes, scores = (torch.from_numpy(a) for a in sets[name])
        # Enough for it, and the sums of rounding errors stay small.
        boxes, scores = boxes[:400], scores[:400]
        for method, offset, least in product(range(3), (0, 1), (0.0, 0.05)):
            yield (
                f'softnms/{name}/{METHODS[method]}/{offset}/{least}',
                boxes,
                scores,
                dict(
                    iou_threshold=0.3,
                    sigma=0.5,
                    min_score=least,
                    method=method,
                    offset=offset,
                ),
            )


def batched_cases():
    """``(name, boxes, scores, groups, configuration)`` of each case."""
    boxes, scores = clustered(700, 6, 9)
    groups = torch.from_numpy(np.random.RandomState(10).randint(4, size=700))
    boxes, scores = torch.from_numpy(boxes), torch.from_numpy(scores)
    nms = dict(type='nms', iou_threshold=0.6)
    soft = dict(type='soft_nms', iou_threshold=0.4, min_score=0.05)
    for name, cfg in (
        ('nms', nms),
        ('split', dict(nms, split_thr=300)),
        ('agnostic', dict(nms, class_agnostic=True)),
        ('max', dict(nms, max_num=20)),
        ('soft', soft),
    ):
        yield f'batched/{name}', boxes, scores, groups, cfg


def roi_align_cases():
    """``(name, features, rois, gradient, keyword arguments)`` of each."""
    rng = np.random.RandomState(11)
    features = torch.from_numpy(rng.uniform(-1, 1, (2, 3, 13, 17)))
    grad = torch.from_numpy(rng.uniform(-1, 1, (16, 3, 3, 2)))
    corner = rng.uniform(-20, 120, (9, 2))
    corner = np.concatenate([corner, corner + rng.uniform(1, 90, (9, 2))], 1)
    special = [
        [0, 0, 136, 104],  # the whole image
        [-900, -900, 900, 900],  # far larger than it
        [500, 500, 600, 600],  # outside
        [-300, 10, -200, 60],  # outside on one side
        [40, 40, 40, 80],  # no width
        [40, 40, 40, 40],  # no size
        [0, 0, 8, 8],  # a single cell
    ]
    boxes = np.concatenate([corner, special])
    image = np.arange(len(boxes)) % 2
    rois = torch.from_numpy(np.concatenate([image[:, None], boxes], 1))
    inverted = rois.clone()
    inverted[::2, 1:] = inverted[::2][:, [3, 4, 1, 2]]
    for kind, ratio, mode, aligned in product(
        ('float32', 'float64'), (0, 2), (0, 1), (False, True)
    ):
        # Without alignment, a negative size counts as one cell.
        given = rois if aligned else inverted
        tensors = (t.to(getattr(torch, kind)) for t in (features, given, grad))
        yield (
            f'roi_align/{kind}/{ratio}/{("max", "avg")[mode]}/{int(aligned)}',
            *tensors,
            dict(
                aligned_height=3,
                aligned_width=2,
                spatial_scale=0.12,
                sampling_ratio=ratio,
                pool_mode=mode,
                aligned=aligned,
            ),
        )


def run_softnms(op, boxes, scores, kwargs):
    """``(K, 5)`` boxes with scores and ``(K, )`` indices."""
    dets = boxes.new_zeros(len(boxes), 5)
    inds = op(boxes, scores, dets, **kwargs)
    return dets[: len(inds)], inds


def run_roi_align(ops, features, rois, grad, kwargs):
    """Pooled features, positions of maxima and gradient."""
    outputs = [torch.zeros_like(grad) for _ in range(3)]
    if kwargs['pool_mode'] == 1:
        outputs[1:] = features.new_zeros(0), features.new_zeros(0)
    ops.roi_align_forward(features, rois, *outputs, **kwargs)
    grad_input = torch.zeros_like(features)
    ops.roi_align_backward(grad, rois, *outputs[1:], grad_input, **kwargs)
    return dict(
        zip(('output', 'y', 'x', 'grad'), [*outputs, grad_input], strict=True)
    )


def main():
    from mmcv import _ext
    from mmcv.ops import batched_nms

    results = {}
    for name, boxes, scores, threshold, offset in nms_cases():
        kept = _ext.nms(boxes, scores, iou_threshold=threshold, offset=offset)
        results[name] = kept.numpy().astype(np.uint16)
    for name, boxes, scores, kwargs in softnms_cases():
        dets, kept = run_softnms(_ext.softnms, boxes, scores, kwargs)
        results[f'{name}/scores'] = dets[:, 4].numpy()
        results[name] = kept.numpy().astype(np.uint16)
    for name, *args in batched_cases():
        dets, kept = batched_nms(*args)
        results[f'{name}/scores'] = dets[:, 4].numpy()
        results[name] = kept.numpy().astype(np.uint16)
    for name, *args in roi_align_cases():
        for key, value in run_roi_align(_ext, *args).items():
            if value.numel():
                results[f'{name}/{key}'] = value.numpy()
    np.savez_compressed(RESULTS, **results)
    print(f'{RESULTS}: {len(results)} arrays, {RESULTS.stat().st_size} bytes')


if __name__ == '__main__':
    main()
