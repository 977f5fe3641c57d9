import functools
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from uhrnet.apis import measure_complexity
from uhrnet.converters.conversion import ConversionError
from uhrnet.converters.paddle import convert_state_dict
from uhrnet.models import UHRNet

DATA = Path(__file__).parents[1] / 'data'
sys.path.insert(0, str(DATA))
import uhrnet_golden as golden  # noqa: E402

VARIANTS = {
    'w18-small': 'UHRNet_W18_Small',
    'w18': 'UHRNet_W18',
    'w48': 'UHRNet_W48',
}
CONFIG = 'configs/uhrnet/fcn_uhrnet-{}_4xb2-80k_cityscapes-512x1024.py'


@functools.cache
def _arrays(arch):
    return golden.checkpoint(VARIANTS[arch])


def arrays(arch='w18-small'):
    return dict(_arrays(arch))


def build_segmentor(arch):
    """The model of the Cityscapes config, with plain batch norms."""
    from mmengine.config import Config
    from mmengine.model import revert_sync_batchnorm
    from mmseg.registry import MODELS

    root = Path(__file__).parents[2]
    cfg = Config.fromfile(root / CONFIG.format(arch))
    return revert_sync_batchnorm(MODELS.build(cfg.model))


@pytest.fixture(scope='module')
def reference():
    with np.load(DATA / 'UHRNet_W18_Small.npz') as file:
        return dict(file)


@pytest.fixture
def segmentor(mmseg_scope):
    model = build_segmentor('w18-small')
    model.load_state_dict(convert_state_dict(arrays()).state_dict)
    return model


def relative(ours, theirs):
    ours = ours.detach().numpy()
    assert ours.shape == theirs.shape
    return float(abs(ours - theirs).max() / abs(theirs).max())


@pytest.mark.parametrize('size', [(64, 128), (97, 61), (130, 70)])
def test_features_and_logits_equal_the_original(segmentor, reference, size):
    name = f'{size[0]}x{size[1]}'
    x = torch.from_numpy(golden.image(*size))
    segmentor.eval()
    with torch.no_grad():
        maps = segmentor.extract_feat(x)
        head = segmentor.decode_head
        features = head._transform_inputs(maps)
        logits = head(maps)
        final = torch.nn.functional.interpolate(logits, size, mode='bilinear')
    differences = dict(
        features=relative(features[:, ::7], reference[f'feat_{name}']),
        logits=relative(logits, reference[f'logits_{name}']),
        final=relative(final[..., ::4, ::4], reference[f'final_{name}']),
    )
    print(f'{name}: max relative differences {differences}')
    assert max(differences.values()) < 1e-5


def test_training_loss_and_gradients_equal_the_original(segmentor, reference):
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample

    images = torch.from_numpy(golden.image(64, 128, 2, 1))
    labels = np.random.default_rng(2).integers(0, 19, (2, 64, 128))
    samples = [
        SegDataSample(gt_sem_seg=PixelData(data=torch.from_numpy(x)[None]))
        for x in labels
    ]
    segmentor.train()
    loss = segmentor.loss(images, samples)['decode.loss_ce']
    loss.backward()
    difference = abs(loss.item() - float(reference['train_loss']))
    print(f'loss {loss.item():.6f}, difference {difference:.1e}')
    assert difference < 1e-4

    ours = {
        'backbone.conv_layer1_1._conv': 'backbone.stem1.conv',
        'backbone.st5.stage_st5_2.branches_func.bb_st5_2_branch_layer_2_1'
        '.conv1._conv': 'backbone.stage5.parts.1.low.0.conv1.conv',
        'backbone.tr6.transition_tr6_layer_1._conv': 'backbone.up6.reduce'
        '.conv',
        'backbone.st9.stage_st9_1.branches_func.bb_st9_1_branch_layer_1_2'
        '.conv2._batch_norm': 'backbone.stage9.1.conv2.bn',
        'head.cls': 'decode_head.conv_seg',
    }
    checked = 0
    for key, norm in reference.items():
        if key.startswith('grad_norm:'):
            name = key.removeprefix('grad_norm:').removesuffix('.weight')
            gradient = segmentor.get_parameter(ours[name] + '.weight').grad
            error = abs(gradient.norm().item() / float(norm) - 1)
            print(f'{name}: relative error of the norm {error:.1e}')
            assert error < 1e-3
            checked += 1
    assert checked == 5


