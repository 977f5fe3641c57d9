"""Every config is parsed and built; every distinct model is run once."""

import re
from pathlib import Path

import mmdet
import pytest
import torch
from config_files import CONFIGS as ALL_CONFIGS
from config_files import ROOT, distinct, load, named, of_segmentation
from mmengine.config import Config
from mmengine.registry import HOOKS

from uhrnet.engine.data_sources import SOURCES

CONFIGS = [path for path in ALL_CONFIGS if not of_segmentation(path)]
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
HOST = Path(mmdet.__file__).parent / '.mim/configs/hrnet'


def dicts_in(node):
    """All dicts in a nested config."""
    if isinstance(node, dict):
        yield node
    children = node.values() if isinstance(node, dict) else node
    for child in children:
        if isinstance(child, dict | list | tuple):
            yield from dicts_in(child)


def innermost(loader):
    """A data set's config, out of the wrapper that repeats it."""
    dataset = loader.dataset
    return dataset.dataset if 'dataset' in dataset else dataset


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
    return [step.type for step in innermost(cfg.train_dataloader).pipeline]


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
    train = innermost(cfg.train_dataloader)
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
        dataset = innermost(cfg[f'{split}_dataloader'])
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


# With 80 classes and the background, 81 logits of a class. Stated for
# HRNetV2p are 27.49M, 47.29M, 63.53M and 83.37M.
PARAMETERS = {
    'w18': 27_482_676,
    'w32': 47_279_712,
    'w40': 63_526_112,
    'w48': 83_360_736,
}


@pytest.mark.parametrize('arch', PARAMETERS)
def test_parameters(arch, mmdet_scope):
    from mmdet.registry import MODELS

    cfg = named(f'faster-rcnn_hrnetv2p-{arch}-in1k-pre_8xb2-1x_coco')
    counts = []
    models = [cfg.model]
    if arch != 'w48':  # which MMDetection has not
        models.append(Config.fromfile(HOST / HOST_NAMES[arch]).model)
    for model in models:
        with torch.device('meta'):
            detector = MODELS.build(model)
        counts.append(sum(p.numel() for p in detector.parameters()))
    print(f'Faster R-CNN {arch}: {counts} parameters')
    assert set(counts) == {PARAMETERS[arch]}
    stated = dict(w18=27.49, w32=47.29, w40=63.53, w48=83.37)[arch]
    assert abs(counts[0] / 1e6 - stated) < 0.011


HOST_NAMES = {
    'w18': 'faster-rcnn_hrnetv2p-w18-1x_coco.py',
    'w32': 'faster-rcnn_hrnetv2p-w32-1x_coco.py',
    'w40': 'faster-rcnn_hrnetv2p-w40-1x_coco.py',
}
HOSTS = {
    'faster-rcnn_hrnetv2p-w18-in1k-pre_8xb2-1x_coco': HOST_NAMES['w18'],
    'mask-rcnn_hrnetv2p-w18-in1k-pre_8xb2-1x_coco': (
        'mask-rcnn_hrnetv2p-w18-1x_coco.py'
    ),
    'cascade-rcnn_hrnetv2p-w32-in1k-pre_8xb2-20e_coco': (
        'cascade-rcnn_hrnetv2p-w32-20e_coco.py'
    ),
    'cascade-mask-rcnn_hrnetv2p-w40-in1k-pre_8xb2-20e_coco': (
        'cascade-mask-rcnn_hrnetv2p-w40-20e_coco.py'
    ),
    'htc_hrnetv2p-w18-in1k-pre_8xb2-20e_coco': (
        'htc_hrnetv2p-w18_20e_coco.py'
    ),
    'fcos_hrnetv2p-w32-in1k-pre_4xb4-ms-2x_coco': (
        'fcos_hrnetv2p-w32-gn-head_ms-640-800-4xb4-2x_coco.py'
    ),
}


