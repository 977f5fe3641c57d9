"""The focal loss is mmdetection's own, which it computes without an op."""

import pytest
import torch
from mmcv.ops import sigmoid_focal_loss
from torch.nn import functional as F

from uhrnet.compat import focal_loss as fallback

# isort: split
from mmdet.models.losses.focal_loss import py_sigmoid_focal_loss

CLASSES = 5


def inputs(num=64):
    """Logits, and targets of which some are the background."""
    logits = torch.randn(num, CLASSES, dtype=torch.float64) * 4
    return logits, torch.randint(0, CLASSES + 1, (num,))


def theirs(logits, target, gamma, alpha):
    one_hot = F.one_hot(target, CLASSES + 1)[:, :CLASSES]
    return py_sigmoid_focal_loss(
        logits, one_hot, gamma=gamma, alpha=alpha, reduction='none'
    )


@pytest.mark.parametrize('gamma, alpha', [(2.0, 0.25), (1.5, 0.6), (0.0, 0.5)])
def test_value_and_gradient(gamma, alpha):
    logits, target = inputs()
    logits.requires_grad_()
    expected = theirs(logits, target, gamma, alpha)
    (slope,) = torch.autograd.grad(expected.sum(), logits)
    logits = logits.detach().float()
    loss, grad = torch.zeros_like(logits), torch.zeros_like(logits)
    empty = logits.new_empty(0)
    fallback.sigmoid_focal_loss_forward(
        logits, target, empty, loss, gamma=gamma, alpha=alpha
    )
    fallback.sigmoid_focal_loss_backward(
        logits, target, empty, grad, gamma=gamma, alpha=alpha
    )
    differences = [
        ((a - b).abs() / b.abs().max()).max().item()
        for a, b in ((loss, expected), (grad, slope))
    ]
    print(f'focal loss, gradient: differences {differences}')
    assert max(differences) < 1e-6


def test_weights_are_the_targets():
    logits, _ = inputs()
    logits = logits.float()
    target = torch.arange(64) % CLASSES
    weight = torch.rand(CLASSES)
    plain, weighted = torch.zeros_like(logits), torch.zeros_like(logits)
    for x, out in ((weight.new_empty(0), plain), (weight, weighted)):
        fallback.sigmoid_focal_loss_forward(logits, target, x, out, 2.0, 0.25)
    assert torch.allclose(weighted, plain * weight[target][:, None])


@pytest.mark.parametrize('dtype', [torch.float32, torch.float16])
def test_extreme_logits_are_finite(dtype):
    logits = torch.tensor([[200.0, -200.0]] * 3, dtype=dtype)
    for function in (
        fallback.sigmoid_focal_loss_forward,
        fallback.sigmoid_focal_loss_backward,
    ):
        out = torch.full_like(logits, torch.nan)
        function(logits, torch.arange(3), logits.new_empty(0), out, 2.0, 0.25)
        assert torch.isfinite(out).all()


def test_as_mmcv_calls_it():
    """Through mmcv's function, as mmdetection does on a GPU."""
    from uhrnet.compat.mmcv_ext import ops_backend

    if ops_backend() == 'compiled':
        pytest.skip('mmcv has compiled ops here, of which CPUs have none')
    logits, target = inputs()
    logits = logits.float().requires_grad_()
    loss = sigmoid_focal_loss(logits, target, 2.0, 0.25, None, 'mean')
    loss.backward()
    expected = theirs(logits, target, 2.0, 0.25).sum() / len(target)
    (slope,) = torch.autograd.grad(expected, logits)
    assert torch.allclose(loss, expected)
    assert torch.allclose(logits.grad, slope, atol=1e-7)
