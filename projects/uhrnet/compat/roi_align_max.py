"""Max pooling of RoIAlign, and its gradient.

Unlike an average, a maximum over samples is no sum of cells, so each sample
of a bin is interpolated in turn. The forward pass stores where the maximum
is, and the backward pass gives the gradient to the four cells around it.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from .roi_align_samples import Bins, neighbours

# Gradients of maxima handled at once, so that temporaries stay in the cache.
_CHUNK = 1 << 17


def max_pool(
    features: Tensor,
    groups: Iterable[Bins],
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
) -> None:
    """Write the maximum over the samples of each bin, and where it is.

    Args:
        features: ``(N, C, H, W)`` features.
        groups: Sample points of the RoIs.
        output: ``(R, C, PH, PW)``, overwritten.
        argmax_y: As ``output``, overwritten with the position of the
            maximum, -1 if there is none.
        argmax_x: The same along x.
    """
    _, channels, height, width = features.shape
    table = features.permute(0, 2, 3, 1).reshape(-1, channels)
    # An empty maximum, with the value that the compiled kernels give it.
    on_cpu = features.device.type == 'cpu'
    lowest = -1e4 if on_cpu else torch.finfo(torch.float32).min
    output.fill_(lowest)
    argmax_y.fill_(-1)
    argmax_x.fill_(-1)
    for bins in groups:
        best = _maxima(table, bins, height, width, lowest)
        for target, value in zip(
            (output, argmax_y, argmax_x), best, strict=True
        ):
            target[bins.index] = value.permute(0, 3, 1, 2).to(target.dtype)


def max_pool_backward(
    grad: Tensor,
    images: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
) -> None:
    """Add the gradient with respect to the features.

    Args:
        grad: ``(R, C, PH, PW)`` gradient of the maxima.
        images: ``(R, )`` image of each RoI.
        argmax_y: Positions that the forward pass wrote.
        argmax_x: The same along x.
        grad_input: ``(N, C, H, W)``, added to.
    """
    # A buffer, since ``grad_input`` may be in half precision, which loses
    # small summands, or not contiguous.
    total = torch.zeros(grad_input.shape, dtype=grad.dtype, device=grad.device)
    step = _CHUNK // grad[0].numel() + 1
    for part in zip(
        grad.split(step),
        images.split(step),
        argmax_y.to(grad).split(step),
        argmax_x.to(grad).split(step),
        strict=True,
    ):
        _scatter(*part, total)
    grad_input += total


def _maxima(
    table: Tensor, bins: Bins, height: int, width: int, lowest: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Maximum over samples ``(R, PH, PW, C)``, and its y and x."""
    y_low, y_high, y_before, y_after = (
        t[:, :, None] for t in neighbours(bins.y, height)
    )
    x_low, x_high, x_before, x_after = (
        t[:, None] for t in neighbours(bins.x, width)
    )
    image = bins.image[:, None, None] * height
    shape = (len(bins.index), bins.y.size(1), bins.x.size(1), table.size(1))
    best = table.new_full(shape, lowest)
    best_y, best_x = torch.full_like(best, -1), torch.full_like(best, -1)
    for i in range(bins.y.size(-1)):
        for j in range(bins.x.size(-1)):
            # Summed in the order of the kernel: near ties go the same way.
            value = sum(
                table[(image + y[..., i]) * width + x[..., j]]
                * (weight_y[..., i] * weight_x[..., j])[..., None]
                for y, weight_y, x, weight_x in (
                    (y_low, y_before, x_low, x_before),
                    (y_low, y_before, x_high, x_after),
                    (y_high, y_after, x_low, x_before),
                    (y_high, y_after, x_high, x_after),
                )
            )
            above = value > best
            best = torch.where(above, value, best)
            best_y = torch.where(above, bins.y[:, :, None, i, None], best_y)
            best_x = torch.where(above, bins.x[:, None, :, j, None], best_x)
    return best, best_y, best_x


def _scatter(
    grad: Tensor, images: Tensor, pos_y: Tensor, pos_x: Tensor, total: Tensor
) -> None:
    """Add gradients ``(R, C, PH, PW)`` around the maxima to ``total``."""
    _, channels, height, width = total.shape
    # The kernel marks an empty maximum by -1.
    grad = grad * (pos_y != -1)
    y_low, y_high, y_before, y_after = neighbours(pos_y, height)
    x_low, x_high, x_before, x_after = neighbours(pos_x, width)
    plane = images[:, None] * channels + torch.arange(
        channels, device=grad.device
    )
    plane = plane[:, :, None, None] * height
    for y, weight_y in ((y_low, y_before), (y_high, y_after)):
        row, grad_row = (plane + y) * width, grad * weight_y
        for x, weight_x in ((x_low, x_before), (x_high, x_after)):
            cells, values = row + x, grad_row * weight_x
            total.view(-1).scatter_add_(0, cells.flatten(), values.flatten())
