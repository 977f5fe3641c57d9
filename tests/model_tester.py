"""Checks that every model of the package has to pass.

A test module builds its variants and hands them to :func:`check_model`; a new
backbone, neck or head gets the same checks by one more call.
"""

import copy
import io
from collections.abc import Callable

import torch
from torch import Tensor, nn

Build = Callable[[], nn.Module]
Outputs = tuple[Tensor, ...]


def max_difference(left: Outputs, right: Outputs) -> float:
    """Largest difference relative to the largest value."""
    assert len(left) == len(right)
    worst = 0.0
    for a, b in zip(left, right, strict=True):
        assert a.shape == b.shape, (a.shape, b.shape)
        scale = max(b.abs().max().item(), 1e-12)
        worst = max(worst, (a - b).abs().max().item() / scale)
    return worst


def check_model(
    build: Build,
    example: Callable[[int, int], Tensor],
    export: bool = False,
) -> None:
    """Run all checks.

    Args:
        build: Makes the model, with new weights each time.
        example: Makes an input of a given height and width, two images.
        export: Whether to check ``torch.export`` too, which takes seconds.
    """
    model = build()
    check_sizes(model, example)
    check_gradients(model, example)
    check_saved_and_loaded(build, example)
    check_modes(model)
    check_inputs_untouched(model, example)
    if export:
        check_export(model, example)


def check_sizes(model: nn.Module, example: Callable) -> None:
    """Any size works; map sizes are rounded up."""
    model.eval()
    for height, width in ((64, 96), (33, 47), (70, 90), (1, 1), (2, 3)):
        with torch.no_grad():
            outs = model(example(height, width))
        assert isinstance(outs, tuple)
        for out, channels, stride in zip(
            outs, model.out_channels, model.out_strides, strict=True
        ):
            size = -(-height // stride), -(-width // stride)
            assert out.shape == (2, channels, *size)
            assert torch.isfinite(out).all()


def check_gradients(model: nn.Module, example: Callable) -> None:
    """Every parameter gets a finite gradient that is not all zero."""
    model.train()
    outs = model(example(65, 97))
    sum((out * torch.randn_like(out)).sum() for out in outs).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, f'{name} has no gradient'
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.any(), f'the gradient of {name} is zero'
    model.zero_grad()


def check_saved_and_loaded(build: Build, example: Callable) -> None:
    """A saved state gives another instance the same outputs."""
    first, second = build().eval(), build().eval()
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second.load_state_dict(torch.load(file, weights_only=True))
    x = example(64, 64)
    with torch.no_grad():
        assert max_difference(first(x), second(x)) == 0


def check_modes(model: nn.Module) -> None:
    """``train`` and ``eval`` return the model, as torch's do."""
    assert model.train() is model
    assert model.eval() is model


def check_inputs_untouched(model: nn.Module, example: Callable) -> None:
    """In-place operations stay inside the model."""
    x = example(64, 64)
    kept = x.clone()
    with torch.no_grad():
        first = copy.deepcopy(model.eval()(x))
        second = model(x)
    assert torch.equal(x, kept)
    assert max_difference(first, second) == 0


def check_export(model: nn.Module, example: Callable) -> None:
    """``torch.export`` captures the whole graph and gives equal outputs."""
    model.eval()
    x = example(64, 96)
    with torch.no_grad():
        exported = torch.export.export(model, (x,)).module()
        difference = max_difference(tuple(exported(x)), model(x))
    print(f'export: max relative difference {difference:.1e}')
    assert difference < 1e-6
