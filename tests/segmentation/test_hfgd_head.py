"""The decoder guided by high-level features."""

import itertools
import sys

import pytest
import torch
from config_files import ROOT
from model_tester import check_model
from torch import nn

from uhrnet.apis import measure_complexity
from uhrnet.segmentation.layers import (
    GuidedClassifier,
    PyramidUpsampler,
    concat_at,
)
from uhrnet.segmentation.layers.context_augmentation import (
    Attend,
    AxialAttention,
    LineAttention,
)

# isort: split
from mmengine.config import ConfigDict
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

BN = dict(type='BN')
FLAGS = ('detach_low', 'detach_high', 'detach_kernels')
COMBINATIONS = [
    dict(zip(FLAGS, values, strict=True))
    for values in itertools.product((False, True), repeat=3)
]
UNET = dict(base_channels=4, num_modules=(1,) * 8, num_blocks=1)
HRNET = dict(
    stage1=dict(
        num_modules=1,
        num_branches=1,
        block='BOTTLENECK',
        num_blocks=(1,),
        num_channels=(8,),
    )
) | {
    f'stage{i}': dict(
        num_modules=1,
        num_branches=i,
        block='BASIC',
        num_blocks=(1,) * i,
        num_channels=(4, 8, 16, 32)[:i],
    )
    for i in (2, 3, 4)
}
RESNET = dict(depth=18, base_channels=8, stem_channels=8, norm_cfg=BN)
SWIN = dict(embed_dims=8, depths=(1,) * 4, num_heads=(1,) * 4, window_size=4)
# Backbone, its maps at stride 4 and beyond, and what the high branch reads.
BACKBONES = {
    'resnet': (dict(type='ResNetV1c', **RESNET), [8, 16, 32, 64], [-1]),
    'hrnet': (
        dict(type='ExactHRNet', arch=HRNET, norm_cfg=BN),
        [4, 8, 16, 32],
        [0, 1, 2, 3],
    ),
    'uhrnet': (
        dict(type='UHRNet', arch=UNET),
        [2, 4, 8, 16, 32],
        [0, 1, 2, 3, 4],
    ),
    'swin': (dict(type='FixedNormSwin', **SWIN), [8, 16, 32, 64], [-1]),
}
STEMS = {'resnet': 8, 'hrnet': 64, 'uhrnet': 64}


def build(name='resnet', stem=False, classes=5, **options):
    """A small segmentor."""
    backbone, channels, high = BACKBONES[name]
    channels = list(channels)
    if stem:
        backbone = backbone | (
            dict(type='StemResNetV1c')
            if name == 'resnet'
            else dict(return_stem=True)
        )
        channels = [STEMS[name], *channels]
        high = [i if i < 0 else i + 1 for i in high]
    head = dict(
        type='HFGDHead',
        in_channels=channels,
        in_index=list(range(len(channels))),
        high_index=high,
        channels=16,
        pyramid_channels=8,
        level_channels=8,
        num_classes=classes,
        norm_cfg=BN,
        output_stride=2 if stem else 4,
    )
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=backbone,
            decode_head=head | options,
            train_cfg=dict(),
            test_cfg=ConfigDict(mode='whole'),
        )
    )
    model.init_weights()
    return model


def samples(height=64, width=64, classes=5):
    return [
        SegDataSample(
            gt_sem_seg=PixelData(
                data=torch.randint(0, classes, (1, height, width))
            ),
            metainfo=dict(
                img_shape=(height, width), ori_shape=(height, width)
            ),
        )
        for _ in range(2)
    ]


def reached(model, loss):
    """Names of the parameters that a loss has a gradient for."""
    names, parameters = zip(
        *((n, p) for n, p in model.named_parameters() if p.requires_grad),
        strict=True,
    )
    grads = torch.autograd.grad(
        loss, parameters, retain_graph=True, allow_unused=True
    )
    return {n for n, g in zip(names, grads, strict=True) if g is not None}


def reaching(model, maps):
    """Names of the backbone's parameters that maps depend on."""
    names = reached(model, sum(x.square().sum() for x in maps))
    assert all(name.startswith('backbone.') for name in names)
    return names


def part(model, prefix):
    names = {n for n, p in model.named_parameters() if n.startswith(prefix)}
    assert names
    return names


