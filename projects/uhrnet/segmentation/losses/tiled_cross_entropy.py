"""Cross-entropy of enlarged logits that are never held at full size.

Logits of K classes at a quarter of the labels' height and width are 16 times
as large once they are enlarged, and training keeps several such maps: at 150
classes they are the largest tensors of a step. Here they are enlarged and
compared with the labels by tiles of some rows, and the gradient of each tile
is taken back to the logits' own size at once.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

# Numbers in a tile: for CPUs such as fit into their caches, for others such
# as keep them busy.
_TILE = {'cpu': 1 << 20}
_LARGE_TILE = 1 << 24


class _Tile(NamedTuple):
    """Some rows of one image, enlarged.

    Attributes:
        image: Index of the image.
        rows: Of the labels.
        low: Rows of the logits (R,) above each, ``high`` below each.
        high: See ``low``.
        share: Of the lower row in each, (R, 1, 1).
        logits: (R * W, K) float32, of one's own.
    """

    image: int
    rows: slice
    low: Tensor
    high: Tensor
    share: Tensor
    logits: Tensor


def tiled_cross_entropy(
    logits: Tensor,
    labels: Tensor,
    weights: Tensor | None = None,
    ignore_index: int = 255,
    align_corners: bool = False,
) -> tuple[Tensor, Tensor]:
    """Enlarge logits bilinearly to the labels and compare them.

    Equal to ``F.interpolate`` and ``F.cross_entropy(reduction='none')``, in
    float32 whatever the logits are, and so is the gradient.

    Args:
        logits: (N, K, h, w).
        labels: (N, H, W), from 0 to K - 1 or ``ignore_index``.
        weights: (N, H, W), factor of each pixel's loss.
        ignore_index: Label of pixels that do not count.
        align_corners: As in ``F.interpolate``.

    Returns:
        The sum of the losses, and the number of pixels whose label has the
        largest logit.
    """
    known = labels != ignore_index
    weights = known.float() if weights is None else weights.float() * known
    labels = torch.where(known, labels, 0)
    return _TiledCrossEntropy.apply(
        logits, labels, weights, known, align_corners
    )


@torch.no_grad()
def pixel_cross_entropy(
    logits: Tensor,
    labels: Tensor,
    ignore_index: int = 255,
    align_corners: bool = False,
) -> Tensor:
    """Return the loss of each pixel (N, H, W), 0 where it is ignored.

    Without gradients; arguments are those of :func:`tiled_cross_entropy`.
    """
    known = labels != ignore_index
    labels = torch.where(known, labels, 0)
    losses = torch.zeros(labels.shape, device=labels.device)
    for tile in _tiles(logits, labels.shape[1:], align_corners):
        target = labels[tile.image, tile.rows]
        log_shares = torch.log_softmax(tile.logits, dim=1)
        picked = log_shares.gather(1, target.reshape(-1, 1))
        losses[tile.image, tile.rows] = -picked.view(target.shape)
    return losses * known


class _TiledCrossEntropy(torch.autograd.Function):
    """The gradient is made on the way forward, as tiles are not kept."""

    @staticmethod
    def forward(
        ctx: Any,
        logits: Tensor,
        labels: Tensor,
        weights: Tensor,
        known: Tensor,
        align_corners: bool,
    ) -> tuple[Tensor, Tensor]:
        n, k, h, w = logits.shape
        total = torch.zeros((), device=logits.device)
        correct = torch.zeros((), device=logits.device)
        grad = None
        if ctx.needs_input_grad[0]:
            grad = torch.zeros((n, h, w, k), device=logits.device)
        for tile in _tiles(logits, labels.shape[1:], align_corners):
            at = tile.image, tile.rows
            target = labels[at].reshape(-1, 1)
            weight = weights[at].reshape(-1, 1)
            log_shares = torch.log_softmax(tile.logits, dim=1)
            picked = log_shares.gather(1, target)
            total -= (picked * weight).sum()
            hits = picked == log_shares.amax(dim=1, keepdim=True)
            correct += (hits & known[at].reshape(-1, 1)).sum()
            if grad is not None:
                # softmax less one at the label, weighted
                share = log_shares.exp_().mul_(weight)
                share.scatter_add_(1, target, -weight)
                _add_reduced(grad[tile.image], share, tile, align_corners)
        ctx.dtype = logits.dtype
        ctx.save_for_backward(grad)
        ctx.mark_non_differentiable(correct)
        return total, correct

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_total: Tensor, _: Tensor) -> tuple:
        (grad,) = ctx.saved_tensors
        grad = (grad * grad_total).to(ctx.dtype).permute(0, 3, 1, 2)
        return grad, None, None, None, None


def _tiles(
    logits: Tensor, size: tuple[int, int], align_corners: bool
) -> Iterator[_Tile]:
    """Enlarge logits (N, K, h, w) to ``size`` tile by tile."""
    k, h = logits.shape[1:3]
    # classes last, where softmax and resizing are quickest
    maps = logits.detach().permute(0, 2, 3, 1)
    low, high, share = _rows_between(h, size[0], align_corners)
    low, high, share = (x.to(maps.device) for x in (low, high, share))
    numbers = _TILE.get(maps.device.type, _LARGE_TILE)
    step = max(1, numbers // (k * size[1]))
    for image in range(len(maps)):
        source = maps[image].float().contiguous()
        for first in range(0, size[0], step):
            rows = slice(first, min(first + step, size[0]))
            band = torch.lerp(
                source[low[rows]], source[high[rows]], share[rows]
            )
            wide = F.interpolate(
                band.permute(2, 0, 1)[None],
                (len(band), size[1]),
                mode='bilinear',
                align_corners=align_corners,
            )
            yield _Tile(
                image,
                rows,
                low[rows],
                high[rows],
                share[rows],
                wide[0].permute(1, 2, 0).reshape(-1, k),
            )


def _add_reduced(
    grad: Tensor, share: Tensor, tile: _Tile, align_corners: bool
) -> None:
    """Take a tile's gradient (R * W, K) back to that of a map (h, w, K)."""
    (_, w, k), rows = grad.shape, len(tile.low)
    wide = share.view(1, rows, -1, k).permute(0, 3, 1, 2)
    band = torch.ops.aten.upsample_bilinear2d_backward(
        wide, wide.shape[2:], (1, k, rows, w), align_corners, None, None
    )
    band = band[0].permute(1, 2, 0)
    grad.index_add_(0, tile.high, band * tile.share)
    grad.index_add_(0, tile.low, band * (1 - tile.share))


def _rows_between(
    rows: int, size: int, align_corners: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the rows above and below each of ``size`` enlarged ones.

    And the share of the lower one, (size, 1, 1): the rule of
    ``F.interpolate``, rounded as there.
    """
    place = torch.arange(size, dtype=torch.float32)
    if align_corners:
        place *= torch.tensor((rows - 1) / max(size - 1, 1))
    else:
        place = (torch.tensor(rows / size) * (place + 0.5) - 0.5).clamp(min=0)
    low = place.long().clamp(max=rows - 1)
    high = (low + 1).clamp(max=rows - 1)
    return low, high, (place - low).view(-1, 1, 1)
