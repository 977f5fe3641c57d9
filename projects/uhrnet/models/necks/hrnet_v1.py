"""HRNetV1 and V1h: the high-resolution stream alone.

Source: Wang et al., arXiv 1908.07919, sections III and VII.
"""

from collections.abc import Sequence

from mmengine.registry import MODELS
from torch import Tensor

from .representation import HE_INIT, Conv, Representation


@MODELS.register_module()
class HRNetV1(Representation):
    """The highest map of the backbone, as it is: what HRNet's poses use.

    Args:
        in_channels: Channels of the backbone's maps.
    """

    def __init__(self, in_channels: Sequence[int]) -> None:
        super().__init__(in_channels)
        self.out_channels = self.in_channels[:1]

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor]:
        """Return the first of the maps, (N, C, H, W)."""
        self.check(maps)
        return (maps[0],)


@MODELS.register_module()
class HRNetV1h(Representation):
    """V1 widened to the channels of V2 by a 1x1 convolution.

    The control experiment of the paper's section VII: as wide as V2, without
    the lower resolutions. The paper does not state whether a norm or an
    activation follows, and there is no public code.

    Args:
        in_channels: Channels of the backbone's maps.
        out_channels: Of the returned map; None for those of V2, the sum of
            ``in_channels``, which is 15C for HRNet.
        norm_cfg: Config of a norm after the convolution; None for none.
        act_cfg: Config of an activation after it; None for none.
        init_cfg: How mmengine initialises it; None for ``HE_INIT``.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int | None = None,
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(in_channels, init_cfg or HE_INIT)
        width = out_channels or sum(self.in_channels)
        self.widen = Conv(
            self.in_channels[0], width, 1, norm_cfg=norm_cfg, act_cfg=act_cfg
        )
        self.out_channels = (width,)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor]:
        """Widen the first of the maps: (N, C, H, W) to (N, 15C, H, W)."""
        self.check(maps)
        return (self.widen(maps[0]),)
