"""Every config is parsed and built; every distinct model is run once."""

import re

import pytest
import torch
from config_files import CONFIGS as ALL_CONFIGS
from config_files import (
    ROOT,
    dicts_in,
    distinct,
    load,
    of_detection,
)
from mmengine.registry import HOOKS

from uhrnet.engine.data_sources import SOURCES
from uhrnet.engine.dataset_configs import innermost_dataset

CONFIGS = [path for path in ALL_CONFIGS if of_detection(path)]
NAMES = [path.stem for path in CONFIGS]
NUM_CONFIGS = 77
NUM_MODELS = 15
NUM_PIPELINES = 8
NUM_PRETRAINED = 60

# algorithm_backbone_GPUsxbBATCH-schedule_dataset, and crop or size if fixed
NAME = re.compile(
    r'(?P<algorithm>[a-z-]+)_(?P<neck>(u?hrnetv2p?)|r50-fpn)(-(?P<arch>w.*?))?'
    r'(?P<start>-in1k-pre)?_'
    r'(?P<gpus>\d+)xb(?P<batch>\d+)-(?P<schedule>(ms-)?(\dx|\d+e))_'
    r'(?P<data>[a-z]+(-(?P<size>\d+x\d+))?)'
)
# Each with HRNet and U-HRNet in three or four sizes.
BENCHMARKS = (
    'faster-rcnn_{}v2p-{}_8xb2-1x_coco',
    'faster-rcnn_{}v2p-{}_8xb2-2x_coco',
    'mask-rcnn_{}v2p-{}_8xb2-1x_coco',
    'mask-rcnn_{}v2p-{}_8xb2-2x_coco',
    'cascade-rcnn_{}v2p-{}_8xb2-20e_coco',
    'cascade-mask-rcnn_{}v2p-{}_8xb2-20e_coco',
    'htc_{}v2p-{}_8xb2-20e_coco',
    'fcos_{}v2p-{}_4xb4-2x_coco',
    'fcos_{}v2p-{}_4xb4-ms-2x_coco',
    'centernet_{}v2-{}_8xb16-140e_coco-512x512',
)
BACKBONES = {
    'hrnet': [f'w{width}-in1k-pre' for width in (18, 32, 40, 48)],
    # no ImageNet weights of W18 have been published
    'uhrnet': ['w18-small-in1k-pre', 'w18', 'w48-in1k-pre'],
}
# Epochs, and those after which the rate drops.
SCHEDULES = {
    '1x': (12, [8, 11]),
    '2x': (24, [20, 23]),
    'fcos 2x': (24, [16, 22]),
    '20e': (20, [16, 19]),
    '140e': (28, [18, 24]),  # of five rounds each
}
MASKS = ('mask-rcnn', 'cascade-mask-rcnn', 'htc')


def test_all_are_seen():
    assert len(CONFIGS) == NUM_CONFIGS


def test_every_backbone_meets_every_detector():
    for family, archs in BACKBONES.items():
        for benchmark in BENCHMARKS:
            for arch in archs:
                name = benchmark.format(family, arch)
                assert ROOT / 'configs' / family / f'{name}.py' in CONFIGS


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_agrees_with_its_name(path):
    name = NAME.fullmatch(path.stem)
    assert name, f'{path.stem} does not follow the naming rule'
    cfg = load(path)
    batch, gpus = int(name['batch']), int(name['gpus'])
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == batch * gpus
    schedule = name['schedule'].removeprefix('ms-')
    if name['algorithm'] == 'fcos':
        schedule = f'fcos {schedule}'
    decay = cfg.param_scheduler[-1]
    if schedule in SCHEDULES:
        epochs, milestones = SCHEDULES[schedule]
        assert decay.milestones == milestones
    else:
        epochs = int(schedule.removesuffix('e'))
        assert decay.T_max == epochs
    assert decay.end == cfg.train_cfg.max_epochs == epochs
    assert epochs % cfg.train_cfg.val_interval == 0
    interval = cfg.default_hooks.checkpoint.interval
    assert interval == cfg.train_cfg.val_interval
    rounds = cfg.train_dataloader.dataset.get('times', 1)
    assert rounds == (5 if schedule == '140e' else 1)
    backbone, neck = cfg.model.backbone, cfg.model.neck
    kinds = {
        'hrnetv2p': ('NearestHRNet', 'HRNetV2p'),
        'hrnetv2': ('NearestHRNet', 'HRNetV2'),
        'uhrnetv2p': ('UHRNet', 'HRNetV2p'),
        'uhrnetv2': ('UHRNet', 'HRNetV2'),
        'r50-fpn': ('ResNet', 'FPN'),
    }
    assert (backbone.type, neck.type) == kinds[name['neck']]
    assert backbone.get('arch') == name['arch']
    multiscale = any('Random' in x for x in types(cfg) if 'Resize' in x)
    assert multiscale == (
        name['schedule'].startswith('ms-') or name['data'] == 'bccd-480x640'
    )


