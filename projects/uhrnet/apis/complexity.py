"""Count a model's parameters and multiply-adds without running it."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle


class Complexity(NamedTuple):
    """Size and cost of a model.

    Attributes:
        params: Number of parameters, buffers excluded.
        macs: Multiply-adds of convolutions and linear layers. One
            multiply-add is two floating-point operations.
        macs_by_part: ``macs`` of each direct child, such as ``backbone``.
    """

    params: int
    macs: int
    macs_by_part: dict[str, int]


def measure_complexity(
    model: nn.Module, shape: tuple[int, ...], **forward_args: str
) -> Complexity:
    """Count on the meta device: exact, and at once for any input size.

    A layer that computes otherwise than by convolutions and linear layers
    tells its multiply-adds by a method ``count_macs`` of its inputs.

    The model is moved there, so its weights are lost: build one for the
    count, best under ``torch.device('meta')``.

    Args:
        model: Any module, in a toolbox's form or plain.
        shape: Input shape (N, C, H, W).
        **forward_args: Passed to ``forward``; the toolboxes' models need
            ``mode='tensor'``.
    """
    model = model.to('meta').eval()
    by_part = {}
    handles: list[RemovableHandle] = []
    for part, module in model.named_children():
        by_part[part] = 0
        for layer in module.modules():
            if isinstance(layer, _COUNTED) or hasattr(layer, 'count_macs'):
                handles.append(
                    layer.register_forward_hook(_counter(by_part, part))
                )
    try:
        with torch.no_grad(), _CheapShapes():
            model(torch.empty(shape, device='meta'), **forward_args)
    finally:
        for handle in handles:
            handle.remove()
    params = sum(p.numel() for p in model.parameters())
    by_part = {part: macs for part, macs in by_part.items() if macs}
    return Complexity(params, sum(by_part.values()), by_part)


class DensePart(nn.Module):
    """What a detector of mmdetection computes at every position.

    Its backbone, neck and dense head. What follows, if anything, is computed
    for as many regions as the dense head proposes.

    Args:
        detector: A detector with ``rpn_head`` or ``bbox_head``.
    """

    def __init__(self, detector: nn.Module) -> None:
        super().__init__()
        self.backbone = detector.backbone
        self.neck = detector.neck
        name = 'rpn_head' if hasattr(detector, 'rpn_head') else 'bbox_head'
        self.add_module(name, getattr(detector, name))
        self.head = name

    def forward(self, x: Tensor) -> tuple:
        """Map an image (N, C, H, W) to the head's maps."""
        return getattr(self, self.head)(self.neck(self.backbone(x)))


class _CheapShapes(TorchFunctionMode):
    """Norms as the identity and resizing by nearest neighbours.

    On the meta device PyTorch works these out in Python, which takes longer
    than all else; the results have the same shapes.
    """

    def __torch_function__(
        self,
        func: Callable,
        types: tuple,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        kwargs = kwargs or {}
        if func in _NORMS:
            return args[0]
        if func is F.interpolate:
            kwargs |= dict(mode='nearest', align_corners=None, antialias=False)
        return func(*args, **kwargs)


_NORMS = (F.batch_norm, F.group_norm, F.layer_norm)
_COUNTED = (nn.modules.conv._ConvNd, nn.Linear)


def _counter(
    by_part: dict[str, int], part: str
) -> Callable[[nn.Module, tuple, Tensor], None]:
    def count(layer: nn.Module, inputs: tuple, output: Tensor) -> None:
        if hasattr(layer, 'count_macs'):
            # Its convolution is not called as a layer.
            by_part[part] += layer.count_macs(*inputs)
            return
        # weight: (out, in / groups, kernel...), transposed (in, out / groups,
        # kernel...); each position of the plain one's output, or of the
        # transposed one's input, uses every weight of its channel once.
        transposed = getattr(layer, 'transposed', False)
        positions = inputs[0] if transposed else output
        by_part[part] += positions.numel() * layer.weight[0].numel()

    return count
