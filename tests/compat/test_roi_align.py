"""RoIAlign agrees with mmcv's compiled op, forward and backward."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from uhrnet.compat import roi_align as fallback
from uhrnet.compat import roi_align_avg, roi_align_max, roi_align_samples

DATA = Path(__file__).parents[1] / 'data'
MAKE = runpy.run_path(str(DATA / 'make_mmcv_ops.py'))
CASES = list(MAKE['roi_align_cases']())
IDS = [case[0] for case in CASES]
# Sums in another order; values are below 1, gradients below 10.
LIMITS = {
    torch.float32: dict(output=5e-6, grad=5e-6),
    torch.float64: dict(output=1e-13, grad=1e-13),
    'large': dict(output=1e-6, grad=1e-4),
}
DEFAULTS = dict(
    aligned_height=3,
    aligned_width=2,
    spatial_scale=0.25,
    sampling_ratio=0,
    pool_mode=1,
    aligned=True,
)


def run(*args):
    return MAKE['run_roi_align'](fallback, *args)


def compare(ours, theirs, limits):
    """Compare every result, positions of maxima exactly."""
    assert ours.keys() >= theirs.keys()
    for key, value in theirs.items():
        diff = (ours[key] - torch.as_tensor(value)).abs().max().item()
        print(f'{key}: max difference {diff:.2g}')
        assert diff <= limits.get(key, 0)


@pytest.mark.parametrize('case', CASES, ids=IDS)
def test_stored(case, reference, backend):
    name, features, *rest = case
    keys = ('output', 'y', 'x', 'grad')
    theirs = {
        key: reference[f'{name}/{key}']
        for key in keys
        if f'{name}/{key}' in reference
    }
    assert 'output' in theirs and 'grad' in theirs
    compare(run(features, *rest), theirs, LIMITS[features.dtype])


def large_case(size):
    """RoIs of a pyramid's finest level, with many channels."""
    gen = torch.Generator().manual_seed(0)
    features = torch.rand(2, 64, 64, 64, generator=gen)
    start = torch.rand(100, 2, generator=gen) * 200
    end = start + torch.rand(100, 2, generator=gen) * 120
    image = torch.randint(2, (100, 1), generator=gen)
    rois = torch.cat([image, start, end], 1)
    grad = torch.rand(100, 64, size, size, generator=gen)
    kwargs = dict(DEFAULTS, aligned_height=size, aligned_width=size)
    return f'large/{size}', features, rois, grad, kwargs


def test_live(backend, compiled):
    """The stored results do not depend on the machine that made them."""
    if compiled is None:
        pytest.skip('mmcv has no compiled ops here')
    large = [large_case(size) for size in (7, 14)]
    for name, features, *rest in [*CASES, *large]:
        print(name)
        theirs = MAKE['run_roi_align'](compiled, features, *rest)
        theirs = {k: v for k, v in theirs.items() if v.numel()}
        # More samples per cell add up to larger gradients.
        limits = LIMITS['large' if 'large' in name else features.dtype]
        compare(run(features, *rest), theirs, limits)


def test_passes_are_adjoint(backend):
    """<forward(f), g> = <f, backward(g)>, in float64, in small parts."""
    _, features, rois, grad, kwargs = CASES[
        IDS.index('roi_align/float64/0/avg/1')
    ]
    result = run(features, rois, grad, kwargs)
    left, right = (
        (result['output'] * grad).sum(),
        (result['grad'] * features).sum(),
    )
    torch.testing.assert_close(left, right)


@pytest.mark.parametrize('mode', [0, 1])
def test_memory_bounds_change_nothing(mode, monkeypatch):
    """Small chunks give the result of one large chunk."""
    monkeypatch.setattr(fallback, 'torchvision_ops', lambda device: None)
    _, features, rois, grad, kwargs = CASES[
        IDS.index('roi_align/float64/2/avg/1')
    ]
    kwargs = dict(kwargs, pool_mode=mode)
    whole = run(features, rois, grad, kwargs)
    monkeypatch.setattr(roi_align_samples, '_MAX_TAPS', 100)
    monkeypatch.setattr(roi_align_avg, '_MAX_PENDING', 400)
    monkeypatch.setattr(roi_align_max, '_CHUNK', 10)
    for key, value in run(features, rois, grad, kwargs).items():
        torch.testing.assert_close(value, whole[key])


