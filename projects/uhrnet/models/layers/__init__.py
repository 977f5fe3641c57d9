from .channel_halving import halve_channels
from .recomputation import recompute
from .residual import BasicBlock, Bottleneck, ConvNormAct
from .resizing import resize_like
from .same_conv import SameConv2d
from .sum_conv import SumConv

__all__ = [
    'BasicBlock',
    'Bottleneck',
    'ConvNormAct',
    'SameConv2d',
    'SumConv',
    'halve_channels',
    'recompute',
    'resize_like',
]
