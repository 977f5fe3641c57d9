"""Conversion of the HRNet authors' checkpoints, against their own maths."""

import functools
import shutil
from pathlib import Path

import pytest
import torch
from converters.hrnet_reference import NUM_CLASSES, Reference

import uhrnet  # noqa: F401, the hosts do not import without it
from uhrnet.compat.checkpoint import CheckpointError
from uhrnet.converters.conversion import ConversionError
from uhrnet.converters.hrnet import (
    body_shapes,
    convert_state_dict,
    detect_arch,
    head_shapes,
)
from uhrnet.models.backbones.hrnet_arch import HRNET_ARCHS, stages_of

ROOT = Path(__file__).parents[2]
# What a classifier has besides the body, one name of each kind.
CLASSIFIER = {
    'incre_modules.0.0.conv1.weight': (32, 18, 1, 1),
    'downsamp_modules.0.0.weight': (256, 128, 3, 3),
    'final_layer.0.bias': (2048,),
    'classifier.bias': (1000,),
}
KEY = 'stage3.0.branches.1.0.conv1.weight'
EXACT_SIZES = [(64, 128), (96, 32)]
OTHER_SIZES = [(97, 61), (130, 70)]
BOTH_SMALL = pytest.mark.parametrize('name', ['w18-small-v1', 'w18-small-v2'])


def image(size=(64, 128)):
    return torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))


@functools.cache
def _segmentation(name, norm):
    reference = Reference(name, norm=norm)
    reference.logits(image((32, 32)))
    return reference.state


def segmentation(name='w18-small-v2', norm='batch'):
    return dict(_segmentation(name, norm))


def classification(name='w18-small-v2'):
    reference = Reference(name, fuse='nearest')
    reference.body(image((32, 32)))
    head = {key: torch.ones(shape) for key, shape in CLASSIFIER.items()}
    return reference.state | head


def segmentor(name, state, backbone='ExactHRNet'):
    """The model of the configs, loaded strictly."""
    from mmengine.config import Config
    from mmengine.model import revert_sync_batchnorm
    from mmseg.registry import MODELS

    path = ROOT / 'configs/_base_/models/fcn_hrnet-w18.py'
    cfg = Config.fromfile(path).model
    widths = [HRNET_ARCHS[name].channels * 2**i for i in range(4)]
    cfg.backbone.arch = name
    if backbone == 'HRNet':
        cfg.backbone.type = backbone
        cfg.backbone.extra = stages_of(cfg.backbone.pop('arch'))
    cfg.decode_head.update(
        in_channels=widths, channels=sum(widths), num_classes=NUM_CLASSES
    )
    model = revert_sync_batchnorm(MODELS.build(cfg))
    model.load_state_dict(state)
    return model.eval()


def body(host, name, state):
    """The backbone of a host, loaded strictly."""
    if host == 'mmseg':
        from mmseg.models.backbones import HRNet
    else:
        from mmdet.models.backbones import HRNet
    model = HRNet(stages_of(name))
    model.load_state_dict(
        {k.removeprefix('backbone.'): v for k, v in state.items()}
    )
    model.eval()  # which returns None here
    return model


def difference(ours, theirs):
    """The largest, relative to the largest value."""
    assert len(ours) == len(theirs)
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        worst = max(worst, float((a - b).abs().max() / b.abs().max()))
    return worst


@torch.no_grad()
def compare(model, reference, size):
    """Differences of maps and logits."""
    x = image(size)
    maps = difference(model.extract_feat(x), reference.body(x))
    logits = difference([model(x)], [reference.logits(x)])
    print(
        f'\n{reference.name}, {size[0]}x{size[1]}, {reference.norm_kind} '
        f'norm: maps {maps:.1e}, logits {logits:.1e}'
    )
    return max(maps, logits)


@BOTH_SMALL
def test_segmentation_equals_the_original(mmseg_scope, name):
    source = segmentation(name)
    model = segmentor(name, convert_state_dict(source).state_dict)
    reference = Reference(name)
    for size in EXACT_SIZES:
        assert compare(model, reference, size) < 1e-5
    assert reference.state.keys() == source.keys()


def test_sizes_that_32_does_not_divide(mmseg_scope):
    """The host resizes twice there, ExactHRNet once, as the authors do."""
    name = 'w18-small-v2'
    state = convert_state_dict(segmentation()).state_dict
    host = segmentor(name, state, backbone='HRNet')
    ours = segmentor(name, state)
    for size in OTHER_SIZES:
        assert 1e-3 < compare(host, Reference(name), size) < 1
        assert compare(ours, Reference(name), size) < 1e-5


