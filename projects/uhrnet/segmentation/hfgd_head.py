"""HFGD: a decoder guided by high-level features.

Huang et al., "High-level Feature Guided Decoder for Semantic Segmentation",
arXiv 2303.08646. No code has been published, and this is no reproduction: it
implements the principle that the abstract states. Widths, the context
augmentation and the weights of the losses are this project's choices.
"""

from collections.abc import Sequence

from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from mmseg.utils import SampleList
from torch import Tensor

from uhrnet.errors import ConfigError

from .layers import (
    ContextAugmentation,
    GuidedClassifier,
    PyramidUpsampler,
    concat_at,
)
from .tiled_heads import TiledLoss

_STEM = (
    "the backbone's stem as the first map: return_stem=True of UHRNet and "
    'ExactHRNet, or StemResNetV1c.'
)


@MODELS.register_module()
class HFGDHead(TiledLoss, BaseDecodeHead):
    """High-level feature guided decoder.

    The high branch: the top map, of strongest semantics, gets context and
    trains the class kernels by a loss of its own. The upsampler: it joins
    this map and all finer ones, called low, at the resolution of the finest,
    and the same kernels classify the result. As its loss changes neither the
    backbone nor the kernels, all it can do is to make fine features like the
    high-level ones. Predictions are its own.

    Args:
        in_channels: Channels of the maps, from the finest to the coarsest.
        in_index: Which of the backbone's maps these are.
        channels: Length C of the class kernels.
        cae: Context augmentation of the high branch: ``'axial'``, ``'conv'``
            or ``'none'``.
        detach_low: Whether the upsampler's loss is kept from the backbone
            by way of the low maps.
        detach_high: Whether it is kept from the context augmentation, and
            from the backbone by way of the top map.
        detach_kernels: Whether it is kept from the class kernels.
        output_stride: Stride of the finest map: 4, or 2 for a backbone that
            returns its stem first.
        top: Position in ``in_channels`` of the map that the high branch has
            the size of. Those before it are the low ones.
        high_index: Positions of the maps that the high branch reads, at the
            size of the top one. This alone by default. Not so for backbones
            that keep all resolutions to their end, as HRNet and U-HRNet do:
            most of their last layers serve the finer maps, and with
            ``detach_low`` nothing but the high branch trains these. There
            a part of the backbone is behind both, and either of the first
            two flags alone keeps little from it.
        pyramid_channels: As for :class:`PyramidUpsampler`.
        level_channels: As for :class:`PyramidUpsampler`.
        up_loss_weight: Weight of the upsampler's losses.
        high_loss_weight: Weight of the high branch's. With everything
            detached the two train different parameters.
        **kwargs: As for ``BaseDecodeHead``: ``num_classes``, ``norm_cfg``,
            ``dropout_ratio``, ``loss_decode``, ``sampler``, ``ignore_index``,
            ``align_corners`` and so on. The dropout comes before both
            classifications, the losses are computed of both logits.

    Raises:
        ConfigError: For another ``cae`` or ``output_stride``, for ``channels``
            that the four heads of attention do not divide, and if a map is
            read by none. In the forward pass, if the maps are other ones; in
            training and prediction, if the finest does not have the stride.
    """

    # Of training, which does not call forward.
    compiled_methods = ('encode', 'classify_upsampled')

    def __init__(
        self,
        in_channels: Sequence[int],
        in_index: Sequence[int],
        channels: int = 256,
        *,
        cae: str = 'axial',
        detach_low: bool = True,
        detach_high: bool = True,
        detach_kernels: bool = True,
        output_stride: int = 4,
        top: int = -1,
        high_index: Sequence[int] | None = None,
        pyramid_channels: int = 256,
        level_channels: int = 128,
        up_loss_weight: float = 1.0,
        high_loss_weight: float = 1.0,
        **kwargs: object,
    ) -> None:
        super().__init__(
            in_channels,
            channels,
            in_index=in_index,
            input_transform='multiple_select',
            **kwargs,
        )
        if output_stride not in (2, 4):
            raise ConfigError(
                f'output_stride is 4 or, with a stem, 2, not {output_stride}'
            )
        self.detach_low = detach_low
        self.detach_high = detach_high
        self.output_stride = output_stride
        self._choose_maps(top, high_index)
        self.loss_weights = dict(up=up_loss_weight, high=high_loss_weight)

        layer_cfg = dict(
            conv_cfg=self.conv_cfg,
            norm_cfg=self.norm_cfg,
            act_cfg=self.act_cfg,
        )
        self.cae = ContextAugmentation(
            sum(in_channels[i] for i in self.high_index),
            channels,
            cae,
            **layer_cfg,
        )
        self.upsampler = PyramidUpsampler(
            [*in_channels[: self.top], channels],
            channels,
            pyramid_channels,
            level_channels,
            self.align_corners,
            **layer_cfg,
        )
        self.classify = GuidedClassifier(detach_kernels)

    def _choose_maps(self, top: int, high_index: Sequence[int] | None) -> None:
        """Set ``top`` and ``high_index``, counted from the first map."""
        count = len(self.in_channels)
        high = [top] if high_index is None else list(high_index)
        if not all(-count <= x < count for x in (top, *high)):
            raise ConfigError(
                f'top={top} and high_index={high} are positions among '
                f'{count} maps, from 0 to {count - 1}'
            )
        self.top = top % count
        self.high_index = tuple(x % count for x in high)
        unread = set(range(self.top, count)) - set(self.high_index)
        if unread or not high:
            raise ConfigError(
                f'top={top} and high_index={high} leave maps '
                f'{sorted(unread)} of {count} unread: the high branch has to '
                'read the top one and those after it, or in_channels and '
                'in_index have to leave them out'
            )

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Map the backbone's maps to logits (N, K, H, W) of the upsampler.

        H and W are those of the finest map. The logits of the high branch
        are not computed.
        """
        low, high = self.encode(inputs)
        return self.classify_upsampled(low, high)

    def encode(self, inputs: Sequence[Tensor]) -> tuple[list[Tensor], Tensor]:
        """Return the low maps, and the high-level one with its context."""
        maps = self.select(inputs)
        high = concat_at(self.top, self.high_index, maps)
        return maps[: self.top], self.cae(high)

    def select(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Return the maps of ``in_index``, if they have ``in_channels``."""
        indices = range(-len(inputs), len(inputs))
        maps = [inputs[i] for i in self.in_index if i in indices]
        if [x.shape[1] for x in maps] != list(self.in_channels):
            raise ConfigError(
                f'HFGDHead reads maps {list(self.in_index)} with '
                f'{list(self.in_channels)} channels, and the backbone '
                f'returns {len(inputs)} with {[x.shape[1] for x in inputs]}. '
                'Set in_index and in_channels to those to read. '
                f'output_stride=2 needs {_STEM}'
            )
        return maps

    def classify_upsampled(self, low: list[Tensor], high: Tensor) -> Tensor:
        """Map (N, C, H, W), (N, C', H/2, W/2), ... to (N, K, H, W)."""
        if self.detach_low:
            low = [x.detach() for x in low]
        if self.detach_high:
            high = high.detach()
        feature = self.upsampler([*low, high])
        if self.dropout is not None:
            feature = self.dropout(feature)
        return self.classify(feature, self.conv_seg)

    def loss(
        self,
        inputs: Sequence[Tensor],
        batch_data_samples: SampleList,
        train_cfg: dict,
    ) -> dict[str, Tensor]:
        """Return losses and accuracies of both branches.

        A loss ``loss_ce`` becomes ``loss_up_ce`` and ``loss_high_ce``, the
        accuracies are ``acc_up_seg`` and ``acc_high_seg``.
        """
        low, high = self.encode(inputs)
        fine = self.classify_upsampled(low, high)
        self.check_stride(fine, batch_data_samples[0].gt_sem_seg.shape)
        coarse = self.cls_seg(high)
        return {
            **self.losses_of('up', fine, batch_data_samples),
            **self.losses_of('high', coarse, batch_data_samples),
        }

    def losses_of(
        self, branch: str, logits: Tensor, batch_data_samples: SampleList
    ) -> dict[str, Tensor]:
        """Return the host's losses and accuracy, named after the branch."""
        losses = {}
        for key, x in self.loss_by_feat(logits, batch_data_samples).items():
            word = 'loss' if 'loss' in key else key.split('_')[0]
            if word == 'loss':
                x = x * self.loss_weights[branch]
            losses[key.replace(word, f'{word}_{branch}', 1)] = x
        return losses

    def predict_by_feat(
        self, seg_logits: Tensor, batch_img_metas: list[dict]
    ) -> Tensor:
        """Enlarge logits (N, K, H, W) to the size of the images."""
        logits = super().predict_by_feat(seg_logits, batch_img_metas)
        self.check_stride(seg_logits, logits.shape[-2:])
        return logits

    def check_stride(self, logits: Tensor, size: Sequence[int]) -> None:
        """Compare logits (N, K, h, w) of an image (H, W) with the stride."""
        stride = self.output_stride
        # Some backbones round sizes up, some down.
        if any(
            not full // stride <= x <= -(-full // stride)
            for x, full in zip(logits.shape[-2:], size, strict=True)
        ):
            raise ConfigError(
                f'HFGDHead(output_stride={stride}) got maps of up to '
                f'{tuple(logits.shape[-2:])} for images of {tuple(size)}. '
                f'Stride 2 needs {_STEM} Stride 4 goes without it.'
            )
