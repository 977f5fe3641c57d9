"""Activation checkpointing that leaves batch statistics right."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


@contextmanager
def _frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Normalise by the batch without moving the running statistics."""
    norms = [
        m
        for m in module.modules()
        if isinstance(m, _BatchNorm) and m.training and m.track_running_stats
    ]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.num_batches_tracked -= 1


def recompute(
    module: nn.Module, *inputs: Tensor
) -> Tensor | tuple[Tensor, ...]:
    """Run ``module`` and forget its activations until the backward pass.

    ``torch.utils.checkpoint`` runs the forward pass a second time, which
    would update the running mean and variance of batch norms twice a step.
    Here the second pass does not touch them, so a model trains to the same
    weights and buffers with and without recomputation.

    Args:
        module: Any module of tensors.
        inputs: Its inputs.

    Returns:
        What ``module(*inputs)`` returns.
    """
    if not torch.is_grad_enabled():
        return module(*inputs)
    return _uncompiled()(
        module,
        *inputs,
        use_reentrant=False,
        context_fn=lambda: (nullcontext(), _frozen_statistics(module)),
    )


@functools.cache
def _uncompiled() -> Callable[..., Tensor | tuple[Tensor, ...]]:
    """Return ``checkpoint`` kept from the compiler, which has no context_fn.

    Not a decorator: that would import the compiler, which takes a second,
    wherever the package is imported.
    """
    return torch.compiler.disable(checkpoint)