@pytest.mark.parametrize(
    'flags', COMBINATIONS, ids=lambda x: str([*x.values()])
)
@pytest.mark.parametrize(
    'name, options',
    [
        *((name, dict()) for name in BACKBONES),
        *((name, dict(stem=True)) for name in STEMS),
        ('uhrnet', dict(top=3)),  # as the configs have it
        ('uhrnet', dict(top=4, stem=True)),
    ],
    ids=str,
)
def test_which_parameters_a_loss_reaches(name, options, flags):
    model = build(name, **options, **flags).train()
    maps = model.extract_feat(torch.rand(2, 3, 64, 64))
    head = model.decode_head
    low = reaching(model, maps[: head.top])
    high = reaching(model, [maps[i] for i in head.high_index])
    kernels = part(model, 'decode_head.conv_seg')
    cae = part(model, 'decode_head.cae')
    upsampler = part(model, 'decode_head.upsampler')

    losses = head.loss(maps, samples(), {})
    expected = set(upsampler)
    if not flags['detach_low']:
        expected |= low
    if not flags['detach_high']:
        expected |= high | cae
    if not flags['detach_kernels']:
        expected |= kernels
    assert reached(model, losses['loss_up_ce']) == expected
    assert reached(model, losses['loss_high_ce']) == high | cae | kernels

    # Nothing is left without a gradient, so DDP need not look for it.
    total = losses['loss_up_ce'] + losses['loss_high_ce']
    trained = {n for n, p in model.named_parameters() if p.requires_grad}
    assert reached(model, total) == trained


def test_paths_in_a_u():
    """The low maps and the high branch of U-HRNet share all its stages."""
    stages = {f'backbone.stage{i}' for i in range(1, 10)}
    for options, expected in (
        (dict(detach_low=False), stages),
        (dict(detach_high=False), stages),
        (dict(), set()),
    ):
        model = build('uhrnet', top=3, **options).train()
        maps = model.extract_feat(torch.rand(2, 3, 64, 64))
        loss = model.decode_head.loss(maps, samples(), {})['loss_up_ce']
        names = {'.'.join(n.split('.')[:2]) for n in reached(model, loss)}
        assert names & stages == expected


@pytest.mark.parametrize(
    'detached, low, high, cae, kernels',
    [
        ('', True, True, True, True),
        ('kernels', True, True, True, False),
        ('high kernels', True, False, False, False),
        ('low high', False, False, False, True),
        ('low high kernels', False, False, False, False),
    ],
)
def test_paths_by_name(detached, low, high, cae, kernels):
    """Of a ResNet, layer4 alone is beyond the finer maps."""
    flags = {f'detach_{x}': x in detached for x in ('low', 'high', 'kernels')}
    model = build('resnet', **flags).train()
    maps = model.extract_feat(torch.rand(2, 3, 64, 64))
    names = reached(
        model, model.decode_head.loss(maps, samples(), {})['loss_up_ce']
    )
    for prefix, wanted in {
        'backbone.stem': low,
        'backbone.layer1': low,
        'backbone.layer3': low,
        'backbone.layer4': high,
        'decode_head.cae': cae,
        'decode_head.conv_seg': kernels,
        'decode_head.upsampler': True,
    }.items():
        expected = part(model, prefix) if wanted else set()
        assert {n for n in names if n.startswith(prefix)} == expected


def test_paths_under_autocast():
    model = build(dropout_ratio=0).train()
    batch = samples()
    image = torch.rand(2, 3, 64, 64)
    plain = model.loss(image, batch)
    with torch.autocast('cpu', torch.bfloat16):
        losses = model.loss(image, batch)
    for key in ('decode.loss_up_ce', 'decode.loss_high_ce'):
        assert reached(model, losses[key]) == reached(model, plain[key])
        assert torch.allclose(losses[key].float(), plain[key], rtol=0.05)


