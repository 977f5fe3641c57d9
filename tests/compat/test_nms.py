"""Suppression agrees with mmcv's compiled op: same boxes, same order."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from uhrnet.compat import mmcv_ext, soft_nms
from uhrnet.compat import nms as fallback

DATA = Path(__file__).parents[1] / 'data'
MAKE = runpy.run_path(str(DATA / 'make_mmcv_ops.py'))
CASES = list(MAKE['nms_cases']())
IDS = [case[0] for case in CASES]
BATCHED = list(MAKE['batched_cases']())
BATCHED_IDS = [case[0] for case in BATCHED]


@pytest.mark.parametrize('case', CASES, ids=IDS)
def test_stored(case, reference, backend):
    name, *args = case
    kept = fallback.nms(*args)
    assert kept.dtype == torch.int64
    assert kept.tolist() == reference[name].tolist()


def test_live(backend, compiled):
    """The stored results do not depend on the machine that made them."""
    if compiled is None:
        pytest.skip('mmcv has no compiled ops here')
    for name, boxes, scores, threshold, offset in CASES:
        kept = fallback.nms(boxes, scores, threshold, offset)
        theirs = compiled.nms(
            boxes, scores, iou_threshold=threshold, offset=offset
        )
        assert torch.equal(kept, theirs), name


def test_reference_covers_all_strategies(monkeypatch):
    """The stored cases reach both the sweep and the blocks."""
    seen = set()
    for name in ('_sweep', '_survivors'):
        original = getattr(fallback, name)

        def spy(*args, name=name, original=original):
            seen.add(name)
            return original(*args)

        monkeypatch.setattr(fallback, name, spy)
    monkeypatch.setattr(fallback, 'torchvision_ops', lambda device: None)
    for _, *args in CASES:
        fallback.nms(*args)
    assert seen == {'_sweep', '_survivors'}


@pytest.mark.parametrize('num', [255, 257, 1500, 4000])
@pytest.mark.parametrize('threshold', [-0.1, 0.0, 0.4, 1.0])
def test_brute_force(num, threshold, monkeypatch):
    """Every strategy gives what one dense matrix gives."""
    monkeypatch.setattr(fallback, 'torchvision_ops', lambda device: None)
    boxes, scores = MAKE['clustered'](num, 5, num)
    boxes, scores = torch.from_numpy(boxes), torch.from_numpy(scores)
    kept = fallback.nms(boxes, scores, threshold)
    monkeypatch.setattr(fallback, '_BLOCK', num)
    assert torch.equal(kept, fallback.nms(boxes, scores, threshold))


def test_chain():
    """Each box only touches the next one: one decision hangs on another."""
    x = torch.arange(3000.0) * 3
    boxes = torch.stack([x, x * 0, x + 10, x * 0 + 10], 1)
    kept = fallback.nms(boxes, -x, 0.5)
    assert kept.tolist() == list(range(0, 3000, 2))


def test_threshold_is_strict_and_single_precision():
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 3]])
    scores = torch.tensor([0.9, 0.8, 0.7])
    assert fallback.nms(boxes, scores, 0.5).tolist() == [0, 1]
    # 0.3 is exact in neither precision, and 3 / 10 rounds to the float.
    assert fallback.nms(boxes[[0, 2]], scores[:2], 0.3).tolist() == [0, 1]


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16', 'float64'])
def test_other_precisions(dtype):
    """Values that all precisions share give the same boxes in each."""
    boxes, scores = MAKE['clustered'](800, 6, 0)
    boxes = torch.from_numpy(boxes / 8).round()
    scores = torch.from_numpy((scores * 128).round() / 128)
    kept = fallback.nms(boxes, scores, 0.5)
    cast = getattr(torch, dtype)
    assert torch.equal(
        kept, fallback.nms(boxes.to(cast), scores.to(cast), 0.5)
    )


def test_not_a_number_keeps():
    """Boxes with NaN overlap nothing, there as here."""
    boxes, scores = map(torch.from_numpy, MAKE['clustered'](600, 3, 0))
    boxes[::7, 1] = torch.nan
    kept = fallback.nms(boxes, scores, 0.5)
    assert set(range(0, 600, 7)) <= set(kept.tolist())
    good = torch.ones(600, dtype=torch.bool)
    good[::7] = False
    alone = good.nonzero()[:, 0][fallback.nms(boxes[good], scores[good], 0.5)]
    assert kept[good[kept]].tolist() == alone.tolist()


@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')
def test_cuda():
    boxes, scores = map(torch.from_numpy, MAKE['clustered'](2000, 9, 0))
    kept = fallback.nms(boxes.cuda(), scores.cuda(), 0.5)
    assert kept.is_cuda
    assert kept.tolist() == fallback.nms(boxes, scores, 0.5).tolist()


def test_torchvision_arguments(monkeypatch):
    """Threshold as the float mmcv compares with, and not with an offset."""
    calls = []

    def nms(boxes, scores, threshold):
        calls.append((boxes.dtype, scores.dtype, threshold))
        return torch.zeros(1, dtype=torch.long)

    ops = SimpleNamespace(nms=nms)
    monkeypatch.setattr(fallback, 'torchvision_ops', lambda device: ops)
    boxes = torch.tensor([[0.0, 0, 1, 1]])
    fallback.nms(boxes, torch.ones(1), 0.7, 1)
    assert calls == []
    fallback.nms(boxes.half(), torch.ones(1), 0.7, 0)
    fallback.nms(boxes.double(), torch.ones(1), 0.7, 0)
    single = float(np.float32(0.7))
    assert calls == [
        (torch.float32, torch.float32, single),
        (torch.float64, torch.float64, single),
    ]


@pytest.mark.parametrize('case', BATCHED, ids=BATCHED_IDS)
def test_batched_nms(case, reference, monkeypatch):
    """Through mmcv's own wrapper, as detectors call it."""
    mmcv_ext.install()
    nms_module = pytest.importorskip('mmcv.ops.nms')
    ops = nms_module.ext_module
    monkeypatch.setattr(ops, 'nms', fallback.nms)
    monkeypatch.setattr(ops, 'softnms', soft_nms.softnms)
    name, *args = case
    dets, kept = nms_module.batched_nms(*args)
    assert kept.tolist() == reference[name].tolist()
    theirs = reference[f'{name}/scores']
    np.testing.assert_allclose(dets[:, 4].numpy(), theirs, rtol=0, atol=1e-6)
