"""mmdetection's HRNet by name."""

import pytest
import torch
from model_tester import max_difference

from uhrnet.detection.backbones import NearestHRNet
from uhrnet.models.backbones.hrnet_arch import HRNET_ARCHS, stages_of

# isort: split
from mmdet.models.backbones import HRNet


def build(**kwargs):
    # One of the hosts' registries resolves the norm's name.
    model = NearestHRNet('w18-small-v1', norm_cfg=dict(type='BN'), **kwargs)
    model.init_weights()
    return model


def test_is_mmdetections():
    ours = build(memory_format='contiguous').eval()
    host = HRNet(stages_of('w18-small-v1'), norm_cfg=dict(type='BN'))
    host.load_state_dict(ours.state_dict())
    host.eval()
    x = torch.randn(1, 3, 96, 64)
    with torch.no_grad():
        outs = ours(x)
        assert max_difference(outs, tuple(host(x))) == 0
    for out, channels, stride in zip(
        outs, ours.out_channels, ours.out_strides, strict=True
    ):
        assert out.shape == (1, channels, 96 // stride, 64 // stride)


@pytest.mark.parametrize('size', [(70, 96), (96, 47)], ids=str)
def test_size_that_32_does_not_divide(size):
    text = f'{size[0]}x{size[1]}.*pad_size_divisor=32'
    with pytest.raises(ValueError, match=text):
        build()(torch.randn(1, 3, *size))


@pytest.mark.parametrize('norm_eval', [True, False])
def test_modes(norm_eval):
    """Batch norms keep their statistics while training, unless told not to."""
    model = build(norm_eval=norm_eval)
    assert model.train() is model
    norms = [x for x in model.modules() if isinstance(x, torch.nn.BatchNorm2d)]
    assert norms and all(x.training != norm_eval for x in norms)
    assert all(p.requires_grad for p in model.parameters())
    assert model.eval() is model


@pytest.mark.parametrize('arch', HRNET_ARCHS)
def test_names(arch):
    with torch.device('meta'):
        model = NearestHRNet(arch)
    channels = HRNET_ARCHS[arch].channels
    assert model.name == f'hrnetv2-{arch}'
    assert model.out_channels == tuple(channels * 2**i for i in range(4))


def test_unknown_name():
    with pytest.raises(ValueError, match="unknown HRNet arch 'w19'.*'w18'"):
        NearestHRNet('w19')


def test_pretrained_that_lacks_a_part(tmp_path):
    state = build().state_dict()
    del state['stage4.0.fuse_layers.0.3.0.weight']
    torch.save(state, tmp_path / 'a.pth')
    start = dict(type='Pretrained', checkpoint=str(tmp_path / 'a.pth'))
    with pytest.raises(ValueError, match='stage4.0.fuse_layers.0.3.0.weight'):
        build(init_cfg=start)