@pytest.mark.parametrize('name, count', [('hrnet', 3), ('uhrnet', 40)])
def test_why_parallel_streams_read_all_maps(name, count):
    """From the coarsest map alone, layers of the others are not reached."""
    model = build(name, high_index=[-1]).train()
    maps = model.extract_feat(torch.rand(2, 3, 64, 64))
    losses = model.decode_head.loss(maps, samples(), {})
    names = reached(model, losses['loss_up_ce'] + losses['loss_high_ce'])
    untrained = part(model, '') - names
    print(f'{name}: {len(untrained)} parameters without a gradient')
    assert len(untrained) >= count
    if name == 'uhrnet':
        assert part(model, 'backbone.stage9') <= untrained


def test_norms_that_only_a_stop_gradient_follows():
    swin = build('swin').backbone
    assert swin.eval() is swin.train() is swin
    fixed = [n for n, p in swin.named_parameters() if not p.requires_grad]
    assert fixed == [
        f'norm{i}.{x}' for i in range(3) for x in ('weight', 'bias')
    ]


def test_one_tensor_of_kernels():
    model = build()
    head = model.decode_head
    shapes = {k: tuple(v.shape) for k, v in head.state_dict().items()}
    assert [k for k, v in shapes.items() if v == (5, 16, 1, 1)] == [
        'conv_seg.weight'
    ]
    assert [k for k, v in shapes.items() if v == (5,)] == ['conv_seg.bias']

    def logits():
        maps = model.eval().extract_feat(image)
        low, high = head.encode(maps)
        return head.classify_upsampled(low, high), head.cls_seg(high)

    image = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        before = logits()
        head.conv_seg.weight[3] += 1
        head.conv_seg.bias[4] += 1
        after = logits()
    for old, new in zip(before, after, strict=True):
        changed = [not torch.equal(old[:, k], new[:, k]) for k in range(5)]
        assert changed == [False, False, False, True, True]
        assert torch.allclose(new[:, 4], old[:, 4] + 1)


@pytest.mark.parametrize(
    'flags', COMBINATIONS, ids=lambda x: str([*x.values()])
)
def test_predictions_do_not_depend_on_what_is_detached(flags):
    model = build(**flags).eval()
    other = build(**dict.fromkeys(FLAGS, False)).eval()
    other.load_state_dict(model.state_dict())
    image = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        first, second = (
            x.predict(image, None)[0].seg_logits.data for x in (model, other)
        )
    assert torch.equal(first, second)


@pytest.mark.parametrize('classes', [19, 59, 171])
@pytest.mark.parametrize(
    'name, stem',
    [*((x, False) for x in BACKBONES), *((x, True) for x in STEMS)],
)
def test_odd_sizes(name, stem, classes):
    model = build(name, stem, classes).eval()
    with torch.no_grad():
        logits = model(torch.rand(1, 3, 513, 65))
        (result,) = model.predict(torch.rand(1, 3, 513, 65))
    assert logits.shape == (
        (1, classes, 257, 33) if stem else (1, classes, 129, 17)
    )
    assert result.pred_sem_seg.data.shape == (1, 513, 65)


class FromOneImage(nn.Module):
    """The head behind maps that are made from an image; both its logits."""

    def __init__(self, **options):
        super().__init__()
        self.head = build(**options).decode_head
        self.out_channels, self.out_strides = (5,), (1,)

    def forward(self, x):
        maps = [
            nn.functional.avg_pool2d(x, 2**i, ceil_mode=True).repeat(
                1, width // 2, 1, 1
            )
            for i, width in enumerate(self.head.in_channels)
        ]
        low, high = self.head.encode(maps)
        logits = self.head.classify_upsampled(low, high)
        return (
            (logits, self.head.cls_seg(high)) if self.training else (logits,)
        )


@pytest.mark.parametrize(
    'options',
    [
        dict(),
        dict(cae='conv', align_corners=True),
        dict(cae='none', conv_cfg=dict(type='ConvWS')),
        dict(norm_cfg=dict(type='GN', num_groups=2), dropout_ratio=0),
        dict(act_cfg=dict(type='GELU'), high_index=[0, 3]),
        dict(in_channels=[4, 8], in_index=[0, 1]),
    ],
    ids=str,
)
def test_common_checks(options):
    check_model(
        lambda: FromOneImage(**options),
        lambda height, width: torch.randn(2, 2, height, width),
        export=True,
    )


