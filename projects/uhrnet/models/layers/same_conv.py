"""Strided convolution with TensorFlow's SAME padding."""

import functools

import torch
from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from uhrnet.errors import ConfigError


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Rows of padding before and after ``size`` rows.

    SAME gives ``ceil(size / stride)`` windows and, of an odd number of
    padding rows, puts the odd one last: (0, 1) for 3, stride 2 and an even
    size, where ``padding=1`` would be (1, 1). Output sizes agree, values
    do not.
    """
    windows = -(-size // stride)
    total = max((windows - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


@MODELS.register_module()
class SameConv2d(nn.Conv2d):
    """``nn.Conv2d`` that pads to an output of ``ceil(input / stride)``.

    Takes the arguments of ``nn.Conv2d``; ``padding`` has to be left at 0, as
    it follows from the input. Use it through
    ``ConvModule(conv_cfg=dict(type='SameConv2d'))``.

    Source: ``padding='SAME'`` throughout PaddleSeg's ``uhrnet.py``.

    Raises:
        ConfigError: If ``padding`` is given.
    """

    def __init__(self, *args: int, **kwargs: int | bool) -> None:
        super().__init__(*args, **kwargs)
        if self.padding != (0, 0) or self.padding_mode != 'zeros':
            raise ConfigError(
                'SameConv2d chooses its own padding, of zeros: leave padding '
                f'at 0, not {self.padding} {self.padding_mode}'
            )
        # Where both ways of forward are exact, take the smaller copy.
        stride_h, stride_w = self.stride
        self.pads_input = (
            self.in_channels * stride_h * stride_w <= self.out_channels
        )

    def _conv_forward(
        self, x: Tensor, weight: Tensor, bias: Tensor | None
    ) -> Tensor:
        """Convolve (N, C, H, W) to (N, C', ceil(H / s), ceil(W / s)).

        What ``nn.Conv2d.forward`` calls, and others with weights of their
        own, such as mmcv's ``efficient_conv_bn_eval``.

        Uneven padding is not an option of torch's convolution. Either the
        input is copied with zeros around it, or the windows start one
        stride early and the first output row or column is dropped.
        """
        (top, bottom), (left, right) = (
            same_padding(size, (kernel - 1) * dilation + 1, stride)
            for size, kernel, dilation, stride in zip(
                x.shape[-2:],
                self.kernel_size,
                self.dilation,
                self.stride,
                strict=True,
            )
        )
        convolve = functools.partial(
            F.conv2d,
            weight=weight,
            bias=bias,
            stride=self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )
        if top == bottom and left == right:
            return convolve(x, padding=(top, left))
        if self.pads_input:
            return convolve(F.pad(x, (left, right, top, bottom)))
        early_h, early_w = int(bottom > top), int(right > left)
        y = convolve(
            x,
            padding=(
                top + early_h * self.stride[0],
                left + early_w * self.stride[1],
            ),
        )
        rows = -(-x.shape[-2] // self.stride[0])
        columns = -(-x.shape[-1] // self.stride[1])
        y_format = (
            torch.channels_last
            if y.is_contiguous(memory_format=torch.channels_last)
            else torch.contiguous_format
        )
        # A dense copy: normalising a strided view would cost more.
        return y[
            ..., early_h : early_h + rows, early_w : early_w + columns
        ].contiguous(memory_format=y_format)
