"""Inference of depth: whole, by windows, mirrored; and the head."""

import pytest
import torch
from mmengine.config import ConfigDict
from torch import nn

import uhrnet.depth.losses
from uhrnet.depth.depth_estimator import DepthEstimator, DepthTTAModel
from uhrnet.depth.heads import DepthHead

# isort: split
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample


@MODELS.register_module()
class PixelBackbone(nn.Module):
    """Sees each pixel alone, at its own place."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x):
        return (self.conv(x),)


HEAD = dict(
    type='DepthHead', in_channels=4, in_index=0, channels=4, num_convs=0,
    concat_input=False, dropout_ratio=0, max_depth=80.0,
)  # fmt: skip


def build(test_cfg, **head):
    backbone = dict(type='PixelBackbone')
    if 'type' in test_cfg:
        backbone = test_cfg.pop('type')
    return MODELS.build(
        dict(
            type='MonoDepthEstimator',
            backbone=backbone,
            decode_head=HEAD | head,
            test_cfg=ConfigDict(test_cfg),
        )
    ).eval()


def counted(model):
    """Record the sizes that the network is run at."""
    calls = []
    encode_decode = model.encode_decode

    def count(inputs, metas):
        calls.append(tuple(inputs.shape[-2:]))
        return encode_decode(inputs, metas)

    model.encode_decode = count
    return calls


def predict(model, image):
    with torch.no_grad():
        (sample,) = model.predict(image)
    return sample.pred_depth_map.data


SLIDE = dict(mode='slide', crop_size=(16, 24), stride=(10, 16))


@pytest.mark.parametrize('flip', [False, True])
def test_windows_give_what_the_whole_gives(flip):
    image = torch.randn(1, 3, 37, 50)
    whole = build(dict(mode='whole', flip=flip))
    slide = build(SLIDE | dict(flip=flip))
    slide.load_state_dict(whole.state_dict())
    calls = counted(whole), counted(slide)
    one, other = predict(whole, image), predict(slide, image)
    difference = (one - other).abs().max().item()
    print(f'slide and whole: max difference {difference:.1e} m of 80')
    assert one.shape == (1, 37, 50) and difference < 1e-4
    # ceil((37 - 16) / 10) + 1 rows, ceil((50 - 24) / 16) + 1 columns
    times = 2 if flip else 1
    assert calls[0] == [(37, 50)] * times
    assert calls[1] == [(16, 24)] * (4 * 3 * times)


def test_mirror_image_is_averaged():
    plain, flip = (
        build(dict(mode='whole')),
        build(dict(mode='whole', flip=True)),
    )
    for model in (plain, flip):  # that knows left from right
        model.backbone.conv = nn.Conv2d(3, 4, (1, 3), padding=(0, 1))
    flip.load_state_dict(plain.state_dict())
    image = torch.randn(1, 3, 20, 30)
    expected = predict(plain, image)
    mirrored = predict(plain, image.flip(-1)).flip(-1)
    assert not torch.allclose(expected, mirrored)
    assert torch.equal(predict(flip, image), (expected + mirrored) / 2)


@pytest.mark.parametrize(
    'direction, axes',
    [('horizontal', (-1,)), ('vertical', (-2,)), ('diagonal', (-2, -1))],
)
def test_padding_mirroring_and_size_are_undone(direction, axes):
    model = build(dict(mode='whole'))
    depth = torch.arange(4 * 6.0).view(1, 1, 4, 6)
    sample = SegDataSample(
        metainfo=dict(
            img_padding_size=[0, 2, 0, 1],
            flip=True,
            flip_direction=direction,
            ori_shape=(6, 8),
        )
    )
    (done,) = model.postprocess_result(depth, [sample])
    inner = depth[0, :, :3, :4].flip(axes)
    expected = nn.functional.interpolate(
        inner[None], (6, 8), mode='bilinear', align_corners=False
    )[0]
    assert torch.equal(done.pred_depth_map.data, expected)


def test_zoomed_depths_are_multiplied():
    model = build(dict(mode='whole'))
    depth = torch.arange(4 * 6.0).view(1, 1, 4, 6)
    sample = SegDataSample(metainfo=dict(zoom=1.5, ori_shape=(4, 6)))
    (done,) = model.postprocess_result(depth, [sample])
    assert torch.equal(done.pred_depth_map.data, depth[0] * 1.5)


def test_versions_of_an_image_are_averaged():
    versions = [
        SegDataSample(
            pred_depth_map=PixelData(data=torch.full((1, 2, 3), value))
        )
        for value in (1.0, 2.0, 6.0)
    ]
    model = DepthTTAModel(module=build(dict(mode='whole')))
    (merged,) = model.merge_preds([versions])
    assert torch.equal(merged.pred_depth_map.data, torch.full((1, 2, 3), 3.0))


@pytest.mark.parametrize(
    'options, low, high',
    [(dict(max_depth=80.0), 0, 80), (dict(min_depth=2.0), 2, None)],
    ids=['sigmoid', 'relu'],
)
def test_range(options, low, high):
    head = MODELS.build(HEAD | dict(max_depth=None) | options).eval()
    nn.init.normal_(head.conv_seg.weight, std=50)
    with torch.no_grad():
        depth = head([torch.randn(2, 4, 30, 30)])
    assert depth.shape == (2, 1, 30, 30)
    assert depth.min() >= low and (depth.min() - low) < 1e-3
    if high:
        assert depth.max() <= high and high - depth.max() < 1e-3
    else:
        assert depth.max() > 100


def test_loss_is_of_depths_at_the_size_of_the_truth():
    model = build(dict(mode='whole')).train()
    head = model.decode_head
    maps = [torch.randn(2, 4, 8, 12)]
    truth = torch.rand(2, 1, 16, 24) * 60
    samples = [SegDataSample(gt_depth_map=PixelData(data=x)) for x in truth]
    losses = head.loss(maps, samples, {})
    assert list(losses) == ['loss_depth']
    depth = nn.functional.interpolate(head(maps), (16, 24), mode='bilinear')
    expected = uhrnet.depth.losses.SigLoss()(depth, truth)
    assert torch.allclose(losses['loss_depth'], expected)
    with pytest.raises(ValueError, match='images without gt_depth_map'):
        head.loss(maps, [samples[0], SegDataSample()], {})


def test_metres_are_float32_in_mixed_precision():
    """bfloat16 would know 80 m to a quarter of a metre."""
    head = MODELS.build(HEAD).eval()
    maps = torch.randn(1, 4, 20, 20)
    with torch.no_grad():
        exact = head([maps])
        with torch.autocast('cpu', torch.bfloat16):
            mixed = head([maps])
    assert mixed.dtype == torch.float32
    assert 0 < (mixed - exact).abs().max() < 0.5
    assert mixed.unique().numel() > 300


@pytest.mark.parametrize(
    'options',
    [{}, dict(max_depth=80, min_depth=1), dict(max_depth=-1.0)],
    ids=['none', 'both', 'negative'],
)
def test_other_ranges_are_refused(options):
    with pytest.raises(ValueError, match='needs either max_depth'):
        DepthHead(in_channels=4, channels=4, **options)


@pytest.mark.parametrize(
    'test_cfg, message',
    [
        (dict(mode='windows'), "'whole' or 'slide', not 'windows'"),
        (dict(mode='slide', crop_size=(8, 8)), 'needs stride'),
        (dict(mode='whole', filp=True), 'no option filp'),
    ],
)
def test_other_test_cfgs_are_refused(test_cfg, message):
    with pytest.raises(ValueError, match=message):
        build(test_cfg)


def test_names_beside_the_hosts():
    """Both toolboxes' classes can be loaded, in either order."""
    import mmseg.evaluation
    import mmseg.models  # noqa: F401
    from mmseg.registry import METRICS

    import uhrnet.depth.metrics

    assert MODELS.get('MonoDepthEstimator') is DepthEstimator
    assert MODELS.get('DepthEstimator') is not DepthEstimator
    ours = uhrnet.depth.metrics.DepthMetric
    assert METRICS.get('MonoDepthMetric') is ours
    assert METRICS.get('DepthMetric') is not ours
