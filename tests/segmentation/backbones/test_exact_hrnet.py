"""HRNet with one resizing in place of two."""

import pytest
import torch
from model_tester import check_model, max_difference

from uhrnet.models.backbones.hrnet_arch import HRNET_ARCHS
from uhrnet.segmentation.backbones import ExactHRNet

# isort: split
from mmseg.models.backbones import HRNet


def extra(channels=4, modules=(1, 1, 1), blocks=1, stem=(8, 1)):
    widths = [channels * 2**i for i in range(4)]
    stage1 = dict(
        num_modules=1,
        num_branches=1,
        block='BOTTLENECK',
        num_blocks=(stem[1],),
        num_channels=(stem[0],),
    )
    others = {
        f'stage{number}': dict(
            num_modules=modules[number - 2],
            num_branches=number,
            block='BASIC',
            num_blocks=(blocks,) * number,
            num_channels=tuple(widths[:number]),
        )
        for number in (2, 3, 4)
    }
    return dict(stage1=stage1, **others)


TINY = extra()


def build(**kwargs):
    # One of the hosts' registries resolves the norm's name.
    model = ExactHRNet(TINY, norm_cfg=dict(type='BN'), **kwargs)
    model.init_weights()
    return model


@pytest.mark.parametrize(
    'options',
    [dict(), dict(with_cp=True), dict(return_stem=True)],
    ids=str,
)
def test_common_checks(options):
    check_model(lambda: build(**options), lambda h, w: torch.randn(2, 3, h, w))


def test_parameters_are_those_of_the_host_and_outputs_at_multiples_of_32():
    ours = build(memory_format='contiguous')
    host = HRNet(TINY, norm_cfg=dict(type='BN'))
    host.load_state_dict(ours.state_dict())
    ours.eval()
    host.eval()
    x = torch.randn(1, 3, 96, 64)
    with torch.no_grad():
        assert max_difference(tuple(ours(x)), tuple(host(x))) == 0
        x = torch.randn(1, 3, 70, 90)
        assert max_difference(tuple(ours(x)), tuple(host(x))) > 1e-3


def test_memory_formats():
    """Maps and weights lie as asked for, and are the same but for rounding."""
    ours, plain = build(), build(memory_format='contiguous')
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(1, 3, 70, 90)
    with torch.no_grad():
        one, other = ours.eval()(x), plain.eval()(x)
    assert max_difference(one, other) < 1e-5
    last = torch.channels_last
    for model, maps, expected in ((ours, one, True), (plain, other, False)):
        weight = model.layer1[0].conv2.weight
        assert weight.is_contiguous(memory_format=last) == expected
        assert maps[0].is_contiguous(memory_format=last) == expected
    with pytest.raises(ValueError, match="channels_last.*not 'rows'"):
        build(memory_format='rows')


def test_stem_in_front():
    plain, model = build(), build(return_stem=True)
    model.load_state_dict(plain.state_dict())
    assert model.out_channels == (64, *plain.out_channels)
    assert model.out_strides == (2, 4, 8, 16, 32)
    x = torch.randn(1, 3, 70, 90)
    with torch.no_grad():
        stem, *maps = model.eval()(x)
        assert max_difference(tuple(maps), plain.eval()(x)) == 0
        expected = plain.norm1(plain.conv1(x)).relu()
    assert torch.equal(stem, expected)


@pytest.mark.parametrize('arch', HRNET_ARCHS)
def test_names(arch):
    """A name is short for the numbers of the authors' yaml files."""
    facts = HRNET_ARCHS[arch]
    spelt_out = extra(
        facts.channels,
        facts.num_modules,
        facts.num_blocks,
        (facts.stage1_channels, facts.stage1_blocks),
    )
    with torch.device('meta'):
        named, spelt = ExactHRNet(arch), ExactHRNet(spelt_out)
    shapes = {k: v.shape for k, v in named.state_dict().items()}
    assert shapes == {k: v.shape for k, v in spelt.state_dict().items()}
    assert (named.name, spelt.name) == (f'hrnetv2-{arch}', None)
    assert named.out_channels == tuple(facts.channels * 2**i for i in range(4))


def test_unknown_name():
    with pytest.raises(ValueError, match="unknown HRNet arch 'w19'.*'w18'"):
        ExactHRNet('w19')


def pretrained(path, state):
    torch.save(state, path)
    cfg = dict(type='Pretrained', checkpoint=str(path))
    model = build(init_cfg=cfg)
    return model.state_dict()


def test_pretrained_with_the_head_of_a_classifier(tmp_path):
    state = {
        k: torch.rand_like(v.float()) for k, v in build().state_dict().items()
    }
    more = {'classifier.weight': torch.zeros(3)}
    loaded = pretrained(tmp_path / 'a.pth', state | more)
    for key, value in state.items():
        if not key.endswith('num_batches_tracked'):
            assert torch.equal(loaded[key], value)


def test_pretrained_that_lacks_a_part(tmp_path):
    state = build().state_dict()
    del state['stage4.0.fuse_layers.0.3.0.weight']
    with pytest.raises(ValueError, match='stage4.0.fuse_layers.0.3.0.weight'):
        pretrained(tmp_path / 'a.pth', state)
    with pytest.raises(FileNotFoundError, match='No ImageNet weights of HRN'):
        build(init_cfg=dict(type='Pretrained', checkpoint='absent.pth'))
