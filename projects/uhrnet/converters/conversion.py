"""What every converter returns, and the checks that they share."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from uhrnet.errors import UserError

_SHOWN = 100
# More than any of the models has parameters.
_LISTED = 2000


class ConversionError(UserError, ValueError):
    """A file that is not, or not completely, what a converter reads."""


class Conversion(NamedTuple):
    """A converted checkpoint.

    Attributes:
        state_dict: Parameters under the names of mmsegmentation's
            ``EncoderDecoder``: ``backbone.*`` and, with a head,
            ``decode_head.*``.
        arch: Variant of the backbone, for example ``'w18-small'``.
        num_classes: Classes of the head; None for a backbone alone.
        used: Parameters of the source that were placed.
        dropped: Names in the source that the model has no use for.
        notes: What was done to values, beyond giving them other names.
    """

    state_dict: dict[str, Tensor]
    arch: str
    num_classes: int | None
    used: int
    dropped: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Shaped(Protocol):
    """A tensor or an array."""

    shape: tuple[int, ...]


def shown(text: str) -> str:
    """Return text of a file so that it cannot take over a terminal."""
    text = ascii(text)[1:-1]
    return text if len(text) <= _SHOWN else f'{text[:_SHOWN]}...'


def check_keys(
    model: str, expected: Iterable[str], found: Iterable[str]
) -> None:
    """Compare names of parameters.

    Args:
        model: What the file seems to hold, for example ``'U-HRNet w18'``.
        expected: Names that such a file has.
        found: Names that this file has.

    Raises:
        ConversionError: If they differ. The message lists every missing
            name and every one without a place.
    """
    expected, found = set(expected), set(found)
    problems = [f'  missing: {key}' for key in sorted(expected - found)]
    problems += [
        f'  not placed: {shown(key)}' for key in sorted(found - expected)
    ]
    if len(problems) > _LISTED:
        problems[_LISTED:] = [f'  and {len(problems) - _LISTED} more']
    if problems:
        raise ConversionError(
            f'looks like {model} and does not match it:\n'
            + '\n'.join(problems)
        )


def check_shapes(
    model: str,
    found: Mapping[str, Shaped],
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    """Compare shapes, before anything is copied.

    Args:
        model: As in :func:`check_keys`.
        found: The file's arrays or tensors.
        shapes: The shape that each of them has to have.

    Raises:
        ConversionError: If they differ. The message lists all.
    """
    wrong = [
        f'  {key}: {tuple(value.shape)} in place of {tuple(shapes[key])}'
        for key, value in found.items()
        if tuple(value.shape) != tuple(shapes[key])
    ]
    if wrong:
        raise ConversionError(
            f'parameters of {model} with wrong shapes:\n' + '\n'.join(wrong)
        )


def check_values(model: str, state: Mapping[str, Tensor]) -> None:
    """Look for values that no trained network has.

    Args:
        model: As in :func:`check_keys`.
        state: Parameters under their new names.

    Raises:
        ConversionError: If a value is infinite or NaN, or a variance is
            negative. The message lists all.
    """
    wrong = [
        f'  {key}'
        for key, value in state.items()
        if not value.isfinite().all()
        or (key.endswith('.running_var') and (value < 0).any())
    ]
    if wrong:
        raise ConversionError(
            f'parameters of {model} that are infinite, not a number, or '
            'negative variances:\n' + '\n'.join(wrong)
        )


def add_counters(state: dict[str, Tensor]) -> None:
    """Add torch's ``num_batches_tracked``, zero, where it is missing."""
    for key in [k for k in state if k.endswith('.running_mean')]:
        counter = key.replace('running_mean', 'num_batches_tracked')
        state.setdefault(counter, torch.tensor(0))


def fold_bias(mean: Tensor, bias: Tensor) -> Tensor:
    """Remove a convolution's bias before a batch norm.

    ``(x + bias - mean) = (x - (mean - bias))``, equal up to the rounding of
    one subtraction; mmcv's ``ConvModule`` has no bias there.

    Args:
        mean: ``running_mean`` of the norm, (C,).
        bias: Of the convolution before it, (C,).

    Returns:
        The new ``running_mean``.
    """
    return mean - bias
