"""Shapes of all maps in a network, as it is built."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from uhrnet.apis.config_cost import build_without_memory

Shape = tuple[int, int, int]


def trace_shapes(
    cfg: Config, size: tuple[int, int]
) -> tuple[nn.Module, dict[str, list[Shape]]]:
    """Build a config's model without memory and run it.

    Args:
        cfg: Of any task. Of a detector, backbone and neck are run.
        size: Height and width of the input.

    Returns:
        The model, and what each module returned, by its name: channels,
        height and width of every map.
    """
    init_default_scope(cfg.get('default_scope', 'mmengine'))
    model = build_without_memory(cfg).eval()
    channels = cfg.model.backbone.get('in_channels', 3)
    image = torch.empty((1, channels, *size), device='meta')
    with torch.no_grad(), _recorded(model) as shapes:
        if cfg.get('default_scope') == 'mmdet':
            model.extract_feat(image)
        else:
            model(image, mode='tensor')
    return model, shapes


@contextmanager
def _recorded(model: nn.Module) -> Iterator[dict[str, list[Shape]]]:
    shapes: dict[str, list[Shape]] = {}

    def keep(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            maps = [output] if isinstance(output, Tensor) else output
            if all(isinstance(x, Tensor) and x.dim() == 4 for x in maps):
                shapes[name] = [tuple(x.shape[1:]) for x in maps]

        return hook

    hooks = [
        module.register_forward_hook(keep(name))
        for name, module in model.named_modules()
        if not isinstance(module, nn.ModuleList)
    ]
    try:
        yield shapes
    finally:
        for hook in hooks:
            hook.remove()
