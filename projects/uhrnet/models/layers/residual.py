"""The convolution and the two residual units of the HRNet family."""

from mmcv.cnn import ConvModule
from torch import Tensor, nn
from torch.nn import functional as F


class ConvNormAct(ConvModule):
    """Convolution without bias, normalisation and, unless told not, ReLU.

    Padding is SAME: ``kernel_size // 2`` on all sides for stride 1, see
    :class:`SameConv2d` for stride 2.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: 1 or 3.
        norm_cfg: Config of the normalisation layer.
        stride: 1 or 2.
        act: Whether a ReLU follows.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        norm_cfg: dict,
        stride: int = 1,
        act: bool = True,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2 if stride == 1 else 0,
            bias=False,
            conv_cfg=None if stride == 1 else dict(type='SameConv2d'),
            norm_cfg=norm_cfg,
            act_cfg=dict(type='ReLU') if act else None,
        )

    def init_weights(self) -> None:
        """Leave initialisation to the ``init_cfg`` of the whole model.

        mmengine calls this after applying that, and ConvModule's own would
        overwrite it.
        """


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around an identity.

    Args:
        channels: Channels in and out.
        norm_cfg: Config of the normalisation layers.
    """

    def __init__(self, channels: int, norm_cfg: dict) -> None:
        super().__init__()
        self.conv1 = ConvNormAct(channels, channels, 3, norm_cfg)
        self.conv2 = ConvNormAct(channels, channels, 3, norm_cfg, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        y = self.conv2(self.conv1(x))
        return F.relu_(y.add_(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolution around a shortcut.

    Args:
        in_channels: Channels of the input.
        channels: Width of the 3x3 convolution; the output has four times
            as many.
        norm_cfg: Config of the normalisation layers.
    """

    expansion = 4

    def __init__(
        self, in_channels: int, channels: int, norm_cfg: dict
    ) -> None:
        super().__init__()
        out_channels = channels * self.expansion
        self.conv1 = ConvNormAct(in_channels, channels, 1, norm_cfg)
        self.conv2 = ConvNormAct(channels, channels, 3, norm_cfg)
        self.conv3 = ConvNormAct(
            channels, out_channels, 1, norm_cfg, act=False
        )
        self.shortcut = (
            nn.Identity()
            if in_channels == out_channels
            else ConvNormAct(in_channels, out_channels, 1, norm_cfg, act=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, 4 * channels, H, W)."""
        y = self.conv3(self.conv2(self.conv1(x)))
        return F.relu_(y.add_(self.shortcut(x)))
