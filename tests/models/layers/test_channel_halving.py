import torch
from torch.nn import functional as F

from uhrnet.models.layers import halve_channels


def test_mean_of_neighbours():
    x = torch.arange(8.0).reshape(1, 4, 1, 2)
    assert halve_channels(x).tolist() == [[[[1.0, 2.0]], [[5.0, 6.0]]]]
    assert x[0, 0, 0, 0] == 0, 'the input was changed'


def test_keeps_the_memory_format():
    x = torch.randn(2, 6, 5, 4)
    assert halve_channels(x).is_contiguous()
    x = x.to(memory_format=torch.channels_last)
    y = halve_channels(x)
    assert y.is_contiguous(memory_format=torch.channels_last)


def test_commutes_with_bilinear_upsampling():
    x = torch.randn(2, 6, 5, 4, dtype=torch.float64)

    def up(x):
        return F.interpolate(x, (13, 9), mode='bilinear')

    difference = (halve_channels(up(x)) - up(halve_channels(x))).abs().max()
    print(f'max difference {difference:.1e}')
    assert difference < 1e-14


def test_gradient():
    x = torch.randn(1, 4, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(halve_channels, x)
