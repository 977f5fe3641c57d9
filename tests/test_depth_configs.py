"""Configs of depth: each is parsed and built, each model and pipeline run."""

import json
import os
import re

import cv2
import numpy as np
import pytest
import torch
from config_files import CONFIGS as ALL_CONFIGS
from config_files import ROOT, distinct, load, named, of_depth
from depth.kitti_list import eigen_list
from mmengine.registry import HOOKS
from torch import nn

from uhrnet.engine.data_sources import SOURCES

CONFIGS = [path for path in ALL_CONFIGS if of_depth(path)]
NAMES = [path.stem for path in CONFIGS]
NUM_CONFIGS = 24
NUM_MODELS = 6
NAME = re.compile(
    r'depth_(?P<backbone>[a-z0-9-]+?)(?P<start>-in1k-pre)?_'
    r'(?P<gpus>\d+)xb(?P<batch>\d+)-(?P<length>\d+)(?P<unit>e|k)_'
    r'(?P<data>[a-z]+)-(?P<crop>\d+x\d+)'
)
# Backbones of each data set, from scratch and from ImageNet weights
BACKBONES = {
    'uhrnet': ('uhrnet-w18-small', 'uhrnet-w18', 'uhrnet-w48'),
    'hrnet': ('hrnet-w18', 'hrnet-w48'),
}
PRETRAINED = {'uhrnet-w18-small', 'uhrnet-w48', 'hrnet-w18', 'hrnet-w48'}
MAX_DEPTH = {'kitti': 80.0, 'nyu': 10.0, 'scenes': 80.0}
CROPS = {'kitti': 'garg', 'nyu': 'nyu', 'scenes': None}
# Predicted by the scenes' head: 80 m, seen by the shortest camera
HEAD_DEPTH = MAX_DEPTH | {'scenes': 100.0}
SCALES = {'kitti': 256, 'nyu': 1000, 'scenes': 1}


@pytest.fixture
def depth_scope(mmseg_scope):
    import uhrnet.depth  # noqa: F401