def test_inplace_abn_of_old_files(mmseg_scope):
    """Weights of either sign, used by their absolute value."""
    source = segmentation(norm='inplace')
    weights = [v for k, v in source.items() if k.endswith('bn1.weight')]
    assert any((w < 0).any() for w in weights)
    assert not any(k.endswith('num_batches_tracked') for k in source)

    name = 'w18-small-v2'
    model = segmentor(name, convert_state_dict(source).state_dict)
    reference = Reference(name, norm='inplace')
    assert compare(model, reference, (64, 128)) < 1e-5
    # What an ordinary batch norm would make of the same file.
    assert compare(model, Reference(name), (64, 128)) > 0.1


def test_classification_equals_the_original_in_mmdet_alone():
    source = classification()
    result = convert_state_dict(source)
    reference = Reference('w18-small-v2', fuse='nearest')
    differences = {}
    with torch.no_grad():
        for host in ('mmdet', 'mmseg'):
            model = body(host, result.arch, result.state_dict)
            for size in EXACT_SIZES:
                x = image(size)
                differences[host, size] = difference(
                    model(x), reference.body(x)
                )
    for (host, size), value in differences.items():
        print(f'\nclassification in {host}, {size}: {value:.1e}')
    for size in EXACT_SIZES:
        assert differences['mmdet', size] < 1e-5
        # mmsegmentation is bilinear: ImageNet weights cross modes.
        assert differences['mmseg', size] > 0.01


@pytest.mark.parametrize('name', HRNET_ARCHS)
def test_enumeration_equals_the_hosts(name):
    from mmseg.models.backbones import HRNet

    with torch.device('meta'):
        model = HRNet(stages_of(name))
    expected = {k: tuple(v.shape) for k, v in model.state_dict().items()}
    assert body_shapes(HRNET_ARCHS[name]) == expected
    assert detect_arch(model.state_dict()) == name


def count(shapes):
    """Parameters without buffers."""
    kinds = ('running_mean', 'running_var', 'num_batches_tracked')
    return sum(
        torch.Size(shape).numel()
        for key, shape in shapes.items()
        if not key.endswith(kinds)
    )


@pytest.mark.parametrize(
    'name, millions',
    [
        # README of HRNet-Image-Classification at f760c988, "#Params"
        ('w18-small-v1', 13.2),
        ('w18-small-v2', 15.6),
        ('w18', 21.3),
        ('w30', 37.7),
        ('w32', 41.2),
        ('w40', 57.6),
        ('w44', 67.1),
        ('w48', 77.5),
        ('w64', 128.1),
    ],
)
def test_variants_have_the_published_number_of_parameters(name, millions):
    arch = HRNET_ARCHS[name]
    total = count(body_shapes(arch))
    widths = (128, 256, 512, 1024)
    for level, out in enumerate(widths):
        source, inner = arch.channels * 2**level, out // 4
        # A bottleneck with a shortcut, and a strided convolution with bias.
        total += source * inner + 9 * inner**2 + inner * out + source * out
        total += 4 * inner + 4 * out
        if out < 1024:
            total += 9 * out * 2 * out + 6 * out
    total += 1024 * 2048 + 3 * 2048 + 2048 * 1000 + 1000
    assert round(total / 1e6, 1) == millions


@pytest.mark.parametrize(
    'name, millions',
    [
        # README of HRNet-Semantic-Segmentation, branch pytorch-v1.1
        ('w18-small-v1', 1.5),
        ('w18-small-v2', 3.9),
        ('w48', 65.8),
    ],
)
def test_and_so_with_the_head_for_cityscapes(name, millions):
    arch = HRNET_ARCHS[name]
    total = count(body_shapes(arch) | head_shapes(arch, 19))
    assert abs(total / 1e6 - millions) < 0.06


def test_result_of_a_segmentation_file():
    source = segmentation()
    result = convert_state_dict(source)
    assert result.arch == 'w18-small-v2'
    assert result.num_classes == NUM_CLASSES
    assert result.used == len(source)
    assert result.dropped == ()
    counters = [
        v for k, v in result.state_dict.items() if k.endswith('tracked')
    ]
    assert all(v.dtype == torch.int64 and v == 1234 for v in counters)
    head = {k for k in result.state_dict if k.startswith('decode_head.')}
    assert len(head) == 8
    mean = result.state_dict['decode_head.convs.0.bn.running_mean']
    folded = source['last_layer.1.running_mean'] - source['last_layer.0.bias']
    assert torch.equal(mean, folded)


