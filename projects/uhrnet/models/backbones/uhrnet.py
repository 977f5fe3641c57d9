"""U-HRNet: a U of two-resolution HRNet modules, down to stride 64 and back.

Source: Wang et al., arXiv 2210.07140, section 3; PaddleSeg,
``paddleseg/models/backbones/uhrnet.py`` at d7975e7c, which it equals to float
precision.
"""

import torch
from mmengine.model import BaseModule
from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from uhrnet.errors import ConfigError

from ..layers import (
    BasicBlock,
    Bottleneck,
    ConvNormAct,
    halve_channels,
    recompute,
    resize_like,
)
from .memory_formats import format_of
from .pretrained import check_pretrained
from .uhrnet_arch import arch_name, resolve_arch


class HighLowModule(nn.Module):
    """Residual units on two resolutions, then an exchange between them.

    Args:
        channels: Channels of the high branch; the low one has twice as many.
        num_blocks: Residual units per branch.
        norm_cfg: Config of the normalisation layers.
    """

    def __init__(self, channels: int, num_blocks: int, norm_cfg: dict) -> None:
        super().__init__()
        self.high = nn.Sequential(
            *(BasicBlock(channels, norm_cfg) for _ in range(num_blocks))
        )
        self.low = nn.Sequential(
            *(BasicBlock(channels * 2, norm_cfg) for _ in range(num_blocks))
        )
        self.low_to_high = ConvNormAct(
            channels * 2, channels, 1, norm_cfg, act=False
        )
        self.high_to_low = ConvNormAct(
            channels, channels * 2, 3, norm_cfg, stride=2, act=False
        )

    def forward(self, high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, c, H, W) and (N, 2c, ceil(H/2), ceil(W/2)) to the same."""
        high, low = self.high(high), self.low(low)
        from_low = resize_like(self.low_to_high(low), like=high)
        from_high = self.high_to_low(high)
        return F.relu_(from_low.add_(high)), F.relu_(from_high.add_(low))


class Stage(nn.Module):
    """Several :class:`HighLowModule` in a row."""

    def __init__(
        self, channels: int, num_modules: int, num_blocks: int, norm_cfg: dict
    ) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            HighLowModule(channels, num_blocks, norm_cfg)
            for _ in range(num_modules)
        )

    def forward(self, high: Tensor, low: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, c, H, W) and (N, 2c, ceil(H/2), ceil(W/2)) to the same."""
        for module in self.parts:
            high, low = module(high, low)
        return high, low


