"""Sigmoid focal loss without a compiled extension.

The functions take the place of the kernels of their names in ``mmcv._ext``
(facts from mmcv 2.1.0, ``ops/csrc/common/cuda/
sigmoid_focal_loss_cuda_kernel.cuh``). mmdetection calls them on GPUs alone;
on a CPU it computes the loss itself.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# The kernels take the logarithm of no smaller probability.
_LOG_TINY = math.log(torch.finfo(torch.float32).tiny)


def sigmoid_focal_loss_forward(
    input: Tensor,
    target: Tensor,
    weight: Tensor,
    output: Tensor,
    gamma: float,
    alpha: float,
) -> None:
    """Write the loss of every logit to ``output``.

    Args:
        input: ``(N, C)`` logits.
        target: ``(N, )`` classes; C for none of them, the background.
        weight: ``(C, )`` weights by target, which then is below C, or empty.
        output: ``(N, C)``, filled.
        gamma: Exponent by which easy logits count less.
        alpha: Share of the positive logits, the others have 1 - alpha.
    """
    positive, log_right, wrong = _probabilities(input, target)
    loss = wrong.pow_(gamma).mul_(log_right)
    _store(output, -loss, positive, target, weight, alpha)


def sigmoid_focal_loss_backward(
    input: Tensor,
    target: Tensor,
    weight: Tensor,
    grad_input: Tensor,
    gamma: float,
    alpha: float,
) -> None:
    """Write the derivative of every loss by its logit to ``grad_input``.

    Args:
        input: ``(N, C)`` logits.
        target: ``(N, )`` classes, as in the forward pass.
        weight: ``(C, )`` weights, as in the forward pass, or empty.
        grad_input: ``(N, C)``, filled.
        gamma: As in the forward pass.
        alpha: As in the forward pass.
    """
    positive, log_right, wrong = _probabilities(input, target)
    slope = wrong - gamma * log_right.exp() * log_right
    slope *= wrong.pow_(gamma)
    slope = torch.where(positive, -slope, slope)
    _store(grad_input, slope, positive, target, weight, alpha)


def _probabilities(
    input: Tensor, target: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Which logits are positive, log of being right, share of wrong."""
    classes = torch.arange(input.shape[1], device=input.device)
    positive = target[:, None] == classes
    logits = input.float()
    right = torch.where(positive, logits, -logits)
    log_right = F.logsigmoid(right).clamp_(min=_LOG_TINY)
    return positive, log_right, torch.sigmoid(-right)


def _store(
    to: Tensor,
    value: Tensor,
    positive: Tensor,
    target: Tensor,
    weight: Tensor,
    alpha: float,
) -> None:
    value = value * torch.where(positive, alpha, 1 - alpha)
    if weight.numel():
        value *= weight.float()[target][:, None]
    to.copy_(value)