def losses_of(*labels, **options):
    """Losses of a model with fixed weights, on a fixed batch."""
    torch.manual_seed(1)
    model = build(**dict(dropout_ratio=0) | options).train()
    torch.manual_seed(2)
    maps = model.extract_feat(torch.rand(2, 3, 64, 64))
    torch.manual_seed(3)
    return model.decode_head.loss(maps, labels or samples(), {})


def test_losses_and_accuracies_of_both_branches():
    losses = losses_of()
    assert list(losses) == [
        'loss_up_ce', 'acc_up_seg', 'loss_high_ce', 'acc_high_seg',
    ]  # fmt: skip
    weighted = losses_of(up_loss_weight=3.0, high_loss_weight=0.5)
    for branch, weight in (('up', 3), ('high', 0.5)):
        for key, factor in (('loss_{}_ce', weight), ('acc_{}_seg', 1)):
            key = key.format(branch)
            assert torch.allclose(weighted[key], losses[key] * factor), key


def test_they_are_the_hosts_losses():
    """Of logits at the size of the labels."""
    model = build(dropout_ratio=0).train()
    head = model.decode_head
    batch = samples()
    maps = model.extract_feat(torch.rand(2, 3, 64, 64))
    losses = head.loss(maps, batch, {})
    low, high = head.encode(maps)
    labels = torch.cat([x.gt_sem_seg.data for x in batch])
    for branch, logits in dict(
        up=head.classify_upsampled(low, high), high=head.conv_seg(high)
    ).items():
        logits = nn.functional.interpolate(logits, (64, 64), mode='bilinear')
        expected = nn.functional.cross_entropy(logits, labels)
        assert torch.allclose(losses[f'loss_{branch}_ce'], expected)
        accuracy = (logits.argmax(1) == labels).float().mean() * 100
        assert torch.allclose(losses[f'acc_{branch}_seg'], accuracy)


def test_several_losses():
    losses = losses_of(
        loss_decode=[
            dict(type='CrossEntropyLoss', loss_weight=2.0),
            dict(type='DiceLoss', loss_name='loss_dice'),
            dict(type='CrossEntropyLoss', loss_name='ce_again'),
        ],
        high_loss_weight=0.5,
    )
    assert [x for x in losses if 'loss' in x] == [
        'loss_up_ce', 'loss_up_dice', 'loss_high_ce', 'loss_high_dice',
    ]  # fmt: skip
    for branch, factor in (('up', 2), ('high', 1)):
        again = losses[f'ce_{branch}_again']
        assert torch.allclose(losses[f'loss_{branch}_ce'], again * factor)


def test_void_pixels_and_hard_ones():
    cross_entropy = dict(type='CrossEntropyLoss', avg_non_ignore=True)
    batch = samples()
    for sample in batch:
        sample.gt_sem_seg.data[:, :32] = 255
    all_void = samples()
    for sample in all_void:
        sample.gt_sem_seg.data[:] = 7
    plain = losses_of(loss_decode=cross_entropy)
    void = losses_of(*batch, loss_decode=cross_entropy)
    none = losses_of(*all_void, loss_decode=cross_entropy, ignore_index=7)
    hard = losses_of(
        sampler=dict(type='OHEMPixelSampler', thresh=0.0, min_kept=2)
    )
    for key in ('loss_up_ce', 'loss_high_ce'):
        assert void[key] != plain[key]
        assert none[key] == 0
        # Of a batch of probabilities above 0, next to nothing is hard.
        assert hard[key] < 0.1 * plain[key]


@pytest.mark.parametrize(
    'options',
    [
        dict(cae='conv'),
        dict(cae='none'),
        dict(channels=24),
        dict(pyramid_channels=12),
        dict(level_channels=12),
        dict(high_index=[0, -1]),
        dict(top=2, high_index=[2, 3]),
        dict(num_classes=7),
    ],
    ids=str,
)
def test_options_that_change_parameters(options):
    shapes, changed = (
        {k: v.shape for k, v in build(**x).decode_head.state_dict().items()}
        for x in (dict(), options)
    )
    assert shapes != changed


@pytest.mark.parametrize(
    'options',
    [
        dict(align_corners=True),
        dict(act_cfg=dict(type='LeakyReLU', negative_slope=0.5)),
        dict(conv_cfg=dict(type='ConvWS')),
        dict(dropout_ratio=0.9),
    ],
    ids=str,
)
def test_options_that_change_outputs(options):
    plain, changed = losses_of(), losses_of(**options)
    for key in ('loss_up_ce', 'loss_high_ce'):
        assert plain[key] != changed[key], key