def test_result_of_a_classification_file():
    source = classification()
    result = convert_state_dict(source)
    assert result.arch == 'w18-small-v2'
    assert result.num_classes is None
    assert result.dropped == tuple(CLASSIFIER)
    assert result.used == len(source) - len(CLASSIFIER)
    assert all(k.startswith('backbone.') for k in result.state_dict)
    # Negative scales are as they are in an ordinary batch norm.
    for key, value in result.state_dict.items():
        assert torch.equal(value, source[key.removeprefix('backbone.')])


def test_old_files_get_counters():
    """Before torch 0.4.1; a body alone keeps the signs of its weights."""
    source = {
        k: v for k, v in classification().items() if not k.endswith('tracked')
    }
    state = convert_state_dict(source).state_dict
    assert (
        state.keys() == convert_state_dict(classification()).state_dict.keys()
    )
    for key, value in state.items():
        if key.endswith('tracked'):
            assert value == 0 and value.dtype == torch.int64
        else:
            assert torch.equal(value, source[key.removeprefix('backbone.')])


@pytest.mark.parametrize('prefix', ['module.', 'model.', 'module.model.'])
def test_prefixes_and_leftovers_of_training(prefix):
    plain = convert_state_dict(segmentation())
    loss = prefix.removesuffix('model.') + 'loss.criterion.weight'
    source = {prefix + k: v for k, v in segmentation().items()}
    source[loss] = torch.ones(NUM_CLASSES)
    result = convert_state_dict(source)
    assert result.dropped == (loss,)
    assert result.used == plain.used
    assert result.state_dict.keys() == plain.state_dict.keys()
    for key, value in result.state_dict.items():
        assert torch.equal(value, plain.state_dict[key])


def test_one_name_with_two_prefixes():
    source = segmentation()
    source[f'module.{KEY}'] = source[KEY]
    with pytest.raises(ConversionError, match=f'two prefixes: {KEY}'):
        convert_state_dict(source)


def test_the_result_does_not_share_memory_with_the_source():
    source = {k: v.clone() for k, v in segmentation().items()}
    for value in convert_state_dict(source).state_dict.values():
        value.zero_()
    for key, value in segmentation().items():
        assert torch.equal(source[key], value)


def test_missing_and_unknown_names_are_all_listed():
    source = segmentation()
    gone = [KEY, 'last_layer.3.bias', 'layer1.1.bn3.num_batches_tracked']
    for key in gone:
        del source[key]
    source['more.weight'] = torch.zeros(1)
    with pytest.raises(ConversionError, match='HRNet w18-small-v2') as error:
        convert_state_dict(source)
    for line in (*(f'missing: {key}' for key in gone), 'not placed: more'):
        assert line in str(error.value)


@pytest.mark.parametrize(
    'key, shape',
    [
        (KEY, (36, 36, 1, 1)),
        ('last_layer.3.weight', (NUM_CLASSES, 270, 3, 3)),
        ('last_layer.3.bias', (NUM_CLASSES + 1,)),
        ('bn1.num_batches_tracked', (1,)),
    ],
    ids=['body', 'classifier', 'classes', 'counter'],
)
def test_wrong_shapes_name_the_parameter(key, shape):
    source = segmentation()
    source[key] = torch.zeros(shape, dtype=source[key].dtype)
    # One class more in the bias: it is the weight that does not fit.
    named = key.replace('3.bias', '3.weight')
    with pytest.raises(ConversionError, match=f'wrong shapes:\n  {named}: '):
        convert_state_dict(source)


@pytest.mark.parametrize(
    'key, value, found',
    [
        (KEY, torch.zeros(36, 36, 3, 3).half(), 'torch.float16'),
        ('bn1.num_batches_tracked', torch.tensor(1.0), 'torch.float32'),
        ('bn1.num_batches_tracked', 5, 'int'),
    ],
    ids=['half', 'float-counter', 'no-tensor'],
)
def test_wrong_types_name_the_parameter(key, value, found):
    source = segmentation() | {key: value}
    with pytest.raises(ConversionError, match=f'types:\n  {key}: {found} in'):
        convert_state_dict(source)


def test_values_that_cannot_be():
    source = segmentation()
    source[KEY] = torch.full((36, 36, 3, 3), torch.nan)
    with pytest.raises(ConversionError, match=KEY):
        convert_state_dict(source)


