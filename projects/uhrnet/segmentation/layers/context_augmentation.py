"""HFGD's context augmentation encoder, on the map of lowest resolution.

The paper (arXiv 2303.08646) names it and says what it is for. What it is made
of is this project's choice: local context by a convolution, then that of
whole rows and columns by axial attention.
"""

from mmcv.cnn import ConvModule
from torch import Tensor, nn
from torch.nn import functional as F

from uhrnet.errors import ConfigError

KINDS = ('axial', 'conv', 'none')
NUM_HEADS = 4


class ContextAugmentation(nn.Sequential):
    """3x3 convolution, axial attention, 1x1 convolution.

    Args:
        in_channels: Channels of the input.
        channels: Channels of the output, and in between.
        kind: ``'axial'`` for all three, ``'conv'`` without the attention,
            ``'none'`` for the 1x1 convolution alone.
        **layer_cfg: ``conv_cfg``, ``norm_cfg`` and ``act_cfg`` of
            ``ConvModule``.

    Raises:
        ConfigError: For another kind, and for ``'axial'`` if its four heads
            do not divide the channels.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kind: str = 'axial',
        **layer_cfg: dict | None,
    ) -> None:
        if kind not in KINDS:
            raise ConfigError(
                f'cae is one of {", ".join(map(repr, KINDS))}, not {kind!r}'
            )
        super().__init__()
        if kind != 'none':
            self.add_module(
                'local',
                ConvModule(in_channels, channels, 3, padding=1, **layer_cfg),
            )
        if kind == 'axial':
            self.add_module(
                'axial', AxialAttention(channels, NUM_HEADS, **layer_cfg)
            )
        self.add_module(
            'project',
            ConvModule(
                in_channels if kind == 'none' else channels,
                channels,
                1,
                **layer_cfg,
            ),
        )


class AxialAttention(nn.Sequential):
    """Every pixel looks along its row, then along its column.

    Args:
        channels: Channels in and out.
        num_heads: Of the attention.
        **layer_cfg: As for :class:`ContextAugmentation`.

    Raises:
        ConfigError: If the heads do not divide the channels.
    """

    def __init__(
        self, channels: int, num_heads: int, **layer_cfg: dict | None
    ) -> None:
        if channels % num_heads:
            raise ConfigError(
                f'{num_heads} heads of attention do not divide {channels} '
                'channels'
            )
        super().__init__()
        for name, by_column in (('rows', False), ('columns', True)):
            self.add_module(
                name,
                LineAttention(channels, num_heads, by_column, **layer_cfg),
            )


class LineAttention(nn.Module):
    """Self-attention within rows or within columns, added to the input.

    Args:
        channels: Channels in and out.
        num_heads: Of the attention.
        by_column: Whether columns are looked along.
        **layer_cfg: As for :class:`ContextAugmentation`. No activation
            follows.
    """

    def __init__(
        self,
        channels: int,
        num_heads: int,
        by_column: bool,
        **layer_cfg: dict | None,
    ) -> None:
        super().__init__()
        layer_cfg['act_cfg'] = None
        self.qkv = ConvModule(
            channels, channels * 3, 1, bias=False, **layer_cfg
        )
        self.attend = Attend(num_heads, by_column)
        self.out = ConvModule(channels, channels, 1, bias=False, **layer_cfg)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        return x + self.out(self.attend(self.qkv(x)))


class Attend(nn.Module):
    """Dot-product attention among the pixels of each line.

    Args:
        num_heads: Groups of channels that attend on their own.
        by_column: Whether a line is a column.
    """

    def __init__(self, num_heads: int, by_column: bool) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.by_column = by_column

    def forward(self, qkv: Tensor) -> Tensor:
        """Map queries, keys and values (N, 3C, H, W) to (N, C, H, W)."""
        if self.by_column:
            qkv = qkv.transpose(2, 3)
        n, c, lines, pixels = qkv.shape
        heads, size = self.num_heads, c // 3 // self.num_heads
        # (3, lines of all images, heads, pixels of a line, channels), dense,
        # as the fast kernels for GPUs want it
        q, k, v = (
            qkv.view(n, 3, heads, size, lines, pixels)
            .permute(1, 0, 4, 2, 5, 3)
            .flatten(1, 2)
            .contiguous()
        )
        out = F.scaled_dot_product_attention(q, k, v)
        out = out.view(n, lines, heads, pixels, size)
        out = out.permute(0, 2, 4, 1, 3).reshape(n, c // 3, lines, pixels)
        return out.transpose(2, 3) if self.by_column else out

    def count_macs(self, qkv: Tensor) -> int:
        """Return the multiply-adds of scores and of weighted means."""
        n, c, h, w = qkv.shape
        return 2 * n * (c // 3) * h * w * (h if self.by_column else w)
