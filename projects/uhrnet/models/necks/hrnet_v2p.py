"""HRNetV2p: a feature pyramid from the highest resolution down.

Source: Wang et al., arXiv 1908.07919, section III and figure 4 (c);
HRNet-Object-Detection and HRNet-MaskRCNN-Benchmark. mmdetection has it as
``HRFPN``, whose parameters' names are kept.
"""

from collections.abc import Sequence

from mmengine.registry import MODELS
from torch import Tensor, nn

from uhrnet.errors import ConfigError

from ..layers import SumConv, recompute
from ..layers.pooling import POOLINGS, pool_rounding_up
from .representation import Conv, Representation

# He et al.'s normal distribution without a gain, biases 0.
AUTHORS_INIT = dict(
    type='Kaiming',
    layer='Conv2d',
    a=1,
    mode='fan_in',
    nonlinearity='leaky_relu',
    distribution='normal',
    bias=0,
)


@MODELS.register_module()
class HRNetV2p(Representation):
    """All maps at the highest resolution, reduced to one, and pooled.

    Works at every size: where a window of a pooling reaches over the edge,
    what is inside of it counts. ``HRFPN`` needs multiples of 32 and gives the
    same there.

    Args:
        in_channels: Channels of the backbone's maps.
        out_channels: Channels of every level.
        num_outs: Number of levels, at 1, 2, 4, ... times the stride of the
            backbone's first map.
        pooling: ``'avg'`` or ``'max'``.
        share_conv: Whether all levels share one 3x3 convolution.
        stride: Of the 3x3 convolutions; FCOS takes 2, for levels at strides 8
            to 128.
        norm_cfg: Config of norms after the convolutions; None for none.
        act_cfg: Config of activations after them; None for none.
        with_cp: Whether to compute the convolutions again in the backward
            pass, to save memory.
        init_cfg: How mmengine initialises it; None for ``AUTHORS_INIT``.

    Raises:
        ConfigError: If there is no such pooling.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int = 256,
        num_outs: int = 5,
        pooling: str = 'avg',
        share_conv: bool = False,
        stride: int = 1,
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        with_cp: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(in_channels, init_cfg or AUTHORS_INIT)
        if pooling not in POOLINGS:
            raise ConfigError(
                f'unknown pooling {pooling!r}: use '
                + ' or '.join(map(repr, POOLINGS))
            )
        self.pooling = pooling
        self.with_cp = with_cp
        self.reduction_conv = Reduction(
            sum(self.in_channels),
            out_channels,
            1,
            norm_cfg=norm_cfg,
            act_cfg=act_cfg,
        )
        self.fpn_convs = nn.ModuleList(
            Conv(
                out_channels,
                out_channels,
                3,
                stride=stride,
                padding=1,
                norm_cfg=norm_cfg,
                act_cfg=act_cfg,
            )
            for _ in range(1 if share_conv else num_outs)
        )
        self.share_conv = share_conv
        self.out_channels = (out_channels,) * num_outs
        self.out_strides = tuple(stride * 2**i for i in range(num_outs))

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Map (N, C, H, W), (N, 2C, H/2, W/2), ... to ``num_outs`` levels."""
        self.check(maps)
        high = self._run(self.reduction_conv, *maps)
        num_outs = len(self.out_channels)
        levels = [high, *(self.pool(high, 2**i) for i in range(1, num_outs))]
        convs = self.fpn_convs
        if self.share_conv:
            convs = [convs[0]] * num_outs
        return tuple(
            self._run(conv, level)
            for conv, level in zip(convs, levels, strict=True)
        )

    def pool(self, x: Tensor, size: int) -> Tensor:
        """Reduce height and width by ``size``, rounded up."""
        return pool_rounding_up(x, size, self.pooling)

    def _run(self, module: nn.Module, *inputs: Tensor) -> Tensor:
        return recompute(module, *inputs) if self.with_cp else module(*inputs)


class Reduction(SumConv, Conv):
    """The 1x1 convolution of all maps."""