def types(cfg):
    """What the pipeline of a training does, in order."""
    return [
        step.type for step in innermost_dataset(cfg.train_dataloader).pipeline
    ]


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_builds(path, mmdet_scope):
    from mmdet.registry import (
        DATASETS,
        METRICS,
        MODELS,
        TRANSFORMS,
        VISUALIZERS,
    )

    cfg = load(path)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    if hasattr(model.backbone, 'out_channels'):
        assert model.neck.in_channels == model.backbone.out_channels
    train = innermost_dataset(cfg.train_dataloader)
    assert train.type in SOURCES, 'nobody is told where to get it'
    classes = DATASETS.get(train.type).METAINFO['classes']
    counts = {
        node.num_classes
        for node in dicts_in(cfg.model)
        if 'num_classes' in node and node.type != 'FusedSemanticHead'
    }
    assert counts == {len(classes)}
    masks = path_has_masks(path)
    for split in ('train', 'val', 'test'):
        dataset = innermost_dataset(cfg[f'{split}_dataloader'])
        assert dataset.type == train.type
        for step in dataset.pipeline:
            TRANSFORMS.build(step)
        (loading,) = (
            x for x in dataset.pipeline if x.type == 'LoadAnnotations'
        )
        assert loading.get('with_mask', False) == masks
        if split != 'train':
            evaluator = cfg[f'{split}_evaluator']
            metrics = ['bbox', 'segm'] if masks else 'bbox'
            assert evaluator.metric == metrics
            assert METRICS.get(evaluator.type) is not None
            # the truth is in a file, or comes with the samples
            assert ('ann_file' in evaluator) != (
                'instances' in dataset.pipeline[-1].meta_keys
            )
            if 'ann_file' in evaluator:
                file = dataset.data_root + dataset.ann_file
                assert evaluator.ann_file == file
    assert ('seg' in train.data_prefix) == (path.stem.startswith('htc'))
    assert cfg.model.data_preprocessor.get('pad_mask', False) == masks
    for hook in cfg.custom_hooks:
        assert HOOKS.build(hook)
    assert VISUALIZERS.get(cfg.visualizer.type) is not None
    if not masks and 'coco' in path.stem:
        assert cfg.tta_model.type and cfg.tta_pipeline
    assert cfg.randomness == dict(seed=0)


def test_pretrained_starts_are_published():
    from mmengine.runner.checkpoint import get_external_models

    zoo = get_external_models()
    guide = (ROOT / 'docs/official_weights.md').read_text()
    seen = 0
    for path in CONFIGS:
        backbone = load(path).model.backbone
        start = backbone.get('init_cfg')
        assert (start is not None) == ('-in1k-pre_' in path.stem)
        if start is None:
            assert not backbone.get('norm_eval', False)
            continue
        # what U-HRNet's statistics are of is not known, so they are learnt
        if backbone.type == 'UHRNet':
            assert not backbone.get('norm_eval', False)
        file = start.checkpoint
        assert start.type == 'Pretrained'
        if backbone.type == 'UHRNet':
            assert file == f'checkpoints/uhrnet-{backbone.arch}_in1k.pth'
            assert file in guide
        else:
            scheme, key = file.split('://')
            assert scheme == 'open-mmlab'
            assert key == f'msra/hrnetv2_{backbone.arch}' and key in zoo
        seen += 1
    assert seen == NUM_PRETRAINED


def _model_key(cfg):
    """Families of backbone, neck and detector, whatever their width."""
    model = cfg.model
    masks = 'mask_head' in model.get('roi_head', {})
    return model.type, masks, model.backbone.type, model.neck.type


def _pipeline_key(cfg):
    steps = [innermost_dataset(cfg.train_dataloader).pipeline]
    steps += [cfg.test_dataloader.dataset.pipeline, cfg.get('tta_pipeline')]
    return str(steps)


def test_number_of_models():
    assert len(distinct(CONFIGS, _model_key)) == NUM_MODELS
    assert len(distinct(CONFIGS, _pipeline_key)) == NUM_PIPELINES


