"""Every config is parsed and built; every distinct model is run once."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import HOOKS

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / 'configs').glob('[!_]*/*.py'))
NAMES = [path.stem for path in CONFIGS]
NUM_CONFIGS = 17
NUM_MODELS = 5
NUM_PIPELINES = 4

# algorithm_backbone_GPUsxbBATCH-schedule_dataset-HxW
NAME = re.compile(
    r'[a-z0-9]+_[a-z0-9-]+_(?P<gpus>\d+)xb(?P<batch>\d+)-'
    r'(?P<schedule>\d+(k|it))_[a-z0-9]+-(?P<crop>\d+x\d+)'
)


def load(path):
    return Config.fromfile(path)


def test_all_are_seen():
    assert len(CONFIGS) == NUM_CONFIGS
    assert len(set(NAMES)) == NUM_CONFIGS, 'basenames must be unique'


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_agrees_with_its_name(path, mmseg_scope):
    name = NAME.fullmatch(path.stem)
    assert name, f'{path.stem} does not follow the naming rule'
    cfg = load(path)
    batch = int(name['batch'])
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == batch * int(name['gpus'])
    iters = int(re.sub('it', '', name['schedule'].replace('k', '000')))
    assert cfg.train_cfg.max_iters == iters
    assert cfg.param_scheduler[-1].end == iters
    crop = tuple(map(int, name['crop'].split('x')))
    assert cfg.model.data_preprocessor.size == crop
    (cropping,) = (
        step
        for step in cfg.train_dataloader.dataset.pipeline
        if step.type == 'RandomCrop'
    )
    assert tuple(cropping.crop_size) == crop


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_builds(path, mmseg_scope):
    from mmseg.registry import MODELS, TRANSFORMS, VISUALIZERS

    cfg = load(path)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
        model.eval()
        outs = model.backbone(torch.empty(1, 3, 64, 64))
    head = model.decode_head
    widths = [x.shape[1] for x in outs]
    assert widths == list(cfg.model.decode_head.in_channels)
    dataset = cfg.train_dataloader.dataset
    classes = _metainfo(dataset.type)['classes']
    assert head.num_classes == len(classes)
    for loader in ('train', 'val', 'test'):
        pipeline = cfg[f'{loader}_dataloader'].dataset.pipeline
        for step in pipeline:
            TRANSFORMS.build(step)
        labels = [s for s in pipeline if s.type == 'LoadCheckedAnnotations']
        assert [s.num_classes for s in labels] == [len(classes)]
    assert HOOKS.build(cfg.custom_hooks[0])
    assert VISUALIZERS.get(cfg.visualizer.type) is not None
    assert cfg.tta_model.type and cfg.tta_pipeline
    assert cfg.randomness == dict(seed=0)


def _metainfo(dataset_type):
    from mmseg.registry import DATASETS

    return DATASETS.get(dataset_type).METAINFO


def _distinct(key):
    """The first config of each kind."""
    seen = {}
    for path in CONFIGS:
        seen.setdefault(key(load(path)), path)
    return seen


def _model_key(cfg):
    """Architecture, apart from class count, input size and first weights."""
    model = cfg.model.copy()
    model.backbone.pop('init_cfg', None)
    model.decode_head.pop('num_classes')
    model.pop('data_preprocessor')
    return str(model)


def _pipeline_key(cfg):
    return str([cfg.train_dataloader.dataset.pipeline, cfg.tta_pipeline])


@pytest.fixture(scope='module')
def models():
    return _distinct(_model_key)


def test_number_of_models(models, mmseg_scope):
    assert len(models) == NUM_MODELS
    assert len(_distinct(_pipeline_key)) == NUM_PIPELINES


@pytest.mark.parametrize('index', range(NUM_MODELS))
def test_each_model_steps_and_predicts(models, index, mmseg_scope):
    from mmengine.model import revert_sync_batchnorm
    from mmengine.structures import PixelData
    from mmseg.registry import MODELS
    from mmseg.structures import SegDataSample

    cfg = load(list(models.values())[index])
    cfg.model.data_preprocessor.size = (64, 64)
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    classes = model.decode_head.num_classes
    labels = torch.randint(0, classes, (2, 1, 64, 64))
    batch = dict(
        inputs=list(torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)),
        data_samples=[
            SegDataSample(
                gt_sem_seg=PixelData(data=x),
                metainfo=dict(img_shape=(64, 64), ori_shape=(64, 64)),
            )
            for x in labels
        ],
    )
    losses = model.train()(
        **model.data_preprocessor(batch, training=True), mode='loss'
    )
    loss = losses['decode.loss_ce']
    assert 0 < loss.item() < 20
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())
    with torch.no_grad():
        (first, _) = model.eval().test_step(batch)
    prediction = first.pred_sem_seg.data
    assert prediction.shape == (1, 64, 64)
    assert prediction.max() < classes


@pytest.mark.parametrize('index', range(NUM_PIPELINES))
def test_each_pipeline_runs(index, scenes, mmseg_scope):
    from mmseg.registry import DATASETS

    cfg = load(list(_distinct(_pipeline_key).values())[index])
    np.random.seed(0)
    for pipeline in (
        cfg.train_dataloader.dataset.pipeline,
        cfg.test_dataloader.dataset.pipeline,
        cfg.tta_pipeline,
    ):
        for step in pipeline:
            # Scaling to the size of the real images takes long.
            if step.type == 'RandomChoiceResize':
                step.scales = [(64, 43), (96, 64), (192, 128)]
        dataset = DATASETS.build(
            dict(
                type='ScenesDataset',
                data_root=str(scenes),
                data_prefix=dict(
                    img_path='images/val', seg_map_path='annotations/val'
                ),
                pipeline=pipeline,
                test_mode=True,
            )
        )
        sample = dataset[0]
        inputs = sample['inputs']
        inputs = inputs if isinstance(inputs, list) else [inputs]
        views = 6 if pipeline is cfg.tta_pipeline else 1
        assert len(inputs) == views
        assert all(x.dtype == torch.uint8 and x.shape[0] == 3 for x in inputs)


def test_twins_share_their_protocol(mmseg_scope):
    """An HRNet twin differs from its U-HRNet in the model alone."""
    pairs = 0
    for path in CONFIGS:
        if path.parent.name != 'hrnet':
            continue
        twin = path.stem.replace('hrnet', 'uhrnet').replace('-v2', '')
        ours = load(ROOT / 'configs/uhrnet' / f'{twin}.py')
        theirs = load(path)
        for key in ours.keys() | theirs.keys():
            if key not in ('model',):
                assert ours[key] == theirs[key], key
        for key in ours.model:
            if key not in ('backbone', 'decode_head'):
                assert ours.model[key] == theirs.model[key], key
        pairs += 1
    assert pairs == 3


def test_pretrained_variants_differ_in_their_start_alone(mmseg_scope):
    """And name a file that the documentation tells how to make."""
    guide = (ROOT / 'docs/official_weights.md').read_text()
    seen = 0
    for path in CONFIGS:
        if '-in1k-pre' not in path.stem:
            continue
        scratch = path.with_name(path.name.replace('-in1k-pre', ''))
        ours, theirs = load(path), load(scratch)
        start = ours.model.backbone.pop('init_cfg')
        assert ours.to_dict() == theirs.to_dict()
        assert start.type == 'Pretrained' and start.prefix == 'backbone.'
        arch = ours.model.backbone.arch
        assert start.checkpoint == f'checkpoints/uhrnet-{arch}_in1k.pth'
        assert start.checkpoint in guide
        seen += 1
    assert seen == 4


def test_cityscapes_follows_the_original(mmseg_scope):
    """The protocol of PaddleSeg's configs/uhrnet, value by value."""
    name = 'fcn_uhrnet-w48_4xb3-120k_cityscapes-512x1024'
    cfg = load(ROOT / f'configs/uhrnet/{name}.py')
    assert cfg.optim_wrapper.optimizer == dict(
        type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4
    )
    assert 'paramwise_cfg' not in cfg.optim_wrapper
    (schedule,) = cfg.param_scheduler
    assert schedule.type == 'PolyLR'
    assert (schedule.power, schedule.eta_min) == (0.9, 0)
    prepare = cfg.model.data_preprocessor
    assert prepare.mean == prepare.std == [127.5] * 3
    assert prepare.bgr_to_rgb and prepare.seg_pad_val == 255
    steps = {s.type: s for s in cfg.train_dataloader.dataset.pipeline}
    ratios = [w / 2048 for w, _ in steps['RandomChoiceResize'].scales]
    assert ratios == [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
    assert all(w == 2 * h for w, h in steps['RandomChoiceResize'].scales)
    assert tuple(steps['RandomCrop'].crop_size) == (512, 1024)
    assert 'cat_max_ratio' not in steps['RandomCrop']
    assert steps['RandomFlip'].prob == 0.5
    distortion = steps['RandomColorDistortion']
    assert (distortion.hue, distortion.prob) == (18, 0.5)
    assert distortion.brightness == distortion.contrast == 0.4
    assert distortion.saturation == 0.4
    head = cfg.model.decode_head
    assert head.loss_decode == dict(
        type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=1.0
    )
    assert head.dropout_ratio == 0 and 'auxiliary_head' not in cfg.model
    assert cfg.model.test_cfg == dict(mode='whole')
    assert cfg.model.backbone.norm_cfg.type == 'SyncBN'
    test = cfg.test_dataloader.dataset.pipeline
    assert not any('Resize' in step.type for step in test)


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_leaves_are_text_style(path):
    """Readable by every tool: plain assignments, relative bases."""
    tree = ast.parse(path.read_text())
    assert all(isinstance(node, ast.Assign) for node in tree.body)
    (bases,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if node.targets[0].id == '_base_'
    )
    bases = [bases] if isinstance(bases, str) else bases
    assert all((path.parent / base).is_file() for base in bases)