def test_top_map_below_others():
    """Maps beyond the top one are read by the high branch alone."""
    model = build('uhrnet', top=3).eval()
    head = model.decode_head
    assert head.upsampler.laterals[-1].in_channels == 16
    assert len(head.upsampler.laterals) == 4
    with torch.no_grad():
        maps = list(model.extract_feat(torch.rand(2, 3, 96, 64)))
        low, high = head.encode(maps)
        assert [x.shape[-2:] for x in (*low, high)] == [
            (24, 16), (12, 8), (6, 4), (3, 2),
        ]  # fmt: skip
        maps[4] = maps[4] + 1
        assert not torch.equal(head.encode(maps)[1], high)


def test_axial_attention_looks_along_lines():
    attend = {by: Attend(num_heads=2, by_column=by) for by in (False, True)}
    qkv = torch.randn(2, 24, 3, 5)
    q, k, v = qkv.view(2, 3, 2, 4, 3, 5).unbind(1)  # (N, heads, 4, H, W)
    out = attend[False](qkv).view(2, 2, 4, 3, 5)
    for row in range(3):
        scores = torch.einsum(
            'ndcx,ndcy->ndxy', q[..., row, :], k[..., row, :]
        )
        weights = (scores / 4**0.5).softmax(-1)
        expected = torch.einsum('ndxy,ndcy->ndcx', weights, v[..., row, :])
        assert torch.allclose(out[..., row, :], expected, atol=1e-6)
    turned = attend[True](qkv.transpose(2, 3)).transpose(2, 3)
    assert torch.allclose(turned.reshape(out.shape), out, atol=1e-6)


def test_rows_then_columns():
    """Each pixel sees its row, then, by way of it, everything."""
    model = AxialAttention(8, 2, norm_cfg=BN).eval()
    x = torch.randn(1, 8, 3, 5)
    moved = x.clone()
    moved[..., 1, 2] += 1

    def changed(module):
        with torch.no_grad():
            difference = module(moved) != module(x)
        return difference.any(dim=1)[0]

    row, column = torch.zeros(2, 3, 5, dtype=torch.bool)
    row[1] = True
    column[:, 2] = True
    assert torch.equal(changed(model.rows), row)
    assert torch.equal(changed(model.columns), column)
    assert changed(model).all()
    with torch.no_grad():
        expected = model.columns(model.rows(x))
        assert torch.equal(model(x), expected)
        assert not torch.equal(model.rows(model.columns(x)), expected)


def test_attention_is_normalised_and_not_rectified():
    line = LineAttention(8, 2, False, norm_cfg=BN, act_cfg=dict(type='ReLU'))
    x = torch.randn(2, 8, 9, 9)
    with torch.no_grad():
        added = line.train()(x) - x
    assert torch.allclose(added.mean((0, 2, 3)), torch.zeros(8), atol=1e-5)
    assert torch.allclose(added.std((0, 2, 3)), torch.ones(8), atol=0.1)


def test_defaults():
    """Parameters of each part on a ResNet-50, counted by hand."""
    head = MODELS.build(
        dict(
            type='HFGDHead',
            in_channels=[256, 512, 1024, 2048],
            in_index=[0, 1, 2, 3],
            num_classes=59,
            norm_cfg=BN,
        )
    )
    counts = {
        name: sum(p.numel() for p in getattr(head, name).parameters())
        for name in ('cae', 'upsampler', 'conv_seg')
    }
    c = 256
    local = 9 * 2048 * c + 2 * c
    axial = 2 * (3 * (c * c + 2 * c) + c * c + 2 * c)
    laterals = (256 + 512 + 1024 + c) * c + 4 * 2 * c
    levels = 9 * (4 * c + 3 * 128) * 128 + 7 * 2 * 128
    assert counts == dict(
        cae=local + axial + c * c + 2 * c,
        upsampler=laterals + levels + 128 * c + 2 * c,
        conv_seg=59 * (c + 1),
    )
    assert head.cae.axial.rows.attend.num_heads == 4
    assert head.cae.axial.columns.attend.num_heads == 4
    assert head.detach_low and head.detach_high and head.classify.detach


