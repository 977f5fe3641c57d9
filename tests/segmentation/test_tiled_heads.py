"""Heads with losses by tiles beside the host's own."""

import copy
import warnings

import pytest
import torch
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

import uhrnet.segmentation  # noqa: F401
from uhrnet.segmentation import tiled_heads

CLASSES = 7
FCN = dict(
    in_channels=[4, 8],
    in_index=[0, 1],
    input_transform='resize_concat',
    channels=6,
    kernel_size=1,
    num_convs=1,
    concat_input=False,
    dropout_ratio=0,
    num_classes=CLASSES,
)
WEIGHTS = [0.5, 2.0, 1.0, 0.1, 3.0, 1.5, 1.0]
LOSS = dict(type='CrossEntropyLoss')
OPTIONS = {
    'mean over all': dict(loss_decode=LOSS),
    'mean over known': dict(loss_decode=LOSS | dict(avg_non_ignore=True)),
    'weight': dict(loss_decode=LOSS | dict(loss_weight=0.4)),
    'several': dict(
        loss_decode=[
            LOSS | dict(loss_weight=0.4, loss_name='loss_a'),
            LOSS | dict(avg_non_ignore=True, loss_name='loss_b'),
            LOSS | dict(loss_weight=2.0, loss_name='loss_a'),
        ]
    ),
    'corners': dict(align_corners=True, loss_decode=LOSS),
    'ohem by share': dict(
        loss_decode=LOSS,
        sampler=dict(type='OHEMPixelSampler', thresh=0.15, min_kept=50),
    ),
    'ohem by rank': dict(
        loss_decode=LOSS, sampler=dict(type='OHEMPixelSampler', min_kept=300)
    ),
    'ohem of two': dict(
        loss_decode=[LOSS, LOSS | dict(loss_weight=3.0)],
        sampler=dict(type='OHEMPixelSampler', min_kept=300),
    ),
    # what tiles are not for: the host computes
    'dice': dict(loss_decode=dict(type='DiceLoss')),
    'sigmoid': dict(loss_decode=LOSS | dict(use_sigmoid=True)),
}


def maps():
    return [torch.randn(2, 4, 12, 16), torch.randn(2, 8, 6, 8)]


def samples(ignored=0.2):
    labels = torch.randint(0, CLASSES, (2, 1, 48, 64))
    labels[torch.rand(labels.shape) < ignored] = 255
    return [SegDataSample(gt_sem_seg=PixelData(data=x)) for x in labels]


def both(options, kind='FCNHead', base=FCN):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        theirs = MODELS.build(base | dict(type=kind) | options)
        ours = MODELS.build(base | dict(type=f'Tiled{kind}') | options)
    ours.load_state_dict(theirs.state_dict())
    return ours.eval(), theirs.eval()


def compare(ours, theirs, truth, *inputs):
    results = []
    for head in (ours, theirs):
        arguments = copy.deepcopy(inputs)
        losses = head.loss(*arguments, truth, {})
        head.zero_grad()
        sum(x for k, x in losses.items() if 'loss' in k).backward()
        grads = [p.grad.clone() for p in head.parameters()]
        results.append((losses, grads))
    (one, ours), (other, theirs) = results
    assert list(one) == list(other)
    for key in one:
        assert one[key].shape == other[key].shape
        assert torch.allclose(one[key], other[key], rtol=1e-6, atol=1e-7)
    worst = max(
        ((a - b).abs().max() / b.abs().max().clamp(min=1e-9)).item()
        for a, b in zip(ours, theirs, strict=True)
    )
    print(f'gradients differ by {worst:.1e} of the largest')
    assert worst < 5e-6


@pytest.mark.parametrize('name', OPTIONS)
def test_losses_and_gradients_are_the_hosts(name):
    ours, theirs = both(OPTIONS[name])
    compare(ours, theirs, samples(), maps())


def test_class_weights():
    """The host looks up the weight of ignored labels too, and fails."""
    for average in (False, True):
        loss = LOSS | dict(class_weight=WEIGHTS, avg_non_ignore=average)
        ours, theirs = both(dict(loss_decode=loss))
        truth = samples(ignored=0)
        compare(ours, theirs, truth, maps())
        ohem = dict(
            loss_decode=loss,
            sampler=dict(type='OHEMPixelSampler', min_kept=300),
        )
        compare(*both(ohem), truth, maps())
    features, truth = maps(), samples()
    loss = ours.loss(features, truth, {})['loss_ce']
    logits = torch.nn.functional.interpolate(
        ours(features), (48, 64), mode='bilinear'
    )
    expected = torch.nn.functional.cross_entropy(
        logits,
        torch.stack([x.gt_sem_seg.data for x in truth])[:, 0],
        torch.tensor(WEIGHTS),
        ignore_index=255,
    )
    assert torch.allclose(loss, expected)