@pytest.mark.parametrize('name', HOSTS)
def test_detectors_are_mmdetections(name, mmdet_scope):
    """Value by value, but for the backbone's and the neck's ways to say it.

    So weights of its model zoo fit, and figures compare.
    """
    from uhrnet.models.backbones.hrnet_arch import stages_of

    ours, theirs = named(name), Config.fromfile(HOST / HOSTS[name])
    arch = ours.model.backbone.arch
    assert ours.model.pop('backbone') == dict(
        type='NearestHRNet',
        arch=arch,
        init_cfg=dict(
            type='Pretrained', checkpoint=f'open-mmlab://msra/hrnetv2_{arch}'
        ),
    )
    body = theirs.model.pop('backbone')
    assert body.pop('type') == 'HRNet'
    assert body.pop('extra') == stages_of(arch)
    assert body.init_cfg.checkpoint == f'open-mmlab://msra/hrnetv2_{arch}'
    neck = theirs.model.pop('neck')
    assert neck.pop('type') == 'HRFPN'
    neck.pop('num_outs', None)  # 5
    assert ours.model.pop('neck') == dict(type='HRNetV2p', **neck)
    # MMDetection writes defaults down here and there
    defaults = dict(debug=False, match_low_quality=True, with_conv_res=True)
    for model in (ours.model, theirs.model):
        for node in dicts_in(model):
            for key, value in defaults.items():
                if node.get(key) == value:
                    del node[key]
    if name.startswith('htc'):
        # as for the other detectors of masks
        assert ours.model.data_preprocessor.pop('pad_mask')
    if name.startswith('fcos'):
        # RGB in place of the same statistics for BGR, as elsewhere, and the
        # authors' suppression
        prepare, other = (
            x.model.pop('data_preprocessor') for x in (ours, theirs)
        )
        assert prepare.mean == other.mean[::-1]
        assert prepare.std == other.std[::-1]
        assert (prepare.bgr_to_rgb, other.bgr_to_rgb) == (True, False)
        nms = ours.model.test_cfg.nms
        assert nms.iou_threshold == 0.6
        nms.iou_threshold = 0.5
        gn = ours.model.bbox_head.pop('norm_cfg')
        assert gn == dict(type='GN', num_groups=32, requires_grad=True)
    assert ours.model == theirs.model
    for split in ('train', 'val', 'test'):
        mine = innermost(ours[f'{split}_dataloader'])
        other = innermost(theirs[f'{split}_dataloader'])
        loading = ('LoadCheckedImage', 'LoadImageFromFile', 'CheckImageFile')
        steps, expected = (
            [
                {k: v for k, v in step.items() if k != 'backend_args'}
                for step in x.pipeline
                if step.type not in loading
            ]
            for x in (mine, other)
        )
        if name.startswith('fcos') and split == 'train':
            # any size between the two, as the authors draw it
            (index,) = (
                i for i, s in enumerate(steps) if 'Resize' in s['type']
            )
            drawn = steps.pop(index), expected.pop(index)
            assert [x['type'] for x in drawn] == [
                'RandomResize', 'RandomChoiceResize'
            ]  # fmt: skip
            assert drawn[0]['scale'] == drawn[1]['scales']
        assert steps == expected
        for key in ('ann_file', 'data_prefix', 'filter_cfg'):
            assert mine.get(key) == other.get(key)
    keys = ('type', 'lr', 'momentum', 'weight_decay')
    optimizers = [x.optim_wrapper.optimizer for x in (ours, theirs)]
    assert [optimizers[0][k] for k in keys] == [optimizers[1][k] for k in keys]


def test_centernet_is_mmdetections(mmdet_scope):
    """All but backbone, neck, width and what checks files."""
    ours = named('centernet_hrnetv2-w18-in1k-pre_8xb16-140e_coco-512x512')
    theirs = Config.fromfile(
        HOST.parent / 'centernet/centernet_r18_8xb16-crop512-140e_coco.py'
    )
    for key in ('optim_wrapper', 'param_scheduler', 'train_cfg'):
        assert ours[key] == theirs[key]
    heads = [x.model.bbox_head for x in (ours, theirs)]
    for head in heads:
        assert head.pop('type').endswith('CenterNetHead')
        del head['in_channels'], head['feat_channels']
    assert heads[0] == heads[1]
    assert ours.model.test_cfg == theirs.model.test_cfg
    for split in ('train', 'val', 'test'):
        datasets = [
            innermost(x[f'{split}_dataloader']) for x in (ours, theirs)
        ]
        steps, expected = (
            [step for step in x.pipeline if 'Image' not in step.type]
            for x in datasets
        )
        assert steps == expected
    rounds = [x.train_dataloader.dataset.times for x in (ours, theirs)]
    assert rounds == [5, 5]


def test_schedule_follows_the_authors():
    """HRNet-Object-Detection: rates, warm-up, clipping, 2x."""
    cfg = named('faster-rcnn_hrnetv2p-w18-in1k-pre_8xb2-2x_coco')
    assert cfg.optim_wrapper.optimizer == dict(
        type='SGD', lr=0.02, momentum=0.9, weight_decay=1e-4
    )
    assert cfg.optim_wrapper.clip_grad == dict(max_norm=35, norm_type=2)
    warming, _ = cfg.param_scheduler
    assert (warming.type, warming.end) == ('LinearLR', 500)
    assert warming.start_factor == pytest.approx(1 / 3)


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
    steps = [innermost(cfg.train_dataloader).pipeline]
    steps += [cfg.test_dataloader.dataset.pipeline, cfg.get('tta_pipeline')]
    return str(steps)


def test_number_of_models():
    assert len(distinct(CONFIGS, _model_key)) == NUM_MODELS
    assert len(distinct(CONFIGS, _pipeline_key)) == NUM_PIPELINES


@pytest.fixture(scope='module')
def models():
    return [*distinct(CONFIGS, _model_key).values()]


def on_scenes(cfg, scenes):
    """The data sets of a config, on rendered scenes at their own size."""
    from mmdet.registry import DATASETS

    datasets = []
    for split in ('train', 'test'):
        pipeline = innermost(cfg[f'{split}_dataloader']).pipeline
        for step in pipeline:
            if 'Resize' in step.type:
                step.scale = (96, 64)
                if step.type == 'RandomResize':
                    step.update(ratio_range=(1, 1))
            if 'crop_size' in step:
                step.crop_size = (64, 64)
        datasets.append(
            DATASETS.build(
                dict(
                    type='ScenesDataset',
                    data_root=str(scenes),
                    ann_file='instances_train.json',
                    data_prefix=dict(
                        img='images/train', seg='annotations/train'
                    ),
                    test_mode=split == 'test',
                    pipeline=pipeline,
                )
            )
        )
    return datasets


@pytest.mark.parametrize('index', range(NUM_MODELS))
def test_each_model_and_pipeline_steps_and_predicts(
    models, index, scenes, mmdet_scope
):
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
    train, test = on_scenes(cfg, scenes)
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
