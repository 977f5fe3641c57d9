from .channel_halving import halve_channels
from .recomputation import recompute
from .residual import BasicBlock, Bottleneck, conv_norm_act
from .same_conv import SameConv2d

__all__ = [
    'BasicBlock',
    'Bottleneck',
    'SameConv2d',
    'conv_norm_act',
    'halve_channels',
    'recompute',
]
