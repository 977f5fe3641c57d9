"""The upsampler of HFGD, in the manner of Semantic FPN.

Source: Kirillov et al., arXiv 1901.02446, section 3.1 and figure 3; as the
upsampler of HFGD (arXiv 2303.08646), with the widths of this project.
"""

from collections.abc import Sequence

from mmcv.cnn import ConvModule
from torch import Tensor, nn
from torch.nn import functional as F


class PyramidUpsampler(nn.Module):
    """Brings maps of all resolutions to the highest of them, as one map.

    A feature pyramid is built from the coarsest map down; each level is
    convolved and enlarged in turns up to the finest one, and the levels are
    summed. Maps may have any size; each is enlarged to exactly the size of
    the next finer one.

    Args:
        in_channels: Channels of the maps, from the finest to the coarsest.
        channels: Channels of the output.
        pyramid_channels: Channels of the pyramid.
        level_channels: Channels of the levels on their way up.
        align_corners: Of ``F.interpolate``.
        **layer_cfg: ``conv_cfg``, ``norm_cfg`` and ``act_cfg`` of
            ``ConvModule``.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        channels: int,
        pyramid_channels: int,
        level_channels: int,
        align_corners: bool = False,
        **layer_cfg: dict | None,
    ) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.laterals = nn.ModuleList(
            ConvModule(c, pyramid_channels, 1, **layer_cfg)
            for c in in_channels
        )
        # One convolution before each enlargement, and one at the finest.
        self.levels = nn.ModuleList(
            nn.ModuleList(
                ConvModule(
                    level_channels if step else pyramid_channels,
                    level_channels,
                    3,
                    padding=1,
                    **layer_cfg,
                )
                for step in range(max(1, level))
            )
            for level in range(len(in_channels))
        )
        self.project = ConvModule(level_channels, channels, 1, **layer_cfg)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Map (N, C1, H, W), (N, C2, H/2, W/2), ... to (N, channels, H, W)."""
        pyramid = [
            lateral(x) for lateral, x in zip(self.laterals, maps, strict=True)
        ]
        for level in range(len(pyramid) - 1, 0, -1):
            finer = pyramid[level - 1]
            pyramid[level - 1] = finer + self.enlarge(pyramid[level], finer)

        total = self.levels[0][0](pyramid[0])
        for level, convs in enumerate(self.levels[1:], start=1):
            x = pyramid[level]
            for conv, finer in zip(
                convs, reversed(pyramid[:level]), strict=True
            ):
                x = self.enlarge(conv(x), finer)
            total = total + x
        return self.project(total)

    def enlarge(self, x: Tensor, finer: Tensor) -> Tensor:
        """Resize a map to the height and width of a finer one."""
        return F.interpolate(
            x,
            finer.shape[-2:],
            mode='bilinear',
            align_corners=self.align_corners,
        )