@pytest.mark.parametrize(
    'arch, used, backbone, original, gmacs',
    [
        ('w18-small', 613, 13156784, 13240782, 78.445),
        ('w18', 1333, 25889016, 25973014, 147.787),
        ('w48', 1333, 181371456, 181941379, 750.159),
    ],
)
def test_every_key_is_placed(
    mmseg_scope, arch, used, backbone, original, gmacs
):
    source = arrays(arch)
    with torch.device('meta'):
        model = build_segmentor(arch)
    state, detected, num_classes, placed, dropped, notes = convert_state_dict(
        source
    )
    assert not notes
    assert (detected, num_classes, placed) == (arch, 19, used)
    assert len(dropped) == 8 and len(source) == used + 8
    assert all(key.startswith('backbone.last_layer.') for key in dropped)
    assert state.keys() == model.state_dict().keys()
    for key, value in model.state_dict().items():
        assert state[key].shape == value.shape, key

    assert sum(p.numel() for p in model.backbone.parameters()) == backbone
    cost = measure_complexity(model, (1, 3, 1024, 2048), mode='tensor')
    # The original's head has one bias more per channel, folded here.
    assert cost.params + model.decode_head.channels == original
    assert round(cost.macs / 1e9, 3) == gmacs


def test_backbone_alone_with_and_without_prefix():
    whole = convert_state_dict(arrays()).state_dict
    backbone = {k: v for k, v in arrays().items() if k.startswith('backbone.')}
    bare = {k.removeprefix('backbone.'): v for k, v in backbone.items()}
    for source in (backbone, bare):
        state, _, num_classes, _, dropped, _ = convert_state_dict(source)
        assert num_classes is None and len(dropped) == 8
        assert state.keys() == {k for k in whole if k.startswith('backbone.')}
        assert all(torch.equal(state[k], whole[k]) for k in state)


def test_the_result_does_not_share_memory_with_the_source():
    source = arrays()
    state = convert_state_dict(source).state_dict
    kept = source['head.cls.bias'].copy()
    for value in state.values():
        value.zero_()
    assert (source['head.cls.bias'] == kept).all()


def test_missing_and_unknown_keys_are_all_listed():
    source = arrays()
    gone = [
        'backbone.st3.stage_st3_2.fuse_func.residual_st3_2_layer_1_2'
        '._conv.weight',
        'head.cls.bias',
    ]
    for key in gone:
        del source[key]
    source['backbone.extra'] = np.zeros(1, np.float32)
    with pytest.raises(ConversionError) as error:
        convert_state_dict(source)
    for line in (*(f'missing: {key}' for key in gone), 'not placed: backbone'):
        assert line in str(error.value)


def test_wrong_shape_names_the_parameter():
    source = arrays()
    source['head.cls.weight'] = np.zeros((19, 280, 1, 1), np.float32)
    with pytest.raises(ConversionError, match=r'conv_seg.weight: \(19, 280'):
        convert_state_dict(source)


def test_shapes_are_compared_before_anything_is_copied():
    """One array under every name: a small file, and terabytes if copied."""
    large = np.broadcast_to(np.float32(0), (1 << 40,))
    key = 'backbone.tr1.transition_tr1_layer_1._conv.weight'
    source = dict.fromkeys(arrays(), large) | {key: arrays()[key]}
    with pytest.raises(ConversionError, match='with wrong shapes'):
        convert_state_dict(source)


def test_any_number_of_unknown_names():
    more = {
        f'backbone.last_layer.{i}': np.zeros(1, np.float32)
        for i in range(100_000)
    }
    with pytest.raises(ConversionError, match='  and 98000 more$'):
        convert_state_dict(arrays() | more)


@pytest.mark.parametrize(
    'key, value, name',
    [
        ('head.cls.bias', np.nan, 'decode_head.conv_seg.bias'),
        (
            'backbone.conv_layer1_1._batch_norm._variance',
            -1,
            'backbone.stem1.bn.running_var',
        ),
    ],
)
def test_values_that_no_network_has(key, value, name):
    source = arrays()
    source[key] = source[key].copy()
    source[key][0] = value
    with pytest.raises(ConversionError, match=f'not a number.*\n  {name}$'):
        convert_state_dict(source)


@pytest.mark.parametrize(
    'source, message',
    [
        ({}, 'not a U-HRNet'),
        ({'conv1.weight': np.zeros(3)}, 'not a U-HRNet'),
        (
            {
                'backbone.tr1.transition_tr1_layer_1._conv.weight': np.zeros(
                    (32, 256, 3, 3)
                )
            },
            '32 channels at stride 4',
        ),
    ],
)
def test_something_else(source, message):
    with pytest.raises(ConversionError, match=message):
        convert_state_dict(source)


def test_loads_into_a_plain_backbone():
    state = convert_state_dict(arrays()).state_dict
    model = UHRNet('w18-small')
    model.load_state_dict(
        {
            k.removeprefix('backbone.'): v
            for k, v in state.items()
            if k.startswith('backbone.')
        }
    )