def test_all_are_seen():
    assert len(CONFIGS) == NUM_CONFIGS
    for family, models in BACKBONES.items():
        for model in models:
            for data in ('kitti-352x704', 'nyu-416x544'):
                names = [f'depth_{model}_4xb4-24e_{data}']
                if model in PRETRAINED:
                    names.append(f'depth_{model}-in1k-pre_4xb4-24e_{data}')
                for name in names:
                    assert ROOT / f'configs/{family}/{name}.py' in CONFIGS
            name = f'depth_{model}_1xb8-4k_scenes-96x160'
            assert ROOT / f'configs/{family}/{name}.py' in CONFIGS


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_agrees_with_its_name(path):
    name = NAME.fullmatch(path.stem)
    assert name, f'{path.stem} does not follow the naming rule'
    cfg = load(path)
    batch, length = int(name['batch']), int(name['length'])
    by_epoch = name['unit'] == 'e'
    length *= 1 if by_epoch else 1000
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == batch * int(name['gpus'])
    key = 'max_epochs' if by_epoch else 'max_iters'
    assert cfg.train_cfg[key] == length
    assert length % cfg.train_cfg.val_interval == 0
    assert cfg.log_processor.by_epoch is by_epoch
    assert cfg.default_hooks.checkpoint.get('by_epoch', True) is by_epoch
    assert cfg.default_hooks.checkpoint.save_best == 'abs_rel'
    assert cfg.default_hooks.checkpoint.rule == 'less'
    up, down = cfg.param_scheduler
    assert (up.begin, up.end) == (0, down.begin) and down.end == length
    assert down.T_max == down.end - down.begin
    assert all(x.by_epoch is by_epoch for x in (up, down))
    crop = tuple(map(int, name['crop'].split('x')))
    assert cfg.model.data_preprocessor.size == crop
    for step in cfg.train_dataloader.dataset.pipeline:
        if step.type == 'RandomCrop':
            assert tuple(step.crop_size) == crop
    family, arch = name['backbone'].split('-', 1)
    assert path.parent.name == family
    assert cfg.model.backbone.arch == arch
    assert bool(name['start']) == ('init_cfg' in cfg.model.backbone)


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_depths_agree(path):
    """Model, loss, loading and metric are of one range; 0 is no depth."""
    cfg = load(path)
    data = NAME.fullmatch(path.stem)['data']
    head = cfg.model.decode_head
    assert head.max_depth == head.loss_decode.max_depth == HEAD_DEPTH[data]
    assert cfg.model.data_preprocessor.seg_pad_val == 0
    for evaluator in (cfg.val_evaluator, cfg.test_evaluator):
        assert evaluator.type == 'MonoDepthMetric'
        assert evaluator.max_depth == MAX_DEPTH[data]
        assert evaluator.get('crop') == CROPS[data]
    assert cfg.submission.evaluator.max_depth == MAX_DEPTH[data]
    pipelines = [
        cfg[f'{x}_dataloader'].dataset.pipeline
        for x in ('train', 'val', 'test')
    ]
    for steps in (*pipelines, cfg.tta_pipeline):
        (loading,) = (x for x in steps if x.type == 'LoadCheckedDepth')
        assert loading.max_depth == MAX_DEPTH[data]
        assert loading.scale == SCALES[data]
        if steps is not pipelines[0]:
            order = [x.type for x in steps]
            assert order.index('FreezeDepth') > order.index(loading.type)
    for step in pipelines[0]:
        assert step.get('seg_pad_val', 0) == 0


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_builds(path, depth_scope):
    from mmseg.registry import DATASETS, METRICS, MODELS, VISUALIZERS

    cfg = load(path)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    assert type(model).__name__ == 'DepthEstimator'
    widths = list(model.backbone.out_channels)
    assert cfg.model.decode_head.in_channels == widths
    assert model.decode_head.channels == sum(widths)
    for loader in ('train', 'val', 'test'):
        dataset = cfg[f'{loader}_dataloader'].dataset
        assert dataset.type in SOURCES, 'nobody is told where to get it'
        assert DATASETS.get(dataset.type) is not None
    for hook in cfg.custom_hooks:
        assert HOOKS.build(hook)
    for evaluator in (cfg.test_evaluator, cfg.submission.evaluator):
        METRICS.build(evaluator)
    assert VISUALIZERS.get(cfg.visualizer.type) is not None
    assert MODELS.get(cfg.tta_model.type) is not None
    assert cfg.randomness == dict(seed=0)


def _model_key(cfg):
    """Architecture, apart from ranges, sizes and first weights."""
    model = cfg.model
    model.backbone.pop('init_cfg', None)
    model.pop('data_preprocessor')
    return re.sub(r"'max_depth': \d+\.0", '', str(model))


@pytest.fixture(scope='module')
def models():
    return distinct(CONFIGS, _model_key)


def test_number_of_models(models):
    assert len(models) == NUM_MODELS


@pytest.mark.parametrize('index', range(NUM_MODELS))
def test_each_model_steps_and_predicts(models, index, depth_scope):
    from mmengine.model import revert_sync_batchnorm
    from mmengine.structures import PixelData
    from mmseg.registry import MODELS
    from mmseg.structures import SegDataSample

    cfg = load(list(models.values())[index])
    cfg.model.backbone.pop('init_cfg', None)
    cfg.model.data_preprocessor.size = (64, 64)
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    high = cfg.model.decode_head.max_depth
    # one image is smaller: the rest of its depth is padding
    sizes = [(64, 64), (48, 64)]
    truth = [torch.rand(1, *size) * (high - 1) + 1 for size in sizes]
    batch = dict(
        inputs=[
            torch.randint(0, 256, (3, *size), dtype=torch.uint8)
            for size in sizes
        ],
        data_samples=[
            SegDataSample(gt_depth_map=PixelData(data=x.clone()))
            for x in truth
        ],
    )
    data = model.data_preprocessor(batch, training=True)
    padded = data['data_samples'][1].gt_depth_map.data
    assert padded.shape == (1, 64, 64) and (padded[:, 48:] == 0).all()
    losses = model.train()(**data, mode='loss')
    assert list(losses) == ['decode.loss_depth']
    assert 0 < losses['decode.loss_depth'].item() < 50
    losses['decode.loss_depth'].backward()
    assert all(p.grad is not None for p in model.parameters())
    image = torch.zeros(3, 47, 70, dtype=torch.uint8)
    sample = SegDataSample(
        metainfo=dict(img_shape=(47, 70), ori_shape=(47, 70))
    )
    with torch.no_grad():
        (first,) = model.eval().test_step(
            dict(inputs=[image], data_samples=[sample])
        )
    depth = first.pred_depth_map.data
    assert depth.shape == (1, 47, 70)
    assert depth.min() > 0 and depth.max() < high


