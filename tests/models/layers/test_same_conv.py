import pytest
import torch
from mmcv.cnn import ConvModule
from torch.nn import functional as F

from uhrnet.models.layers import SameConv2d
from uhrnet.models.layers.same_conv import same_padding


@pytest.mark.parametrize(
    'size, kernel, stride, expected',
    [
        (64, 3, 2, (0, 1)),
        (63, 3, 2, (1, 1)),
        (1, 3, 2, (1, 1)),
        (2, 3, 2, (0, 1)),
        (64, 3, 1, (1, 1)),
        (64, 1, 2, (0, 0)),
        (10, 4, 3, (1, 2)),
    ],
)
def test_padding(size, kernel, stride, expected):
    assert same_padding(size, kernel, stride) == expected


@pytest.mark.parametrize('channels', [(2, 32), (8, 4)], ids=['pad', 'crop'])
@pytest.mark.parametrize('memory_format', ['contiguous', 'channels_last'])
@pytest.mark.parametrize('kernel, stride', [(3, 2), (5, 3), (2, 2), (3, 1)])
def test_equals_explicit_padding(channels, memory_format, kernel, stride):
    formats = dict(
        contiguous=torch.contiguous_format, channels_last=torch.channels_last
    )
    conv = SameConv2d(*channels, kernel, stride=stride)
    worst = 0
    for height in range(1, 9):
        for width in range(1, 9):
            x = torch.randn(2, channels[0], height, width)
            x = x.to(memory_format=formats[memory_format])
            top, bottom = same_padding(height, kernel, stride)
            left, right = same_padding(width, kernel, stride)
            expected = F.conv2d(
                F.pad(x, (left, right, top, bottom)),
                conv.weight,
                conv.bias,
                stride,
            )
            y = conv(x)
            assert y.shape == expected.shape
            assert y.shape[2:] == (-(-height // stride), -(-width // stride))
            worst = max(worst, (y - expected).abs().max().item())
    print(f'max difference {worst:.1e}')
    assert worst < 1e-5


def test_differs_from_symmetric_padding_at_even_sizes():
    conv = SameConv2d(4, 4, 3, stride=2)
    x = torch.randn(1, 4, 16, 16)
    symmetric = F.conv2d(x, conv.weight, conv.bias, 2, 1)
    assert (conv(x) - symmetric).abs().max() > 0.1
    odd = x[..., :15, :15]
    symmetric = F.conv2d(odd, conv.weight, conv.bias, 2, 1)
    torch.testing.assert_close(conv(odd), symmetric)


def test_inside_conv_module():
    module = ConvModule(
        3, 8, 3, stride=2, conv_cfg=dict(type='SameConv2d'), norm_cfg=None
    )
    assert isinstance(module.conv, SameConv2d)
    assert module(torch.randn(1, 3, 7, 8)).shape == (1, 8, 4, 4)


@pytest.mark.parametrize(
    'option', [dict(padding=1), dict(padding_mode='reflect')]
)
def test_own_padding_only(option):
    with pytest.raises(ValueError, match='leave padding at 0'):
        SameConv2d(3, 8, 3, stride=2, **option)


def test_convolution_with_folded_weights():
    """mmcv calls the convolution with weights that hold the norm."""
    module = ConvModule(
        8,
        8,
        3,
        stride=2,
        conv_cfg=dict(type='SameConv2d'),
        norm_cfg=dict(type='BN'),
    ).eval()
    module.bn.running_mean.uniform_()
    x = torch.randn(2, 8, 6, 9)
    plain = module(x)
    module.turn_on_efficient_conv_bn_eval()
    with torch.no_grad():
        torch.testing.assert_close(module(x), plain, rtol=1e-4, atol=1e-5)
