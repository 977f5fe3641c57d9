"""Parameters and multiply-adds of a config's model, built for the count."""

import copy

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from torch import nn
from torch.overrides import TorchFunctionMode

from .complexity import Complexity, DensePart, measure_complexity
from .convnext_cost import ConvNeXtLayers


def measure_config(cfg: Config, size: tuple[int, int]) -> Complexity:
    """Count what a config's model has and does, without its weights.

    Of a detector all parameters are counted, and the multiply-adds of
    backbone, neck and dense head: the heads that look at regions cost as
    much as there are proposals.

    Args:
        cfg: Of any task.
        size: Height and width of the input.
    """
    init_default_scope(cfg.get('default_scope', 'mmengine'))
    model = build_without_memory(cfg)
    shape = 1, cfg.model.backbone.get('in_channels', 3), *size
    if cfg.get('default_scope') != 'mmdet':
        return measure_complexity(model, shape, mode='tensor')
    params = sum(p.numel() for p in model.parameters())
    result = measure_complexity(DensePart(model), shape)
    return result._replace(params=params)


def build_without_memory(cfg: Config) -> nn.Module:
    """Build a config's model on the meta device, for a count.

    Where mmpretrain is missing, ConvNeXt has layers of the same cost.
    """
    model = copy.deepcopy(cfg.model)
    if model.backbone.type.endswith('ConvNeXt') and not _has_mmpretrain():
        model.backbone.type = ConvNeXtLayers
    with torch.device('meta'), _RealSchedules():
        return MODELS.build(model)


def _has_mmpretrain() -> bool:
    try:
        import mmpretrain.models  # noqa: F401
    except (ImportError, RuntimeError):  # a torchvision that is off
        return False
    return True


class _RealSchedules(TorchFunctionMode):
    """``linspace`` on the CPU: backbones read rates of drop paths from it."""

    def __torch_function__(
        self,
        func: object,
        types: tuple,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> object:
        kwargs = dict(kwargs or {})
        if func is torch.linspace:
            kwargs.setdefault('device', 'cpu')
        return func(*args, **kwargs)
