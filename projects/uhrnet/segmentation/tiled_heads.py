"""Decode heads that compare logits with labels by tiles."""

from collections.abc import Sequence

import torch
from mmseg.models.decode_heads import FCNHead, OCRHead
from mmseg.models.losses.cross_entropy_loss import (
    CrossEntropyLoss,
    cross_entropy,
)
from mmseg.registry import MODELS
from mmseg.structures import OHEMPixelSampler
from mmseg.utils import SampleList
from torch import Tensor, nn

from uhrnet.models.layers import SumConv

from .losses import pixel_cross_entropy, tiled_cross_entropy

_EPS = torch.finfo(torch.float32).eps


class TiledLoss:
    """Gives a decode head of mmsegmentation losses by tiles.

    Logits are not enlarged to the labels as a whole, see
    :func:`tiled_cross_entropy`: losses, accuracy and gradients are the
    host's. For ``CrossEntropyLoss`` with softmax, with or without class
    weights and OHEM; with any other loss or sampler it is the host that
    computes.
    """

    def loss_by_feat(
        self, seg_logits: Tensor, batch_data_samples: SampleList
    ) -> dict[str, Tensor]:
        """Compare logits (N, K, h, w) with labels; the host's names."""
        modules = self._modules_of_loss()
        sampled = isinstance(self.sampler, OHEMPixelSampler)
        if not all(map(_is_softmax, modules)) or (
            self.sampler is not None and not sampled
        ):
            return super().loss_by_feat(seg_logits, batch_data_samples)

        labels = self._stack_batch_gt(batch_data_samples).squeeze(1)
        chosen = self._choose(seg_logits, labels) if sampled else None
        losses = {}
        for module in modules:
            weights = _class_weights(module, labels, self.ignore_index)
            total, correct = tiled_cross_entropy(
                seg_logits,
                labels,
                _product(weights, chosen),
                self.ignore_index,
                self.align_corners,
            )
            mean = total / (self._count(module, labels, weights) + _EPS)
            losses[module.loss_name] = (
                losses.get(module.loss_name, 0) + module.loss_weight * mean
            )
        known = (labels != self.ignore_index).sum()
        losses['acc_seg'] = (100 * (correct + _EPS) / (known + _EPS))[None]
        return losses

    def _modules_of_loss(self) -> list[nn.Module]:
        """Return the losses, of which the host keeps a single one bare."""
        modules = self.loss_decode
        return [*modules] if isinstance(modules, nn.ModuleList) else [modules]

    def _count(
        self, module: CrossEntropyLoss, labels: Tensor, weights: Tensor | None
    ) -> Tensor | int:
        """Return what the host divides the sum of losses by."""
        if weights is not None:
            return weights.sum()
        if module.avg_non_ignore:
            return (labels != self.ignore_index).sum()
        return labels.numel()

    @torch.no_grad()
    def _choose(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return 1 for the pixels (N, H, W) that OHEM trains, else 0."""
        sampler = self.sampler
        losses = pixel_cross_entropy(
            logits, labels, self.ignore_index, self.align_corners
        )
        known = labels != self.ignore_index
        chosen = torch.zeros_like(losses)
        kept = sampler.min_kept * len(labels)
        if not known.any():
            return chosen
        if sampler.thresh is not None:
            shares = losses[known].neg().exp()
            rank = min(kept, len(shares) - 1)
            limit = shares.sort().values[rank].clamp(min=sampler.thresh)
            chosen[known] = (shares < limit).float()
            return chosen
        weighted = sum(
            _product(_class_weights(x, labels, self.ignore_index), losses)
            * x.loss_weight
            for x in self._modules_of_loss()
        )[known]
        hardest = torch.zeros_like(weighted)
        hardest[weighted.sort(descending=True).indices[:kept]] = 1
        chosen[known] = hardest
        return chosen


def _is_softmax(module: nn.Module) -> bool:
    return (
        isinstance(module, CrossEntropyLoss)
        and module.cls_criterion is cross_entropy
        and module.reduction == 'mean'
    )


def _class_weights(
    module: CrossEntropyLoss, labels: Tensor, ignore_index: int
) -> Tensor | None:
    """Return the weight of each pixel's class (N, H, W), 0 if ignored."""
    if module.class_weight is None:
        return None
    table = torch.tensor(module.class_weight, device=labels.device)
    known = labels != ignore_index
    return table[torch.where(known, labels, 0)] * known


def _product(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    """Multiply what there is."""
    if one is None or other is None:
        return other if one is None else one
    return one * other


class ConcatConv(SumConv):
    """A 1x1 convolution of maps that publications count as concatenated."""

    def count_macs(self, *maps: Tensor) -> int:
        """Return the multiply-adds at the first map's size, as published."""
        pixels = maps[0][:, 0].numel()
        return pixels * self.out_channels * self.in_channels


@MODELS.register_module()
class TiledFCNHead(TiledLoss, FCNHead):
    """``FCNHead`` with losses by tiles; takes its arguments and weights.

    If its first convolution is 1x1 and reads all maps, resized and
    concatenated, as HRNet's and U-HRNet's does, wide maps of low resolution
    are convolved before they are enlarged, see :class:`ConcatConv`.
    """

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        first = self.convs[0] if self.num_convs else None
        if (
            self.input_transform == 'resize_concat'
            and first is not None
            and first.conv.kernel_size == (1, 1)
            and not (self.concat_input or self.align_corners)
        ):
            self.convs[0] = ConcatConv(
                self.in_channels,
                self.channels,
                1,
                conv_cfg=self.conv_cfg,
                norm_cfg=self.norm_cfg,
                act_cfg=self.act_cfg,
            )

    def _forward_feature(self, inputs: Sequence[Tensor]) -> Tensor:
        """Map the backbone's maps to (N, channels, H, W)."""
        if not self.num_convs or not isinstance(self.convs[0], ConcatConv):
            return super()._forward_feature(inputs)
        maps = [inputs[i] for i in self.in_index]
        return self.convs[1:](self.convs[0](*maps))


@MODELS.register_module()
class TiledOCRHead(TiledLoss, OCRHead):
    """``OCRHead`` with losses by tiles; takes its arguments and weights."""
