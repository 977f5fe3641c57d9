import torch
from torch import nn

from uhrnet.apis import measure_complexity


def test_hand_counted():
    model = nn.Sequential()
    model.add_module('conv', nn.Conv2d(4, 6, 3, padding=1, groups=2))
    model.add_module('norm', nn.BatchNorm2d(6))
    model.add_module('up', nn.ConvTranspose2d(6, 5, 2, stride=2))
    model.add_module('flat', nn.Flatten(1))
    model.add_module('linear', nn.Linear(5 * 6 * 8, 7))
    cost = measure_complexity(model, (1, 4, 3, 4))
    conv = 6 * 3 * 4 * (2 * 9)
    up = 6 * 3 * 4 * (5 * 4)
    linear = 240 * 7
    assert cost.macs_by_part == dict(conv=conv, up=up, linear=linear)
    assert cost.macs == conv + up + linear
    params = (6 * 2 * 9 + 6) + 12 + (6 * 5 * 4 + 5) + (240 * 7 + 7)
    assert cost.params == params


def test_scales_with_the_input():
    small = measure_complexity(nn.Sequential(nn.Conv2d(3, 8, 1)), (1, 3, 4, 4))
    large = measure_complexity(nn.Sequential(nn.Conv2d(3, 8, 1)), (2, 3, 8, 4))
    assert large.macs == 4 * small.macs


def test_leaves_no_hooks():
    model = nn.Sequential(nn.Conv2d(3, 8, 1))
    measure_complexity(model, (1, 3, 4, 4))
    assert not model[0]._forward_hooks
    assert next(model.parameters()).device == torch.device('meta')