@pytest.mark.parametrize('align_corners', [False, True])
def test_upsampler_is_a_semantic_fpn(align_corners):
    """Pyramid from the top down, levels on their own way up, their sum."""
    model = PyramidUpsampler(
        [3, 4, 5], 6, 7, 8, align_corners, norm_cfg=BN
    ).eval()
    a, b, c = maps = [
        torch.randn(1, 3, 17, 21),
        torch.randn(1, 4, 9, 11),
        torch.randn(1, 5, 5, 6),
    ]

    def resize(x, like):
        return nn.functional.interpolate(
            x, like.shape[2:], mode='bilinear', align_corners=align_corners
        )

    with torch.no_grad():
        c1 = model.laterals[2](c)
        b1 = model.laterals[1](b) + resize(c1, b)
        a1 = model.laterals[0](a) + resize(b1, a)
        (low,), (middle,), (first, second) = model.levels
        total = (
            low(a1)
            + resize(middle(b1), a)
            + resize(second(resize(first(c1), b)), a)
        )
        expected = model.project(total)
        assert torch.allclose(model(maps), expected, atol=1e-6)


def test_maps_are_brought_to_one_size():
    target = torch.randn(1, 2, 3, 4)
    finer = torch.randn(1, 1, 6, 8)
    coarser = torch.randn(1, 1, 2, 2)
    maps = [finer, target, coarser]
    out = concat_at(1, [0, 1, 2], maps)
    averaged = finer.view(1, 1, 3, 2, 4, 2).mean((3, 5))
    assert torch.allclose(out[:, :1], averaged, atol=1e-6)
    assert torch.equal(out[:, 1:3], target)
    enlarged = nn.functional.interpolate(coarser, (3, 4), mode='bilinear')
    assert torch.equal(out[:, 3:], enlarged)
    assert torch.equal(concat_at(1, [2, 1], maps)[:, 0], out[:, 3])
    assert torch.equal(concat_at(1, [1], maps), target)


@pytest.mark.parametrize(
    'stride, size, good, bad',
    [
        (4, (64, 65), [(16, 16), (16, 17)], [(16, 18), (17, 17), (32, 33)]),
        (2, (64, 65), [(32, 32), (32, 33)], [(31, 32), (32, 34), (16, 17)]),
    ],
)
def test_stride_is_that_of_both_sides(stride, size, good, bad):
    head = build(stem=stride == 2).decode_head
    for shape in good:
        head.check_stride(torch.empty(1, 5, *shape), size)
    for shape in bad:
        with pytest.raises(ValueError, match='got maps of up to'):
            head.check_stride(torch.empty(1, 5, *shape), size)


def test_attention_is_added_to_its_input():
    model = AxialAttention(8, 2, norm_cfg=BN)
    x = torch.randn(2, 8, 3, 5)
    with torch.no_grad():
        for line in model:
            line.out.conv.weight.zero_()
        assert torch.equal(model(x), x)


class Upsampler(nn.Module):
    """An upsampler and its classification of 59 classes, to be counted."""

    def __init__(self, channels):
        super().__init__()
        self.channels = channels
        self.upsampler = PyramidUpsampler(channels, 256, 256, 128, norm_cfg=BN)
        self.classify = GuidedClassifier(detach=True)
        self.kernels = [nn.Conv2d(256, 59, 1)]  # not part of it

    def forward(self, x):
        maps = [
            x.new_empty(1, c, x.shape[2] >> i, x.shape[3] >> i)
            for i, c in enumerate(self.channels)
        ]
        return self.classify(self.upsampler(maps), self.kernels[0])


@pytest.mark.parametrize(
    'stride, channels, params, gmacs',
    [
        (4, (256, 512, 1024, 2048), 2.64, 10.6),
        (2, (64, 256, 512, 1024, 2048), 3.40, 40.6),
    ],
)
def test_cost_of_the_upsampler(stride, channels, params, gmacs):
    """On a ResNet-50 at 512x512, without context augmentation."""
    with torch.device('meta'):
        model = Upsampler(channels)
        side = 512 // stride
        cost = measure_complexity(model, (1, 3, side, side))
    print(f'OS{stride}: {cost.params:,} parameters, {cost.macs:,} MACs')
    assert round(cost.params / 1e6, 2) == params
    assert round(cost.macs / 1e9, 1) == gmacs


