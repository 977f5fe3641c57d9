"""Losses by tiles equal the plain way, and so do their gradients."""

import pytest
import torch
from torch.nn import functional as F

from uhrnet.segmentation.losses import (
    pixel_cross_entropy,
    tiled_cross_entropy,
)
from uhrnet.segmentation.losses import tiled_cross_entropy as module

IGNORED = 255


def plain(logits, labels, weights=None, align_corners=False):
    """The sum, the number of hits and the losses of all pixels."""
    full = F.interpolate(
        logits.float(), labels.shape[1:], mode='bilinear',
        align_corners=align_corners,
    )  # fmt: skip
    losses = F.cross_entropy(
        full, labels, ignore_index=IGNORED, reduction='none'
    )
    weighted = losses if weights is None else losses * weights
    known = labels != IGNORED
    hits = (full.argmax(1) == labels)[known].sum()
    return weighted.sum(), hits, losses


def batch(size=(64, 96), small=(16, 24), classes=19, n=2):
    logits = 3 * torch.randn(n, classes, *small)
    labels = torch.randint(0, classes, (n, *size))
    labels[torch.rand(labels.shape) < 0.2] = IGNORED
    return logits, labels


def relative(one, other):
    one, other = one.double(), other.double()
    return ((one - other).abs().max() / other.abs().max()).item()


CASES = {
    'stride 4': {},
    'stride 2': dict(small=(32, 48)),
    'odd sizes': dict(size=(61, 93), small=(16, 24)),
    'equal sizes': dict(size=(16, 24)),
    'reduced': dict(size=(9, 13)),
    'one row': dict(size=(1, 40), small=(1, 10)),
    '171 classes': dict(classes=171),
    'two classes': dict(classes=2),
    'one image': dict(n=1),
}


@pytest.fixture(params=[1, 700, 1 << 20], ids=['rows', 'few', 'whole'])
def tiles(request, monkeypatch):
    """One row of labels in a tile, a few rows, whole images."""
    tiling = __import__('sys').modules[module.__module__]
    monkeypatch.setattr(tiling, '_TILE', {'cpu': request.param * 19})


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('case', CASES)
def test_equals_the_plain_way(case, align_corners, tiles):
    logits, labels = batch(**CASES[case])
    weights = torch.rand(labels.shape)
    for factor in (None, weights):
        ours, theirs = (logits.clone().requires_grad_() for _ in range(2))
        total, hits = tiled_cross_entropy(
            ours, labels, factor, align_corners=align_corners
        )
        expected, expected_hits, losses = plain(
            theirs, labels, factor, align_corners
        )
        (total * 0.37).backward()
        (expected * 0.37).backward()
        difference = relative(ours.grad, theirs.grad)
        print(
            f'{case}: loss {relative(total, expected):.1e}, '
            f'gradient {difference:.1e} of the largest'
        )
        assert relative(total, expected) < 1e-6
        assert difference < 1e-6
        assert hits == expected_hits
    pixels = pixel_cross_entropy(logits, labels, align_corners=align_corners)
    assert torch.allclose(pixels, losses.float(), atol=2e-5, rtol=1e-5)


def test_memory_formats_and_kinds():
    logits, labels = batch()
    expected, _, _ = plain(logits, labels)
    last = logits.contiguous(memory_format=torch.channels_last)
    assert relative(tiled_cross_entropy(last, labels)[0], expected) < 1e-6
    half = logits.bfloat16().requires_grad_()
    total, _ = tiled_cross_entropy(half, labels)
    assert total.dtype == torch.float32
    assert relative(total, plain(half, labels)[0]) < 1e-6
    total.backward()
    assert half.grad.dtype == torch.bfloat16
    with torch.autocast('cpu', torch.bfloat16):
        total, _ = tiled_cross_entropy(logits, labels)
    assert relative(total, expected) < 1e-6


def test_nothing_known():
    logits, labels = batch()
    logits.requires_grad_()
    labels.fill_(IGNORED)
    total, hits = tiled_cross_entropy(logits, labels)
    total.backward()
    assert total == hits == 0 and not logits.grad.any()


def test_of_large_logits():
    logits, labels = batch()
    ours, theirs = ((logits * 1e4).requires_grad_() for _ in range(2))
    total, _ = tiled_cross_entropy(ours, labels)
    expected, _, _ = plain(theirs, labels)
    total.backward()
    expected.backward()
    assert torch.isfinite(total) and relative(total, expected) < 1e-6
    assert torch.isfinite(ours.grad).all()


def test_a_wrong_loss_would_be_seen():
    logits, labels = batch()
    total, _ = tiled_cross_entropy(logits, labels, align_corners=True)
    assert relative(total, plain(logits, labels)[0]) > 1e-4


def test_full_logits_are_never_held():
    """The largest tensor is a tile."""
    logits, labels = batch((256, 256), (64, 64), classes=60, n=1)
    logits.requires_grad_()
    sizes = []

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                sizes.append(out.numel())
            return out

    with Watch():
        tiled_cross_entropy(logits, labels)[0].backward()
    assert max(sizes) < 1.1 * (1 << 20) < 60 * 256 * 256