@pytest.mark.parametrize('dtype', ['float16', 'bfloat16'])
def test_half_precision(dtype):
    """Computed in float32: off by the rounding of inputs and outputs."""
    kind = getattr(torch, dtype)
    _, features, rois, grad, kwargs = CASES[
        IDS.index('roi_align/float32/2/avg/1')
    ]
    half = [t.to(kind) for t in (features, rois, grad)]
    ours = run(*half, kwargs)
    theirs = run(*(t.float() for t in half), kwargs)
    for key in ('output', 'grad'):
        assert ours[key].dtype == kind
        torch.testing.assert_close(ours[key], theirs[key].to(kind))


@pytest.mark.parametrize('mode', [0, 1])
def test_no_rois(mode):
    features = torch.ones(1, 2, 5, 5)
    kwargs = dict(DEFAULTS, pool_mode=mode)
    result = run(features, torch.zeros(0, 5), torch.zeros(0, 2, 3, 2), kwargs)
    assert result['output'].shape == (0, 2, 3, 2)
    assert not result['grad'].any()


def test_gradient_is_added():
    rois = torch.tensor([[0.0, 0, 0, 8, 8]])
    grad, empty = torch.ones(1, 1, 3, 2), torch.zeros(0)
    once, twice = torch.zeros(2, 1, 1, 4, 4)
    for total in (once, twice, twice):
        fallback.roi_align_backward(
            grad, rois, empty, empty, total, **DEFAULTS
        )
    assert once.any() and torch.equal(twice, 2 * once)


@pytest.mark.parametrize('mode', [0, 1])
@pytest.mark.parametrize('ratio', [0, 2])
def test_negative_size(mode, ratio, compiled):
    """An aligned RoI must not be inverted; mmcv raises the same way."""
    features, grad = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 2)
    rois = torch.tensor([[0.0, 8, 2, 4, 9]])
    kwargs = dict(DEFAULTS, pool_mode=mode, sampling_ratio=ratio)
    for ops in (fallback, compiled) if compiled else (fallback,):
        with pytest.raises(RuntimeError, match='negative size'):
            MAKE['run_roi_align'](ops, features, rois, grad, kwargs)
    with pytest.raises(RuntimeError, match='negative size'):
        fallback.roi_align_backward(grad, rois, grad, grad, features, **kwargs)


@pytest.mark.parametrize('image', [-1, 1, 7])
def test_no_such_image(image):
    """Where the compiled op reads whatever lies there in memory."""
    rois = torch.tensor([[float(image), 0, 0, 4, 4]])
    args = torch.ones(1, 1, 4, 4), rois, torch.ones(1, 1, 3, 2)
    with pytest.raises(IndexError, match='none of the 1 images'):
        run(*args, DEFAULTS)


@pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')
def test_cuda():
    for name, features, rois, grad, kwargs in CASES:
        print(name)
        on_gpu = run(features.cuda(), rois.cuda(), grad.cuda(), kwargs)
        on_gpu = {key: value.cpu() for key, value in on_gpu.items()}
        on_cpu = run(features, rois, grad, kwargs)
        if kwargs['pool_mode'] == 0:  # the value of an empty maximum differs
            for result in (on_gpu, on_cpu):
                result['output'].clamp_(min=-2)
        compare(on_gpu, on_cpu, LIMITS[features.dtype])


def test_torchvision_arguments(monkeypatch):
    """Both calls get their arguments in torchvision's order."""
    calls = []

    def roi_align(*args):
        calls.append(args)
        return torch.full((1, 1, 3, 2), 5.0)

    def roi_align_backward(*args):
        calls.append(args)
        return torch.full((1, 1, 4, 6), 7.0)

    ops = SimpleNamespace(
        roi_align=roi_align, _roi_align_backward=roi_align_backward
    )
    monkeypatch.setattr(fallback, 'torchvision_ops', lambda device: ops)
    rois = torch.tensor([[0.0, 0, 0, 8, 8]])
    features, grad = torch.ones(1, 1, 4, 6), torch.ones(1, 1, 3, 2)
    kwargs = dict(DEFAULTS, spatial_scale=0.1, sampling_ratio=2)
    result = run(features, rois, grad, kwargs)
    assert (result['output'] == 5).all() and (result['grad'] == 7).all()
    scale = float(np.float32(0.1))
    assert calls[0][2:] == (scale, 3, 2, 2, True)
    assert calls[1][2:] == (scale, 3, 2, 1, 1, 4, 6, 2, True)
    # Its kernels cannot take the maximum.
    run(features, rois, grad, dict(kwargs, pool_mode=0))
    assert len(calls) == 2