def test_ocr():
    base = FCN | dict(ocr_channels=4)
    for key in ('kernel_size', 'num_convs', 'concat_input'):
        base.pop(key)
    ours, theirs = both(dict(loss_decode=LOSS), 'OCRHead', base)
    compare(ours, theirs, samples(), maps(), torch.randn(2, CLASSES, 12, 16))


def test_tiles_are_used(monkeypatch):
    """Where they can be, and only there."""
    calls = []
    tiled = tiled_heads.tiled_cross_entropy

    def count(*args):
        calls.append(args)
        return tiled(*args)

    monkeypatch.setattr(tiled_heads, 'tiled_cross_entropy', count)
    numbers = {}
    for name, options in OPTIONS.items():
        ours, _ = both(options)
        calls.clear()
        ours.loss(maps(), samples(), {})
        numbers[name] = len(calls)
    assert numbers == dict.fromkeys(OPTIONS, 1) | {
        'several': 3, 'ohem of two': 2, 'dice': 0, 'sigmoid': 0,
    }  # fmt: skip


def test_all_ignored():
    ours, theirs = both(OPTIONS['mean over known'])
    truth = samples(ignored=2.0)
    loss = ours.loss(maps(), truth, {})
    assert loss['loss_ce'] == 0 == theirs.loss(maps(), truth, {})['loss_ce']
    ours, _ = both(OPTIONS['ohem by share'])
    assert ours.loss(maps(), truth, {})['loss_ce'] == 0


@pytest.mark.parametrize('num_convs', [1, 2])
@pytest.mark.parametrize('train', [False, True])
def test_wide_maps_are_convolved_before_they_are_enlarged(num_convs, train):
    """The same results and gradients, by the host's weights."""
    channels = dict(in_channels=[2, 4, 40], in_index=[0, 1, 2], channels=30)
    options = FCN | channels | dict(num_convs=num_convs)
    options |= dict(norm_cfg=dict(type='BN'), kernel_size=1)
    host = MODELS.build(options | dict(type='FCNHead')).train(train)
    ours = MODELS.build(options | dict(type='TiledFCNHead')).train(train)
    assert isinstance(ours.convs[0], tiled_heads.ConcatConv)
    assert [*ours.state_dict()] == [*host.state_dict()]
    ours.load_state_dict(host.state_dict())
    inputs = [
        torch.randn(2, c, 17 >> i, 22 >> i, requires_grad=True)
        for i, c in enumerate((2, 4, 40))
    ]
    grads = []
    for head in (host, ours):
        out = head(inputs)
        leaves = [*inputs, *head.parameters()]
        weight = torch.arange(out.numel()).view_as(out) / out.numel()
        grads.append([out, *torch.autograd.grad((out * weight).sum(), leaves)])
    for one, other in zip(*grads, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-5)
    if train:
        assert host.convs[0].bn.running_mean.allclose(
            ours.convs[0].bn.running_mean, atol=1e-6
        )


@pytest.mark.parametrize(
    'option',
    [
        dict(kernel_size=3),
        dict(align_corners=True),
        dict(concat_input=True),
        dict(input_transform=None, in_channels=4, in_index=0),
        dict(num_convs=0, channels=12),
    ],
)
def test_other_heads_are_the_hosts(option):
    head = MODELS.build(FCN | option | dict(type='TiledFCNHead')).eval()
    host = MODELS.build(FCN | option | dict(type='FCNHead')).eval()
    assert not any(
        isinstance(x, tiled_heads.ConcatConv) for x in head.modules()
    )
    host.load_state_dict(head.state_dict())
    inputs = maps()
    assert torch.equal(head(inputs), host(inputs))


def test_initialisation_is_the_hosts():
    """Of the same distribution, and drawn when the head is built."""
    spread = []
    for kind in ('FCNHead', 'TiledFCNHead'):
        head = MODELS.build(FCN | dict(type=kind, channels=512))
        drawn = head.convs[0].conv.weight.clone()
        head.init_weights()
        assert torch.equal(drawn, head.convs[0].conv.weight)
        spread.append(drawn.std().item())
    assert spread[1] == pytest.approx(spread[0], rel=0.05)
