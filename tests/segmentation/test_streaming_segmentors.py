"""Predictions class by class beside the host's, on random weights."""

import copy
import warnings

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from torch import nn
from torch.nn import functional as F

from uhrnet.segmentation.coarse_logits import (
    CoarseLogits,
    Restoration,
    Window,
)
from uhrnet.segmentation.flip_pairs import FlipPairsTTAModel
from uhrnet.segmentation.metrics import ExactIoUMetric

# isort: split
from mmengine.evaluator import Evaluator
from mmseg.models.decode_heads import FCNHead
from mmseg.models.segmentors import SegTTAModel
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

HEAD = dict(
    type='FCNHead',
    in_channels=4,
    in_index=0,
    channels=4,
    num_convs=0,
    concat_input=False,
    num_classes=5,
)
OCR = dict(
    type='TiledOCRHead',
    in_channels=4,
    in_index=0,
    channels=6,
    ocr_channels=4,
    num_classes=5,
)
SLIDE = dict(mode='slide', crop_size=(32, 40), stride=(20, 24))
SIZE = (64, 88)
# Sizes and paddings of images: 375x500 kept in proportion and padded, scaled.
VIEWS = {
    'as it is': dict(ori_shape=SIZE),
    'padded': dict(ori_shape=(50, 67), img_padding_size=[0, 3, 0, 1]),
    'padded all round': dict(ori_shape=(57, 81), padding_size=[3, 4, 5, 2]),
    'mirror image': dict(ori_shape=SIZE, flip=True),
    'upside down': dict(
        ori_shape=(91, 133), flip=True, flip_direction='vertical'
    ),
    'padded mirror image': dict(
        ori_shape=(120, 200), flip=True, img_padding_size=[0, 9, 0, 6]
    ),
}


@MODELS.register_module()
class FourTimesSmaller(nn.Module):
    """A backbone of one convolution."""

    def __init__(self, channels_last=False):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 4, stride=4)
        self.channels_last = channels_last

    def forward(self, images):
        maps = self.convolution(images)
        if self.channels_last:
            maps = maps.contiguous(memory_format=torch.channels_last)
        return (maps,)


@MODELS.register_module()
class HalvingHead(FCNHead):
    """Does more than to enlarge, so that its host has to predict."""

    def predict(self, inputs, batch_img_metas, test_cfg):
        return super().predict(inputs, batch_img_metas, test_cfg) / 2


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmseg')


def both(head=HEAD, channels_last=False, **test_cfg):
    kind, stages = 'EncoderDecoder', {}
    if isinstance(head, list):
        kind, stages = f'Cascade{kind}', dict(num_stages=len(head))
    cfg = dict(
        backbone=dict(type='FourTimesSmaller', channels_last=channels_last),
        decode_head=head,
        test_cfg=ConfigDict(test_cfg or dict(mode='whole')),
        **stages,
    )
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        models = [
            MODELS.build(copy.deepcopy(cfg) | dict(type=prefix + kind)).eval()
            for prefix in ('Streaming', '')
        ]
    for name, weight in models[1].named_parameters():
        if 'conv_seg.weight' in name:  # else all is bias
            nn.init.normal_(weight)
    models[0].load_state_dict(models[1].state_dict())
    return models


def samples(view, count=2):
    metainfo = dict(
        img_shape=(60, 80),
        pad_shape=SIZE,
        flip_direction='horizontal',
        img_path='a',
    )
    return [SegDataSample(metainfo=metainfo | view) for _ in range(count)]


@torch.no_grad()
def predictions(models, images, view):
    return [
        model.predict(images, None if view is None else samples(view))
        for model in models
    ]


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert type(one) is type(other)
        assert sorted(one.keys()) == sorted(other.keys())
        for key in sorted(one.keys()):
            a, b = one.get(key).data, other.get(key).data
            assert a.dtype == b.dtype and torch.equal(a, b), key
            assert a.stride() == b.stride()


@pytest.mark.parametrize('mode', ['whole', 'slide', 'one window'])
@pytest.mark.parametrize('name', [*VIEWS, 'nothing known'])
def test_predictions_are_the_hosts(name, mode):
    test_cfg = {
        'whole': dict(mode='whole'),
        'slide': SLIDE,
        'one window': dict(mode='slide', crop_size=(99, 99), stride=(9, 9)),
    }
    models = both(**test_cfg[mode])
    results = predictions(models, torch.randn(2, 3, *SIZE), VIEWS.get(name))
    assert_equal(*results)


@pytest.mark.parametrize('mode', [dict(mode='whole'), SLIDE])
def test_cascade(mode):
    models = both([HEAD, OCR], **mode)
    view = VIEWS['padded mirror image']
    assert_equal(*predictions(models, torch.randn(2, 3, *SIZE), view))


@pytest.mark.parametrize(
    'head, mode',
    [
        (HEAD | dict(num_classes=2, out_channels=1, threshold=0.4), SLIDE),
        (HEAD | dict(num_classes=2, out_channels=1, threshold=0.4), {}),
        (HEAD | dict(type='HalvingHead'), SLIDE),
        (HEAD | dict(type='HalvingHead'), {}),
        (HEAD | dict(align_corners=True), SLIDE),
        (HEAD | dict(align_corners=True), {}),
    ],
)
def test_other_heads(head, mode):
    """One channel and a threshold, its own predict(), other corners."""
    models = both(head, **mode)
    images = torch.randn(2, 3, *SIZE)
    for view in (VIEWS['padded mirror image'], None):
        assert_equal(*predictions(models, images, view))