@pytest.mark.parametrize(
    'source, message',
    [
        ({}, 'not an HRNet checkpoint: transition1.0.0.weight'),
        ({'epoch': 3, 'optimizer': {}}, 'not an HRNet checkpoint'),
        ({'conv1.weight': torch.zeros(64, 3, 7, 7)}, 'not an HRNet'),
        ({'transition1.0.0.weight': 1}, 'not an HRNet'),
        (
            {'transition1.0.0.weight': torch.zeros(20, 256, 3, 3)},
            'no HRNet has 20 channels',
        ),
    ],
    ids=['empty', 'no-state-dict', 'resnet', 'number', 'width'],
)
def test_something_else(source, message):
    with pytest.raises(ConversionError, match=message):
        convert_state_dict(source)


@pytest.mark.parametrize('key', ['conv3x3_ocr.0.weight', 'aux_head.3.bias'])
def test_ocr_is_refused_with_the_reason(key):
    source = {f'model.{k}': v for k, v in segmentation().items()}
    source[f'model.{key}'] = torch.zeros(1)
    with pytest.raises(ConversionError, match='OCR.*align_corners') as error:
        convert_state_dict(source)
    assert f'model.{key}' in str(error.value)


# Addresses of ImageNet weights that the hosts' configs name.

ZOO = {
    'hrnetv2_w18_small': 'hrnetv2_w18_small-b5a04e21.pth',
    'hrnetv2_w18': 'hrnetv2_w18-00eb2006.pth',
    'hrnetv2_w32': 'hrnetv2_w32-dc9eeb4f.pth',
    'hrnetv2_w40': 'hrnetv2_w40-ed0b031c.pth',
    'hrnetv2_w48': 'hrnetv2_w48-d2186c55.pth',
}


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """Stand in for the network: serves ``content.pth``, keeps addresses."""
    monkeypatch.setenv('MMENGINE_HOME', str(tmp_path / 'mmengine'))
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch'))
    monkeypatch.setattr(torch.hub, '_hub_dir', None)
    addresses = []

    def download(url, dst, *args, **kwargs):
        addresses.append(url)
        shutil.copy(tmp_path / 'content.pth', dst)

    monkeypatch.setattr(torch.hub, 'download_url_to_file', download)
    return tmp_path / 'content.pth', addresses


@pytest.mark.parametrize('name', ZOO)
def test_addresses_of_the_model_zoo(zoo, name):
    from mmengine.runner import CheckpointLoader

    content, addresses = zoo
    torch.save({'name': name}, content)
    loaded = CheckpointLoader.load_checkpoint(f'open-mmlab://msra/{name}')
    assert loaded == {'name': name}
    folder = 'https://download.openmmlab.com/pretrain/third_party'
    assert addresses == [f'{folder}/{ZOO[name]}']


def test_pretrained_weights_reach_the_backbone(zoo, monkeypatch):
    """'hrnetv2_w18_small' is Small-v2, going by the hosts' config."""
    import mmseg
    from mmengine.config import Config
    from mmseg.models.backbones import HRNet

    folder = Path(mmseg.__file__).parent / '.mim/configs/hrnet'
    path = folder / 'fcn_hr18s_4xb2-160k_cityscapes-512x1024.py'
    cfg = Config.fromfile(path)
    address = cfg.model.pretrained
    assert address == 'open-mmlab://msra/hrnetv2_w18_small'
    stages = cfg.model.backbone.extra.to_dict()
    assert stages == stages_of('w18-small-v2')

    content, addresses = zoo
    source = classification()
    torch.save(source, content)
    modes = []
    load = torch.load

    def spy(*args, **kwargs):
        modes.append(kwargs.get('weights_only'))
        return load(*args, **kwargs)

    monkeypatch.setattr(torch, 'load', spy)
    model = HRNet(stages, init_cfg=dict(type='Pretrained', checkpoint=address))
    model.init_weights()
    assert len(addresses) == 1
    assert modes == [True]
    for key, value in model.state_dict().items():
        assert torch.equal(value, source[key]), key


def test_a_download_that_would_run_code_is_refused(zoo):
    from mmengine.runner import CheckpointLoader

    class Call:
        def __reduce__(self):
            return print, ('this ran',)

    torch.save(Call(), zoo[0])
    with pytest.raises(CheckpointError, match='was refused.*GLOBAL print'):
        CheckpointLoader.load_checkpoint('open-mmlab://msra/hrnetv2_w18')
