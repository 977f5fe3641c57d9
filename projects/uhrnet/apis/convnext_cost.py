"""ConvNeXt's parameters and multiply-adds where mmpretrain is not installed.

ConvNeXt is mmpretrain's, which few installations have. To count a model it is
enough to have its layers in order, on the meta device.
"""

import torch
from torch import Tensor, nn

ARCHS = {
    'tiny': ((3, 3, 9, 3), (96, 192, 384, 768)),
    'base': ((3, 3, 27, 3), (128, 256, 512, 1024)),
}


class ConvNeXtLayers(nn.Module):
    """The layers of ConvNeXt (arXiv 2201.03545) with a norm for each map.

    Weights do not fit those of mmpretrain, and nothing is initialised.

    Args:
        arch: Key of ``ARCHS``.
        in_channels: Of the image.
        **ignored: What else mmpretrain's class takes, none of which changes
            a layer.
    """

    def __init__(
        self, arch: str = 'tiny', in_channels: int = 3, **ignored: object
    ) -> None:
        super().__init__()
        depths, widths = ARCHS[arch]
        self.downsampling = nn.ModuleList()
        self.stages = nn.ModuleList()
        self.norms = nn.ModuleList(_norm(width) for width in widths)
        before = in_channels
        for stage, (depth, width) in enumerate(
            zip(depths, widths, strict=True)
        ):
            if stage:
                parts = _norm(before), nn.Conv2d(before, width, 2, 2)
            else:
                parts = nn.Conv2d(before, width, 4, 4), _norm(width)
            self.downsampling.append(nn.Sequential(*parts))
            self.stages.append(
                nn.Sequential(*(_Block(width) for _ in range(depth)))
            )
            before = width

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map an image (N, C, H, W) to maps at strides 4, 8, 16, 32."""
        outs = []
        for down, stage, norm in zip(
            self.downsampling, self.stages, self.norms, strict=True
        ):
            x = stage(down(x))
            outs.append(norm(x))
        return tuple(outs)


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = _norm(width)
        self.expand = nn.Conv2d(width, 4 * width, 1)
        self.reduce = nn.Conv2d(4 * width, width, 1)
        self.gamma = nn.Parameter(torch.empty(width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        residual = self.reduce(self.expand(self.norm(self.spatial(x))))
        return x + self.gamma * residual


def _norm(width: int) -> nn.Module:
    """A layer norm over channels has as many parameters as this one."""
    return nn.GroupNorm(1, width)