@pytest.mark.parametrize('mode', [dict(mode='whole'), SLIDE])
def test_bfloat16(mode):
    """Coarse numbers: many classes are equal, and the first one counts."""
    models = both(**mode)
    images = torch.randn(2, 3, *SIZE)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        results = predictions(models, images, VIEWS['padded'])
    logits = results[1][0].seg_logits.data
    largest = logits == logits.amax(dim=0)
    assert mode is SLIDE or (largest.sum(dim=0) > 1).any()
    assert_equal(*results)


def test_channels_last_differs_in_the_last_bit():
    models = both(channels_last=True)
    ours, theirs = predictions(
        models, torch.randn(2, 3, *SIZE), VIEWS['padded']
    )
    for one, other in zip(ours, theirs, strict=True):
        a, b = one.seg_logits.data, other.seg_logits.data
        assert torch.allclose(a, b, rtol=1e-6, atol=1e-6)
        labels = one.pred_sem_seg.data
        assert torch.equal(labels, a.argmax(dim=0, keepdim=True))
        chosen = b.gather(0, labels)
        assert torch.allclose(chosen[0], b.amax(dim=0), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize('tta', [SegTTAModel, FlipPairsTTAModel])
def test_augmentation(tta):
    """Averages over views read the logits."""
    images = torch.randn(2, 1, 3, *SIZE)
    merged = []
    for model in both():
        wrapper = tta(model)
        if tta is FlipPairsTTAModel:
            wrapper.flip_pairs = [(1, 2)]
        with torch.no_grad():
            views = [
                model.predict(image, samples(VIEWS[name], 1))[0]
                for image, name in zip(
                    images, ('as it is', 'mirror image'), strict=True
                )
            ]
        merged.append(wrapper.merge_preds([views]))
    assert_equal(*merged)


def test_evaluation_makes_no_logits_of_full_size(monkeypatch):
    """Neither predicting nor evaluating has more than one class of them."""
    shapes = []
    resize = F.interpolate

    def note(maps, *args, **kwargs):
        result = resize(maps, *args, **kwargs)
        if not result.is_meta:  # which has no numbers
            shapes.append(result.shape)
        return result

    monkeypatch.setattr(F, 'interpolate', note)
    evaluator = Evaluator(ExactIoUMetric())
    evaluator.dataset_meta = dict(classes='abcde')
    for test_cfg in (dict(mode='whole'), SLIDE):
        shapes.clear()
        model, _ = both(**test_cfg)
        truth = samples(VIEWS['padded'])
        for sample in truth:
            labels = torch.randint(0, 5, (1, 50, 67))
            sample.gt_sem_seg = PixelData(data=labels)
        with torch.no_grad():
            results = model.predict(torch.randn(2, 3, *SIZE), truth)
        evaluator.process(results)
        assert shapes and all(x[0] * x[1] <= 1 for x in shapes)
        assert 'seg_logits' in results[0]
        assert results[0].seg_logits.data.shape == (5, 50, 67)
        assert shapes[-1] == (1, 5, 50, 67)
    assert len(evaluator.metrics[0].results) == 4


def test_hfgd_checks_its_stride():
    head = dict(
        type='HFGDHead',
        in_channels=[4, 4],
        in_index=[0, 0],
        channels=8,
        pyramid_channels=4,
        level_channels=4,
        num_classes=5,
        output_stride=2,
        norm_cfg=dict(type='BN'),
    )
    for test_cfg in (dict(mode='whole'), SLIDE):
        for model in both(head, **test_cfg):
            with torch.no_grad(), pytest.raises(ValueError, match='stride=2'):
                model.predict(torch.randn(1, 3, *SIZE))


def test_unknown_direction():
    model, _ = both()
    view = dict(ori_shape=SIZE, flip=True, flip_direction='diagonal')
    with pytest.raises(ValueError, match="'diagonal'.*'vertical'"):
        predictions([model], torch.randn(2, 3, *SIZE), view)


def test_windows_with_gaps():
    model, _ = both(mode='slide', crop_size=(32, 40), stride=(20, 41))
    with pytest.raises(ValueError, match='stride of 41 leaves .* 40 or less'):
        predictions([model], torch.randn(2, 3, *SIZE), None)


def test_gradients_of_logits():
    """As with the host, logits belong to the graph that made them."""
    model, _ = both()
    (sample,) = model.predict(torch.randn(1, 3, *SIZE))
    sample.seg_logits.data.sum().backward()
    assert model.backbone.convolution.weight.grad is not None
    assert not sample.pred_sem_seg.data.requires_grad


@pytest.mark.parametrize('threads', [1, 2, 3])
@pytest.mark.parametrize('classes', [1, 2, 5, 256, 300])
def test_first_of_equal_classes(classes, threads):
    """Of few values, so that nearly all pixels have several best classes."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        logits = torch.randint(0, 2, (1, classes, 6, 9)).float()
        assert torch.equal(labels_of(logits), argmax(logits))
        logits[:, -1] = 2
        assert (labels_of(logits) == classes - 1).all()
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def labels_of(logits):
    window = Window(logits, slice(0, 6), slice(0, 9))
    return CoarseLogits([window], (6, 9), Restoration()).labels()


def argmax(logits):
    return torch.tensor(logits[0].numpy().argmax(axis=0))[None]


def test_inference_mode():
    """With threads: they do not know of it."""
    model, _ = both()
    images = torch.randn(1, 3, *SIZE)
    expected = model.predict(images)[0].pred_sem_seg.data
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with torch.inference_mode():
            (sample,) = model.predict(images, samples(VIEWS['as it is'], 1))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(sample.pred_sem_seg.data, expected)
    assert sample.seg_logits.data.shape == (5, *SIZE)
