"""HRNetV2: all resolutions, concatenated and mixed.

Source: Wang et al., arXiv 1908.07919, section III;
HRNet-Semantic-Segmentation, lib/models/seg_hrnet.py at 605d941f.
"""

from collections.abc import Sequence

import torch
from mmengine.registry import MODELS
from torch import Tensor

from ..layers import recompute, resize_like
from .representation import HE_INIT, Conv, Representation


@MODELS.register_module()
class HRNetV2(Representation):
    """Lower maps are enlarged bilinearly; a 1x1 convolution mixes all.

    The authors' code has a batch norm and a ReLU after the convolution. Give
    both, and a 1x1 classifier after it makes the network that mmsegmentation
    builds of ``FCNHead(input_transform='resize_concat', kernel_size=1,
    num_convs=1, concat_input=False)``, bit for bit.

    Args:
        in_channels: Channels of the backbone's maps.
        out_channels: Of the returned map; None for the sum of
            ``in_channels``, which is 15C for HRNet.
        norm_cfg: Config of a norm after the convolution; None for none.
        act_cfg: Config of an activation after it; None for none.
        with_cp: Whether to compute it again in the backward pass, to save
            memory.
        init_cfg: How mmengine initialises it; None for ``HE_INIT``.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int | None = None,
        norm_cfg: dict | None = None,
        act_cfg: dict | None = None,
        with_cp: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(in_channels, init_cfg or HE_INIT)
        width = out_channels or sum(self.in_channels)
        self.mix = ConcatConv(
            sum(self.in_channels), width, 1, norm_cfg=norm_cfg, act_cfg=act_cfg
        )
        self.with_cp = with_cp
        self.out_channels = (width,)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor]:
        """Mix the maps: (N, C, H, W), (N, 2C, H/2, W/2), ... to one."""
        self.check(maps)
        if self.with_cp:
            return (recompute(self.mix, *maps),)
        return (self.mix(*maps),)


class ConcatConv(Conv):
    """``ConvModule`` of maps concatenated at the size of the first."""

    def forward(self, *maps: Tensor) -> Tensor:
        """Enlarge, concatenate, convolve."""
        first, *lower = maps
        enlarged = [resize_like(x, first) for x in lower]
        return super().forward(torch.cat([first, *enlarged], dim=1))