def test_costs_less_than_its_rivals(mmseg_scope):
    """Multiply-adds on a ResNet-50 with 171 classes at 512x512."""
    sys.path.insert(0, str(ROOT / 'benchmarks'))
    try:
        import decoder
    finally:
        sys.path.pop(0)
    with torch.device('meta'):
        models = {k: decoder.build(v) for k, v in decoder.DECODERS.items()}
    ours, fine = (
        measure_complexity(decoder.HeadAlone(x.decode_head), (1, 3, 512, 512))
        for x in (models['HFGD, OS4'], models['HFGD, OS2'])
    )
    parts = ('upsampler', 'classify')
    assert list(ours.macs_by_part) == ['cae', *parts]  # and no conv_seg
    small, large = (
        sum(x.macs_by_part[part] for part in parts) for x in (ours, fine)
    )
    print(f'OS2 / OS4: {large / small:.2f}')
    assert large <= 4.2 * small
    totals = {
        name: measure_complexity(model, (1, 3, 512, 512)).macs
        for name, model in models.items()
    }
    for name, total in totals.items():
        print(f'{name}: {total / 1e9:.1f} GMACs')
    for name in ('FPNHead', 'UPerHead', 'FCN, D8', 'DeepLabV3+, D8'):
        assert totals['HFGD, OS4'] < totals[name]


def test_evaluation_does_not_classify_the_high_branch():
    """Its cost is that of a head whose kernels see the fine map alone."""
    model = build(classes=171)
    calls = []
    model.decode_head.conv_seg.register_forward_hook(
        lambda *args: calls.append(args)
    )
    with torch.no_grad():
        model.eval().predict(torch.rand(2, 3, 64, 64))
    assert not calls
    model.train().loss(torch.rand(2, 3, 64, 64), samples())
    assert len(calls) == 1

    costs = [
        measure_complexity(build(classes=x), (1, 3, 64, 64)).macs
        for x in (171, 170)
    ]
    fine, coarse = 16 * 16, 2 * 2
    print(f'a class costs {costs[0] - costs[1]} multiply-adds')
    assert costs[0] - costs[1] == 16 * fine != 16 * (fine + coarse)


def test_other_values_are_refused():
    with pytest.raises(ValueError, match="cae is one of 'axial'.*not 'aspp'"):
        build(cae='aspp')
    with pytest.raises(ValueError, match='output_stride is 4 or.* 2, not 8'):
        build(output_stride=8)
    with pytest.raises(ValueError, match='4 heads .* do not divide 18'):
        build(channels=18)
    with pytest.raises(ValueError, match='top=4 .* among 4 maps, from 0 to 3'):
        build(top=4)
    with pytest.raises(ValueError, match=r'high_index=\[7\] are positions'):
        build(high_index=[7])
    for options in (dict(high_index=[]), dict(top=1), dict(high_index=[0])):
        with pytest.raises(ValueError, match='leave maps .* unread'):
            build(**dict(high_index=None) | options)


def test_wrong_maps_are_refused():
    head = build().decode_head
    maps = [torch.rand(1, c, 8, 8) for c in (8, 16, 32, 64)]
    for wrong in (maps[:3], maps[::-1]):
        with pytest.raises(ValueError) as caught:
            head(wrong)
        message = str(caught.value)
        assert 'reads maps [0, 1, 2, 3] with [8, 16, 32, 64]' in message
        assert f'returns {len(wrong)} with' in message
        assert 'output_stride=2 needs the backbone' in message


def test_missing_stem_is_noticed():
    """And one that is there where no one expects it."""
    for stem, stride in ((False, 2), (True, 4)):
        model = build(stem=stem, output_stride=stride)
        image = torch.rand(2, 3, 64, 64)
        size = (32, 32) if stem else (16, 16)
        with pytest.raises(ValueError, match='got maps of up to') as caught:
            model.loss(image, samples())
        assert f'{size} for images of (64, 64)' in str(caught.value)
        with pytest.raises(ValueError, match='return_stem=True of UHRNet'):
            model.eval().predict(image)