def made_up(data, root):
    """Two samples of a data set, of the real sizes."""
    shape = dict(kitti=(375, 1242), nyu=(480, 640), scenes=(96, 160))[data]
    y, x = np.mgrid[: shape[0], : shape[1]]
    image = np.dstack((x % 256, y % 256, x // 8)).astype(np.uint8)
    metres = 2 + x / 320 + y / 640
    metres[: shape[0] // 4] = 0
    for split in ('train', 'test'):
        if data == 'scenes':
            split = dict(train='train', test='val')[split]
            files = [
                (f'images/{split}/{i}.png', f'depth/{split}/{i}.npy')
                for i in range(2)
            ]
            cameras = [
                dict(file_name=f'{i}.png', intrinsics=[[150.0]])
                for i in range(2)
            ]
            meta = dict(images=dict(train=cameras, val=cameras))
            (root / 'meta.json').write_text(json.dumps(meta))
        elif data == 'nyu':
            inner = dict(train='sync', test='official_splits/test')[split]
            names = [f'{room}/rgb_00001.jpg' for room in ('bath', 'den')]
            depths = [x.replace('rgb', 'sync_depth') for x in names]
            depths = [x.replace('jpg', 'png') for x in depths]
            listed = zip(names, depths, strict=True)
            write_list(root / f'nyudepthv2_{split}_files_with_gt.txt', listed)
            files = [
                (f'{inner}/{a}', f'{inner}/{b}')
                for a, b in zip(names, depths, strict=True)
            ]
        else:
            names = [f'day/drive_{i}/0000000069.png' for i in range(2)]
            depths = [f'drive_{i}/0000000069.png' for i in range(2)]
            listed = [*zip(names, depths, strict=True), ('x.png', 'None')]
            write_list(root / f'eigen_{split}_files_with_gt.txt', listed)
            files = [
                (f'input/{a}', f'gt_depth/{b}')
                for a, b in zip(names, depths, strict=True)
            ]
        for names in files:
            for name, array in zip(names, (image, metres), strict=True):
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.suffix == '.npy':
                    np.save(path, array.astype(np.float32))
                    continue
                if array is metres:
                    array = (metres * SCALES[data]).astype(np.uint16)
                assert cv2.imwrite(str(path), array)
    return metres


def write_list(path, pairs):
    path.write_text(''.join(f'{a} {b} 700.0\n' for a, b in pairs))


@pytest.mark.parametrize('data', MAX_DEPTH)
def test_each_pipeline_steps(data, tmp_path, depth_scope):
    """Files to losses, figures and averages, in the config's own way."""
    from mmengine.dataset import pseudo_collate
    from mmengine.model import revert_sync_batchnorm
    from mmseg.registry import DATASETS, METRICS, MODELS

    metres = made_up(data, tmp_path)
    path = next(
        x for x in CONFIGS if 'w18-small_' in x.stem and f'_{data}-' in x.stem
    )
    cfg = load(path)
    model = MODELS.build(cfg.model)
    model.backbone = AveragingBackbone(cfg.model.decode_head.in_channels)
    model = revert_sync_batchnorm(model)

    def dataset(config, **kwargs):
        return DATASETS.build(config | dict(data_root=str(tmp_path), **kwargs))

    trained = dataset(cfg.train_dataloader.dataset)
    assert len(trained) == 2
    batch = pseudo_collate([trained[0], trained[1]])
    crop = cfg.model.data_preprocessor.size
    for sample in batch['data_samples']:
        depth = sample.gt_depth_map.data
        assert depth.shape == (1, *crop)
        assert depth.min() == 0 and 1 < depth.max() < 8
    losses = model.train().train_step(batch, FakeOptimizer())
    assert 0 < losses['loss'] < 60

    tested = dataset(cfg.test_dataloader.dataset)
    shape = (352, 1216) if data == 'kitti' else metres.shape
    expected = metres[-shape[0] :]
    left = (metres.shape[1] - shape[1]) // 2
    expected = expected[:, left : left + shape[1]]
    averaged = dataset(cfg.test_dataloader.dataset, pipeline=cfg.tta_pipeline)
    tta = MODELS.build(cfg.tta_model | dict(module=cfg.model)).eval()
    tta.module = model.eval()
    with torch.no_grad():
        (plain,) = model.test_step(pseudo_collate([tested[0]]))
        (mean,) = tta.test_step(pseudo_collate([averaged[0]]))
    for sample in (plain, mean):
        truth = sample.gt_depth_map.data[0].numpy()
        assert truth.shape == shape == sample.pred_depth_map.data.shape[1:]
        assert np.abs(truth - expected).max() < 0.01
        metric = METRICS.build(cfg.test_evaluator)
        metric.process({}, [sample.to_dict()])
        assert metric.evaluate(1)['abs_rel'] > 0
    assert len(averaged[0]['inputs']) == 6
    assert not torch.equal(plain.pred_depth_map.data, mean.pred_depth_map.data)


class AveragingBackbone(nn.Module):
    """Maps of the right strides, at no cost: images are of the real size."""

    def __init__(self, widths):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3, x, 1) for x in widths)

    def forward(self, x):
        return [
            conv(nn.functional.avg_pool2d(x, 4 << i, ceil_mode=True))
            for i, conv in enumerate(self.convs)
        ]


class FakeOptimizer:
    """What a training step asks of an optimiser, without one."""

    def optim_context(self, model):
        return torch.no_grad()

    def update_params(self, loss):
        assert torch.isfinite(loss)


def test_652_images_are_evaluated(tmp_path, depth_scope):
    """The real list's structure, small images, the config's pipeline."""
    from mmseg.registry import DATASETS, METRICS

    cfg = named('depth_uhrnet-w18-small_4xb4-24e_kitti-352x704')
    lines = eigen_list(tmp_path).read_text().split('\n')
    config = cfg.test_dataloader.dataset
    config.update(data_root=str(tmp_path), ann_file='kitti_eigen_test.txt')
    cv2.imwrite(str(tmp_path / 'i.png'), np.zeros((12, 40, 3), np.uint8))
    depth = np.full((12, 40), 5 * 256, np.uint16)
    cv2.imwrite(str(tmp_path / 'd.png'), depth)
    for line in filter(None, lines):
        image, truth, _ = line.split()
        for folder, name, file in (
            ('input', image, 'i.png'), ('gt_depth', truth, 'd.png'),
        ):  # fmt: skip
            if name != 'None':
                path = tmp_path / folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                os.link(tmp_path / file, path)
    for step in config.pipeline:
        if step.type == 'CropKITTI':
            step.size = (10, 36)
    dataset = DATASETS.build(config)
    metric = METRICS.build(cfg.test_evaluator)
    for item in dataset:
        sample = item['data_samples']
        sample.pred_depth_map = sample.gt_depth_map
        metric.process({}, [sample.to_dict()])
    assert len(metric.results) == len(dataset) == 652
    assert all(x is not None for x in metric.results)
    figures = metric.evaluate(len(dataset))
    assert figures['a1'] == 1 and figures['abs_rel'] == 0
