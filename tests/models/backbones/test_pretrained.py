"""A pre-trained start fits completely or stops."""

import os

import pytest
import torch
from mmengine.model import PretrainedInit

from uhrnet.compat.checkpoint import CheckpointError
from uhrnet.models import UHRNet
from uhrnet.models.backbones.pretrained import PUBLISHED
from uhrnet.models.backbones.uhrnet_arch import ARCHS, arch_name, resolve_arch

TINY = dict(base_channels=2, num_modules=[1] * 8, num_blocks=1)
NAME = 'uhrnet-(2, (1, 1, 1, 1, 1, 1, 1, 1), 1)'


def weights():
    torch.manual_seed(1)
    state = UHRNet(TINY).state_dict()
    return {
        key: torch.rand_like(value) if value.is_floating_point() else value
        for key, value in state.items()
    }


@pytest.fixture
def save(tmp_path):
    def save(prefix='backbone.', more=None, meta=None, wrap=True):
        state = {f'{prefix}{k}': v for k, v in weights().items()}
        state |= more or {}
        path = tmp_path / 'weights.pth'
        torch.save(
            dict(state_dict=state, meta=meta or {}) if wrap else state, path
        )
        return str(path)

    return save


def start(path, arch=TINY, **more):
    cfg = dict(type='Pretrained', checkpoint=path, **more)
    model = UHRNet(arch, init_cfg=cfg)
    model.init_weights()
    return model


def assert_loaded(model):
    state = model.state_dict()
    assert all(torch.equal(state[k], v) for k, v in weights().items())


HEAD = {'decode_head.conv_seg.bias': torch.zeros(19)}


@pytest.mark.parametrize(
    'kwargs, given',
    [
        (dict(), dict()),
        (dict(), dict(prefix='backbone.')),
        (dict(), dict(prefix='backbone')),
        (dict(more=HEAD), dict()),
        (dict(prefix=''), dict()),
        (dict(prefix='', wrap=False), dict()),
        (dict(prefix='teacher.net.'), dict(prefix='teacher.net')),
        (dict(prefix='module.'), dict()),
        (dict(prefix='module.backbone.', more=HEAD), dict()),
    ],
    ids=[
        'found', 'given', 'no dot', 'whole', 'bare', 'no meta', 'other',
        'parallel', 'parallel whole',
    ],
)  # fmt: skip
def test_loads_whatever_the_prefix(save, kwargs, given):
    assert_loaded(start(save(**kwargs), **given))


def test_home_folder(save, monkeypatch):
    folder, name = os.path.split(save())
    monkeypatch.setenv('HOME', folder)
    assert_loaded(start(f'~/{name}'))


def test_no_checkpoint(tmp_path):
    path = str(tmp_path / 'a.pth')
    torch.save(dict(state_dict=[1]), path)
    with pytest.raises(ValueError, match='it has no state_dict'):
        start(path)
    torch.save([1], path)
    with pytest.raises(CheckpointError, match='holds list in place of a dict'):
        start(path)


def test_type_as_a_class_and_among_others(save):
    init = [
        dict(type='Kaiming', layer='Conv2d'),
        dict(type=PretrainedInit, checkpoint=save()),
    ]
    model = UHRNet(TINY, init_cfg=init)
    model.init_weights()
    assert_loaded(model)


def test_counters_may_be_missing(save, tmp_path):
    path = save()
    checkpoint = torch.load(path, weights_only=True)
    state = checkpoint['state_dict']
    for key in [k for k in state if k.endswith('num_batches_tracked')]:
        del state[key]
    torch.save(checkpoint, path)
    assert_loaded(start(path))


def test_another_arch_is_named(save):
    path = save(meta=dict(arch='uhrnet-other'))
    with pytest.raises(ValueError) as error:
        start(path, 'w18-small')
    message = str(error.value)
    assert f'{path} does not fit uhrnet-w18-small: it holds' in message
    assert 'it holds uhrnet-other. The first name in it is' in message
    assert 'stage1.1.conv1.bn.running_mean: missing' in message


def test_one_wrong_parameter(save):
    more = {'backbone.stem1.conv.weight': torch.zeros(64, 4, 3, 3)}
    with pytest.raises(ValueError, match='there are 1 differences:\n  stem1'):
        start(save(more=more))
    with pytest.raises(ValueError, match='extra: unknown'):
        start(save(more={'backbone.extra': torch.zeros(1)}))


def test_wrong_prefix(save):
    with pytest.raises(ValueError, match="prefix 'neck.' there are"):
        start(save(), prefix='neck')


@pytest.mark.parametrize('arch', ARCHS)
def test_absent_file_says_what_to_do(arch, tmp_path):
    path = str(tmp_path / 'absent.pth')
    name = arch_name(resolve_arch(arch))
    assert name == f'uhrnet-{arch}'
    with torch.device('meta'):
        model = UHRNet(arch, init_cfg=dict(type='Pretrained', checkpoint=path))
    with pytest.raises(FileNotFoundError) as error:
        model.init_weights()
    message = str(error.value)
    assert message.startswith(f'init_cfg names {path}, which does not exist')
    assert '--cfg-options model.backbone.init_cfg=None' in message
    if name in PUBLISHED:
        assert PUBLISHED[name] in message
        assert f'.tar.gz {path}\n' in message
    else:
        assert f'No ImageNet weights of {name} have been published' in message


def test_name_of_another_arch():
    assert UHRNet(TINY).name == NAME