@pytest.fixture(scope='module')
def models():
    return [*distinct(CONFIGS, _model_key).values()]


def small(pipeline):
    """The same steps at sizes of the rendered scenes."""
    for step in dicts_in(pipeline):
        if 'Resize' in step.get('type', ''):
            step.scale = (96, 64)
            if step.type == 'RandomResize':
                step.ratio_range = (1, 1)
        if 'crop_size' in step:
            step.crop_size = (64, 64)
    return pipeline


def on_scenes(pipeline, scenes, test_mode):
    """A data set of rendered scenes with a config's pipeline."""
    from mmdet.registry import DATASETS

    return DATASETS.build(
        dict(
            type='ScenesDataset',
            data_root=str(scenes),
            ann_file='instances_train.json',
            data_prefix=dict(img='images/train', seg='annotations/train'),
            test_mode=test_mode,
            pipeline=small(pipeline),
        )
    )


@pytest.mark.parametrize('index', range(NUM_PIPELINES))
def test_each_pipeline_runs(index, scenes, mmdet_scope):
    path = [*distinct(CONFIGS, _pipeline_key).values()][index]
    cfg = load(path)
    train = on_scenes(
        innermost_dataset(cfg.train_dataloader).pipeline, scenes, False
    )
    test = on_scenes(cfg.test_dataloader.dataset.pipeline, scenes, True)
    for dataset in (train, test):
        sample = dataset[0]
        assert sample['inputs'].shape[0] == 3
        truth = sample['data_samples'].gt_instances
        assert len(truth.bboxes) == len(truth.labels) > 0
        assert ('masks' in truth) == path_has_masks(path)
        height, width = sample['data_samples'].img_shape
        assert sample['inputs'].shape[1:] == (height, width)
    assert sample['data_samples'].ori_shape == (64, 96)
    if cfg.get('tta_pipeline'):
        views = on_scenes(cfg.tta_pipeline, scenes, True)[0]
        (step,) = (s for s in cfg.tta_pipeline if s.type == 'TestTimeAug')
        count = len(step.transforms[0]) * len(step.transforms[1])
        assert len(views['inputs']) == count
        flips = [bool(x.flip) for x in views['data_samples']]
        assert sum(flips) == count / 2
        first, mirrored = (
            views['inputs'][flips.index(x)] for x in (False, True)
        )
        border = (mirrored.shape[2] - 96) // 2  # CenterNet's padding
        inside = slice(border, border + 96)
        assert torch.equal(first[..., inside].flip(2), mirrored[..., inside])


@pytest.mark.parametrize('index', range(NUM_MODELS))
def test_each_model_steps_and_predicts(models, index, scenes, mmdet_scope):
    """A training step on rendered scenes, and predictions for two of them."""
    from mmdet.registry import MODELS
    from mmengine.dataset import pseudo_collate
    from mmengine.model import revert_sync_batchnorm

    cfg = load(models[index])
    for node in dicts_in(cfg.model):
        if 'num_classes' in node:
            node.num_classes = 11 if node.type == 'FusedSemanticHead' else 3
        if 'fc_out_channels' in node:
            node.fc_out_channels = 32  # most of the time otherwise
    cfg.model.backbone.pop('init_cfg', None)
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    model.init_weights()
    train = on_scenes(
        innermost_dataset(cfg.train_dataloader).pipeline, scenes, False
    )
    test = on_scenes(cfg.test_dataloader.dataset.pipeline, scenes, True)
    batch = pseudo_collate([train[0], train[1]])
    losses = model.train()(
        **model.data_preprocessor(batch, training=True), mode='loss'
    )
    total, values = model.parse_losses(losses)
    assert len(values) > 2 and torch.isfinite(total)
    total.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
    with torch.no_grad():
        samples = model.eval().test_step(pseudo_collate([test[0], test[1]]))
    for sample in samples:
        found = sample.pred_instances
        assert found.bboxes.shape == (len(found), 4)
        assert sample.ori_shape == (64, 96)
        if path_has_masks(models[index]):
            assert found.masks.shape == (len(found), 64, 96)
        if cfg.model.type != 'CenterNet':  # which does not clip
            assert (found.bboxes >= 0).all()
            assert (found.bboxes[:, 2] <= 96).all()


def path_has_masks(path):
    """Whether a detector is one of masks too, by its config's name."""
    return path.stem.split('_')[0] in MASKS
