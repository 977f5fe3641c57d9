"""A 1x1 convolution of maps of several sizes."""

import torch
from mmcv.cnn import ConvModule
from torch import Tensor
from torch.nn import functional as F

from .resizing import resize_like

# Maps with a smaller share of the output's channels are enlarged before they
# are convolved. Measured: benchmarks/neck.py, docs/performance.md.
NARROW = 1 / 3


class SumConv(ConvModule):
    """A 1x1 ``ConvModule`` of maps concatenated at the size of the first.

    A 1x1 convolution and bilinear resizing commute. So wide maps are
    convolved at their own size, by their part of the weights, and the results
    are resized and added; only narrow maps, which are cheaper to resize than
    the results would be, are resized first and concatenated. Little at full
    size has to be computed, and less to be kept for the backward pass. Hooks
    of the convolution inside are not called.
    """

    def forward(self, *maps: Tensor) -> Tensor:
        """Convolve wide maps before, narrow maps after enlarging them."""
        first = maps[0]
        parts = self.conv.weight.split([x.shape[1] for x in maps], dim=1)
        narrow, wide = [(first, parts[0])], []
        for x, part in zip(maps[1:], parts[1:], strict=True):
            if self.is_narrow(x):
                narrow.append((resize_like(x, first), part))
            else:
                wide.append((x, part))
        out = F.conv2d(
            torch.cat([x for x, _ in narrow], dim=1),
            torch.cat([part for _, part in narrow], dim=1),
            self.conv.bias,
        )
        for x, part in wide:
            out += resize_like(F.conv2d(x, part), first)
        if self.with_norm:
            out = self.norm(out)
        return self.activate(out) if self.with_activation else out

    def is_narrow(self, x: Tensor) -> bool:
        """Whether a map is cheaper to enlarge than what is made of it."""
        return x.shape[1] < NARROW * self.out_channels

    def count_macs(self, *maps: Tensor) -> int:
        """Return the multiply-adds of a forward pass, without resizing."""
        first = maps[0]
        sizes = [first if self.is_narrow(x) else x for x in maps]
        return self.out_channels * sum(
            x.shape[1] * size[:, 0].numel()
            for x, size in zip(maps, sizes, strict=True)
        )
