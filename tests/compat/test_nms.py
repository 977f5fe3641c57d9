"""Suppression agrees with mmcv's compiled ops: same boxes, same order."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from uhrnet.compat import mmcv_ext
from uhrnet.compat import nms as fallback

DATA = Path(__file__).parents[1] / 'data'
CASES = runpy.run_path(str(DATA / 'make_mmcv_ops.py'))
NMS = list(CASES['nms_cases']())
SOFTNMS = list(CASES['softnms_cases']())
BATCHED = list(CASES['batched_cases']())


@pytest.fixture(scope='module')
def reference():
    with np.load(DATA / 'mmcv_ops.npz') as results:
        return dict(results)


@pytest.fixture(params=['pytorch', 'torchvision'])
def backend(request, monkeypatch):
    """Run a test with and without the kernels of torchvision."""
    if request.param == 'pytorch':
        monkeypatch.setattr(fallback, 'torchvision_ops', lambda device: None)
    elif mmcv_ext.torchvision_ops('cpu') is None:
        pytest.skip('torchvision does not import with this PyTorch')


def compiled():
    if mmcv_ext.ops_backend() != 'compiled':
        pytest.skip('mmcv has no compiled ops here')
    from mmcv import _ext

    return _ext


def ids(cases):
    return [case[0] for case in cases]


def score_difference(ours, theirs):
    """Largest difference of two arrays; a NaN must meet a NaN."""
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    return float(np.nan_to_num(np.abs(ours - theirs)).max(initial=0))


@pytest.mark.parametrize('case', NMS, ids=ids(NMS))
def test_nms_stored(case, reference, backend):
    name, *args = case
    kept = fallback.nms(*args)
    assert kept.dtype == torch.int64
    assert kept.tolist() == reference[name].tolist()


@pytest.mark.parametrize('case', NMS, ids=ids(NMS))
def test_nms_live(case, backend):
    _, boxes, scores, threshold, offset = case
    kept = compiled().nms(
        boxes, scores, iou_threshold=threshold, offset=offset
    )
    assert torch.equal(fallback.nms(boxes, scores, threshold, offset), kept)


def test_reference_covers_all_strategies(monkeypatch):
    """The stored cases reach the sweep, the blocks and the long chains."""
    seen = set()
    for name in ('_sweep', '_survivors', '_resolve'):
        original = getattr(fallback, name)

        def spy(*args, name=name, original=original):
            seen.add(name)
            return original(*args)

        monkeypatch.setattr(fallback, name, spy)
    monkeypatch.setattr(fallback, 'torchvision_ops', lambda device: None)
    for _, *args in NMS:
        fallback.nms(*args)
    assert seen == {'_sweep', '_survivors', '_resolve'}


@pytest.mark.parametrize('num', [255, 257, 1500, 6000])
@pytest.mark.parametrize('threshold', [-0.1, 0.0, 0.4, 1.0])
def test_nms_brute_force(num, threshold, monkeypatch):
    """Every strategy gives what one dense matrix gives."""
    monkeypatch.setattr(fallback, 'torchvision_ops', lambda device: None)
    boxes, scores = CASES['clustered'](num, 5, num)
    boxes, scores = torch.from_numpy(boxes), torch.from_numpy(scores)
    kept = fallback.nms(boxes, scores, threshold)
    monkeypatch.setattr(fallback, '_BLOCK', num)
    assert torch.equal(kept, fallback.nms(boxes, scores, threshold))


def test_nms_chain():
    """Each box only touches the next one: one decision hangs on another."""
    x = torch.arange(3000.0) * 3
    boxes = torch.stack([x, x * 0, x + 10, x * 0 + 10], 1)
    kept = fallback.nms(boxes, -x, 0.5)
    assert kept.tolist() == list(range(0, 3000, 2))


def test_nms_threshold_is_strict_and_single_precision():
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 3]])
    scores = torch.tensor([0.9, 0.8, 0.7])
    assert fallback.nms(boxes, scores, 0.5).tolist() == [0, 1]
    # 0.3 is exact in neither precision, and 3 / 10 rounds to the float.
    assert fallback.nms(boxes[[0, 2]], scores[:2], 0.3).tolist() == [0, 1]


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16', 'float64'])
def test_nms_other_precisions(dtype):
    """Values that all precisions share give the same boxes in each."""
    boxes, scores = CASES['clustered'](800, 6, 0)
    boxes = torch.from_numpy(boxes / 8).round()
    scores = torch.from_numpy((scores * 128).round() / 128)
    kept = fallback.nms(boxes, scores, 0.5)
    cast = getattr(torch, dtype)
    assert torch.equal(
        kept, fallback.nms(boxes.to(cast), scores.to(cast), 0.5)
    )


def test_nms_not_a_number_keeps():
    """Boxes with NaN overlap nothing, there as here."""
    boxes, scores = map(torch.from_numpy, CASES['clustered'](600, 3, 0))
    boxes[::7, 1] = torch.nan
    kept = fallback.nms(boxes, scores, 0.5)
    assert set(range(0, 600, 7)) <= set(kept.tolist())
    good = torch.ones(600, dtype=torch.bool)
    good[::7] = False
    alone = good.nonzero()[:, 0][fallback.nms(boxes[good], scores[good], 0.5)]
    assert kept[good[kept]].tolist() == alone.tolist()


@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')
def test_nms_cuda():
    boxes, scores = map(torch.from_numpy, CASES['clustered'](2000, 9, 0))
    kept = fallback.nms(boxes.cuda(), scores.cuda(), 0.5)
    assert kept.is_cuda
    assert kept.tolist() == fallback.nms(boxes, scores, 0.5).tolist()


def test_nms_torchvision_arguments(monkeypatch):
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


@pytest.mark.parametrize('dense', [True, False], ids=['matrix', 'rows'])
@pytest.mark.parametrize('case', SOFTNMS, ids=ids(SOFTNMS))
def test_softnms_stored(case, dense, reference, monkeypatch):
    if not dense:
        monkeypatch.setattr(fallback, '_MAX_DENSE_SOFT', 0)
    name, boxes, scores, kwargs = case
    dets, kept = CASES['run_softnms'](fallback.softnms, boxes, scores, kwargs)
    assert kept.tolist() == reference[name].tolist()
    assert torch.equal(dets[:, :4], boxes[kept])
    diff = score_difference(dets[:, 4].numpy(), reference[f'{name}/scores'])
    print(f'{name}: max score difference {diff:.2g}')
    assert diff <= 1e-6


@pytest.mark.parametrize('case', SOFTNMS, ids=ids(SOFTNMS))
def test_softnms_live(case):
    _, boxes, scores, kwargs = case
    run = CASES['run_softnms']
    their_dets, theirs = run(compiled().softnms, boxes, scores, kwargs)
    dets, kept = run(fallback.softnms, boxes, scores, kwargs)
    assert torch.equal(kept, theirs)
    diff = score_difference(dets.numpy(), their_dets.numpy())
    print(f'max difference {diff:.2g}')
    assert diff <= 1e-6


def test_softnms_leaves_inputs_alone():
    boxes, scores = map(torch.from_numpy, CASES['clustered'](50, 2, 0))
    before = boxes.clone(), scores.clone()
    dets = torch.zeros(50, 5)
    fallback.softnms(boxes, scores, dets, 0.3, 0.5, 0.05, 1, 0)
    assert torch.equal(boxes, before[0]) and torch.equal(scores, before[1])


@pytest.mark.parametrize('case', BATCHED, ids=ids(BATCHED))
def test_batched_nms(case, reference, monkeypatch):
    """Through mmcv's own wrapper, as detectors call it."""
    mmcv_ext.install()
    nms_module = pytest.importorskip('mmcv.ops.nms')
    monkeypatch.setattr(nms_module.ext_module, 'nms', fallback.nms)
    monkeypatch.setattr(nms_module.ext_module, 'softnms', fallback.softnms)
    name, *args = case
    dets, kept = nms_module.batched_nms(*args)
    assert kept.tolist() == reference[name].tolist()
    diff = score_difference(dets[:, 4].numpy(), reference[f'{name}/scores'])
    print(f'{name}: max score difference {diff:.2g}')
    assert diff <= 1e-6
