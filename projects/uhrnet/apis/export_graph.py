"""What of a model is exported: one graph from an image to tensors."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from uhrnet.errors import ConfigError
from uhrnet.models.layers import SameConv2d

from .inference import prepare_for_inference

CHANNELS_OF_BYTES = 256


class ExportGraph(nn.Module):
    """A model without its data samples, folded, as a function of tensors.

    Segmentation gives ``logits`` (N, K, h, w) at the stride of the head, or
    ``labels`` (N, H, W) at the image's size; depth gives ``depth``
    (N, 1, h, w) in metres; a detector gives the maps of its neck, or of the
    backbone if it has none, ``map0`` and so on.

    Args:
        model: A segmentor, depth estimator or detector. It is copied.
        argmax: Return labels, of segmentation.
        native_padding: Whether the format has SAME padding of its own, as
            ONNX does.

    Raises:
        ConfigError: If labels are wanted of what has no classes.
    """

    def __init__(
        self,
        model: nn.Module,
        argmax: bool = False,
        native_padding: bool = True,
    ) -> None:
        super().__init__()
        self.task = task_of(model)
        self.argmax = argmax
        if argmax and self.task != 'segmentation':
            raise ConfigError(
                f'argmax gives labels, and the model is one of {self.task}: '
                'export without argmax'
            )
        if argmax and model.out_channels == 1:
            raise ConfigError(
                'argmax needs a logit for each class, and the head has one '
                'channel with a threshold: export without argmax'
            )
        model = prepare_for_inference(copy.deepcopy(model))
        self.align_corners = getattr(model, 'align_corners', False)
        kind = NativeSameConv if native_padding else PaddedSameConv
        _replace_same_convs(model, kind)
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Map normalised images (N, C, H, W) to the outputs."""
        outs = reference(self.model, image, self.task)
        if not self.argmax:
            return outs
        (out,) = outs
        labels = F.interpolate(
            out,
            image.shape[-2:],
            mode='bilinear',
            align_corners=self.align_corners,
        ).argmax(dim=1)
        few = out.shape[1] <= CHANNELS_OF_BYTES
        return (labels.to(torch.uint8 if few else torch.int32),)

    def names(self, count: int) -> list[str]:
        """Return the names of ``count`` outputs."""
        if self.task == 'detection':
            return [f'map{i}' for i in range(count)]
        if self.task == 'depth':
            return ['depth']
        return ['labels' if self.argmax else 'logits']


def reference(
    model: nn.Module, image: Tensor, task: str
) -> tuple[Tensor, ...]:
    """Return what the model itself makes of images (N, C, H, W)."""
    if task == 'detection':
        return tuple(model.extract_feat(image))
    return (model(image, mode='tensor'),)


def input_channels(model: nn.Module) -> int:
    """Return the channels of the images that a model takes."""
    return getattr(model.backbone, 'in_channels', 3)


def task_of(model: nn.Module) -> str:
    """Return ``'segmentation'``, ``'depth'`` or ``'detection'``.

    Raises:
        ConfigError: If it is a model of none of them.
    """
    if hasattr(model, 'decode_head'):
        from uhrnet.depth.depth_estimator import DepthEstimator

        depth = isinstance(model, DepthEstimator)
        return 'depth' if depth else 'segmentation'
    if hasattr(model, 'extract_feat') and hasattr(model, 'backbone'):
        return 'detection'
    raise ConfigError(
        f'{type(model).__name__} is no segmentor, depth estimator or detector'
    )


@torch.library.custom_op('uhrnet::same_conv2d', mutates_args=())
def same_conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: list[int],
    dilation: list[int],
    groups: int,
) -> Tensor:
    """Convolve (N, C, H, W) to (N, C', ceil(H / s), ceil(W / s)).

    A convolution whose padding depends on whether the size is odd would tie
    a graph to one or the other. As an op of its own it stays whole until it
    is ONNX's ``Conv`` with ``auto_pad='SAME_UPPER'``.
    """
    conv = SameConv2d(
        x.shape[1],
        weight.shape[0],
        tuple(weight.shape[-2:]),
        stride=tuple(stride),
        dilation=tuple(dilation),
        groups=groups,
        bias=bias is not None,
        device='meta',
    )
    return conv._conv_forward(x, weight, bias)


@same_conv2d.register_fake
def _(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: list[int],
    dilation: list[int],
    groups: int,
) -> Tensor:
    rows, columns = (
        (size + step - 1) // step
        for size, step in zip(x.shape[-2:], stride, strict=True)
    )
    return x.new_empty((x.shape[0], weight.shape[0], rows, columns))


class NativeSameConv(nn.Module):
    """A ``SameConv2d`` as one op of the graph."""

    def __init__(self, conv: SameConv2d) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.conv_cfg = conv.stride, conv.dilation, conv.groups

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, C, H, W)."""
        return same_conv2d(x, self.weight, self.bias, *self.conv_cfg)


class PaddedSameConv(nn.Module):
    """A ``SameConv2d`` whose padding is computed in the graph.

    For 3x3 kernels and stride 2, which is what the models have: one row of
    zeros below, and one above if the number of rows is odd.
    """

    def __init__(self, conv: SameConv2d) -> None:
        super().__init__()
        form = conv.kernel_size, conv.stride, conv.dilation
        if form != ((3, 3), (2, 2), (1, 1)):
            raise ConfigError(
                'torch-export knows SameConv2d of kernel size 3, stride 2 '
                f'and dilation 1, not {form}'
            )
        self.weight, self.bias = conv.weight, conv.bias
        self.groups = conv.groups

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, C, H, W) to (N, C', ceil(H / 2), ceil(W / 2))."""
        height, width = x.shape[-2:]
        x = F.pad(x, (width % 2, 1, height % 2, 1))
        return F.conv2d(
            x, self.weight, self.bias, stride=2, groups=self.groups
        )


def _replace_same_convs(module: nn.Module, kind: type[nn.Module]) -> None:
    for name, child in module.named_children():
        if isinstance(child, SameConv2d):
            setattr(module, name, kind(child))
        else:
            _replace_same_convs(child, kind)