class Ascent(nn.Module):
    """Bring a map up to the resolution of a skip connection and join them.

    Args:
        channels: Channels of the map from below; the skip has half as many.
        norm_cfg: Config of the normalisation layer.
    """

    def __init__(self, channels: int, norm_cfg: dict) -> None:
        super().__init__()
        self.reduce = ConvNormAct(channels, channels // 2, 1, norm_cfg)

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """Map (N, c, h, w) and (N, c / 2, H, W) to (N, c / 2, H, W)."""
        # Halving commutes with upsampling and comes first for speed.
        raised = resize_like(halve_channels(self.reduce(below)), like=skip)
        return torch.cat((raised, halve_channels(skip)), dim=1)


@MODELS.register_module()
class UHRNet(BaseModule):
    """U-HRNet backbone.

    Returns maps at strides 4, 8, 16, 32 and 64 with C/2, C, 2C, 4C and 8C
    channels (C is 18 or 48). Resized to stride 4 and concatenated they are
    the representation of the original, for example by mmsegmentation's
    ``FCNHead(input_transform='resize_concat')``. Any input size works, from
    1x1 up.

    Args:
        arch: ``'w18-small'``, ``'w18'``, ``'w48'``, or a dict with the
            fields of :class:`UHRNetArch`.
        in_channels: Channels of the input image.
        norm_cfg: Config of the normalisation layers.
        norm_eval: Keep batch norms in evaluation mode while training.
        frozen_stages: Stages without gradient and with fixed statistics:
            -1 none, 0 the stem, k the stem and stages 1 to k (up to 9) with
            the transitions before them.
        with_cp: Recompute activations in the backward pass, for memory.
        return_stem: Put the stem's map (stride 2, 64 channels) in front of
            the five, for decoders that reach output stride 2.
        memory_format: ``'channels_last'``, faster on CPUs, or
            ``'contiguous'``.
        init_cfg: Initialisation. By default Kaiming normal. The original
            draws from N(0, 0.001), which only serves a pre-trained start:
            ``dict(type='Normal', layer='Conv2d', std=0.001)``. A
            ``dict(type='Pretrained', checkpoint=...)`` must fit completely;
            it may be a file of a backbone or of a whole model.

    Attributes:
        name: ``'uhrnet-w18'`` and the like.
        out_channels: Channels of each returned map.
        out_strides: Stride of each returned map.

    Raises:
        ConfigError: For an unknown arch, memory format or frozen stage, and
            in the forward pass for a wrong number of channels.

    Example:
        >>> from uhrnet.models import UHRNet
        >>> import torch
        >>> maps = UHRNet(arch='w18-small')(torch.rand(1, 3, 64, 128))
        >>> [tuple(x.shape) for x in maps]
        [(1, 9, 16, 32), (1, 18, 8, 16), (1, 36, 4, 8), (1, 72, 2, 4), \
(1, 144, 1, 2)]
    """

    num_stages = 9

    def __init__(
        self,
        arch: str | dict = 'w18',
        in_channels: int = 3,
        norm_cfg: dict | None = None,
        norm_eval: bool = False,
        frozen_stages: int = -1,
        with_cp: bool = False,
        return_stem: bool = False,
        memory_format: str = 'channels_last',
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        if init_cfg is None:
            init_cfg = [
                dict(type='Kaiming', layer='Conv2d'),
                dict(
                    type='Constant', val=1, layer=['_BatchNorm', 'GroupNorm']
                ),
            ]
        super().__init__(init_cfg)
        spec = resolve_arch(arch)
        if not -1 <= frozen_stages <= self.num_stages:
            raise ConfigError(
                f'frozen_stages goes from -1 to {self.num_stages}, not '
                f'{frozen_stages}: set model.backbone.frozen_stages'
            )
        self.name = arch_name(spec)
        self.in_channels = in_channels
        self.norm_eval = norm_eval
        self.frozen_stages = frozen_stages
        self.with_cp = with_cp
        self.return_stem = return_stem
        self.memory_format = memory_format
        norm_cfg = norm_cfg or dict(type='BN')

        c, modules, blocks = spec
        self.stem1 = ConvNormAct(in_channels, 64, 3, norm_cfg, stride=2)
        self.stem2 = ConvNormAct(64, 64, 3, norm_cfg, stride=2)
        self.stage1 = nn.Sequential(
            Bottleneck(64, 64, norm_cfg),
            *(Bottleneck(256, 64, norm_cfg) for _ in range(blocks - 1)),
        )

        # Down: the low branch goes on, the high one waits as a skip.
        self.split = ConvNormAct(256, c, 3, norm_cfg)
        self.down1 = ConvNormAct(256, c * 2, 3, norm_cfg, stride=2)
        self.stage2 = Stage(c, modules[0], blocks, norm_cfg)
        self.down2 = ConvNormAct(c * 2, c * 4, 3, norm_cfg, stride=2)
        self.stage3 = Stage(c * 2, modules[1], blocks, norm_cfg)
        self.down3 = ConvNormAct(c * 4, c * 8, 3, norm_cfg, stride=2)
        self.stage4 = Stage(c * 4, modules[2], blocks, norm_cfg)
        self.down4 = ConvNormAct(c * 8, c * 16, 3, norm_cfg, stride=2)
        self.stage5 = Stage(c * 8, modules[3], blocks, norm_cfg)

        # Up: the high branch goes on, the low one is part of the result.
        self.up5 = Ascent(c * 8, norm_cfg)
        self.stage6 = Stage(c * 4, modules[4], blocks, norm_cfg)
        self.up6 = Ascent(c * 4, norm_cfg)
        self.stage7 = Stage(c * 2, modules[5], blocks, norm_cfg)
        self.up7 = Ascent(c * 2, norm_cfg)
        self.stage8 = Stage(c, modules[6], blocks, norm_cfg)
        self.stage9 = nn.Sequential(
            *(BasicBlock(c, norm_cfg) for _ in range(modules[7] * blocks))
        )

        stem = ((64, 2),) if return_stem else ()
        levels = ((c // 2, 4), (c, 8), (c * 2, 16), (c * 4, 32), (c * 8, 64))
        self.out_channels, self.out_strides = zip(*stem, *levels, strict=True)
        self.to(memory_format=format_of(memory_format))
        self._freeze()

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Extract features at five resolutions.

        Args:
            x: (N, in_channels, H, W).

        Returns:
            Maps of ``out_channels`` at ``out_strides``; sizes are rounded
            up, ceil(H / 4) and so on.
        """
        if x.dim() != 4 or x.shape[1] != self.in_channels:
            raise ConfigError(
                f'UHRNet was built for inputs (N, {self.in_channels}, H, W) '
                f'and got {tuple(x.shape)}: set in_channels to the channels '
                'of the images'
            )
        run = recompute if self.with_cp and self.training else _call

        x = x.contiguous(memory_format=format_of(self.memory_format))
        stem = self.stem1(x)
        x = run(self.stage1, self.stem2(stem))

        skip2, low = run(self.stage2, self.split(x), self.down1(x))
        skip3, low = run(self.stage3, low, self.down2(low))
        skip4, low = run(self.stage4, low, self.down3(low))
        high, low5 = run(self.stage5, low, self.down4(low))

        high, low6 = run(self.stage6, self.up5(high, skip4), high)
        high, low7 = run(self.stage7, self.up6(high, skip3), high)
        high, low8 = run(self.stage8, self.up7(high, skip2), high)
        high = run(self.stage9, high)

        outs = tuple(map(halve_channels, (high, low8, low7, low6, low5)))
        return (stem, *outs) if self.return_stem else outs

    def init_weights(self) -> None:
        """Initialise as ``init_cfg`` says.

        Raises:
            FileNotFoundError: If pre-trained weights are absent.
            ConfigError: If they do not fit.
        """
        check_pretrained(self, self.init_cfg, self.name)
        super().init_weights()

    def train(self, mode: bool = True) -> 'UHRNet':
        """Set the mode, keeping frozen stages and ``norm_eval`` as set."""
        super().train(mode)
        self._freeze()
        if mode and self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

    def _freeze(self) -> None:
        """Stop gradients and statistics up to ``frozen_stages``."""
        parts = [
            (self.stem1, self.stem2),
            (self.stage1,),
            (self.split, self.down1, self.stage2),
            (self.down2, self.stage3),
            (self.down3, self.stage4),
            (self.down4, self.stage5),
            (self.up5, self.stage6),
            (self.up6, self.stage7),
            (self.up7, self.stage8),
            (self.stage9,),
        ]
        for part in parts[: self.frozen_stages + 1]:
            for module in part:
                module.eval()
                module.requires_grad_(False)


def _call(module: nn.Module, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
    return module(*inputs)
