"""Configs of HRNet and U-HRNet: each is parsed and built, each model run."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from config_files import CONFIGS as ALL_CONFIGS
from config_files import ROOT, distinct, load, named, of_segmentation
from mmengine.config import Config
from mmengine.registry import HOOKS

from uhrnet.engine.data_sources import SOURCES

CONFIGS = [
    path
    for path in ALL_CONFIGS
    if of_segmentation(path) and path.parent.name != 'hfgd'
]
NAMES = [path.stem for path in CONFIGS]
NUM_CONFIGS = 129
NUM_MODELS = 10
NUM_PIPELINES = 9
NUM_PRETRAINED = 58

# algorithm_backbone_GPUsxbBATCH-schedule_dataset-HxW
NAME = re.compile(
    r'(?P<algorithm>[a-z0-9]+)_(?P<backbone>[a-z0-9-]+?)'
    r'(?P<start>-in1k-pre)?_'
    r'(?P<schedule>(?P<gpus>\d+)xb(?P<batch>\d+)-(?P<iters>\d+(k|it)))_'
    r'(?P<data>[a-z0-9-]+-(?P<crop>\d+x\d+))'
)
# What every data set has: each backbone with each start that exists.
BACKBONES = {
    'uhrnet': [
        'fcn_uhrnet-w18-small',
        'fcn_uhrnet-w18-small-in1k-pre',
        'fcn_uhrnet-w18',  # no ImageNet weights have been published
        'fcn_uhrnet-w48',
        'fcn_uhrnet-w48-in1k-pre',
        'ocrnet_uhrnet-w48',
        'ocrnet_uhrnet-w48-in1k-pre',
    ],
    'hrnet': [
        f'{model}{start}'
        for model in (
            'fcn_hrnet-w18',
            'fcn_hrnet-w32',
            'fcn_hrnet-w40',
            'fcn_hrnet-w48',
            'ocrnet_hrnet-w48',
        )
        for start in ('', '-in1k-pre')
    ],
}
BENCHMARKS = {
    '4xb3-120k_cityscapes-512x1024': 19,
    '4xb4-150k_ade20k-520x520': 150,
    '4xb4-60k_pascal-context-480x480': 60,
    '4xb4-60k_pascal-context-59-480x480': 59,
    '4xb10-110k_lip-473x473': 20,
    '4xb4-160k_coco-stuff164k-512x512': 171,
    '1xb16-20k_camvid-360x480': 11,
}


def heads_of(model):
    """Decode heads of a segmentor's config: one, or those of a cascade."""
    heads = model.decode_head
    return heads if isinstance(heads, list) else [heads]


def test_all_are_seen():
    assert len(CONFIGS) == NUM_CONFIGS


def test_every_backbone_meets_every_data_set():
    for family, models in BACKBONES.items():
        for benchmark in BENCHMARKS:
            for model in models:
                path = ROOT / 'configs' / family / f'{model}_{benchmark}.py'
                assert path in CONFIGS


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_agrees_with_its_name(path, mmseg_scope):
    name = NAME.fullmatch(path.stem)
    assert name, f'{path.stem} does not follow the naming rule'
    cfg = load(path)
    batch = int(name['batch'])
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == batch * int(name['gpus'])
    iters = int(re.sub('it', '', name['iters'].replace('k', '000')))
    assert cfg.train_cfg.max_iters == iters
    # or the last evaluation would miss the final weights
    assert iters % cfg.train_cfg.val_interval == 0
    assert cfg.param_scheduler[-1].end == iters
    crop = tuple(map(int, name['crop'].split('x')))
    assert cfg.model.data_preprocessor.size == crop
    steps = {s.type: s for s in cfg.train_dataloader.dataset.pipeline}
    assert tuple(steps['RandomScaleCrop'].crop_size) == crop
    if 'Pad' in steps:
        assert tuple(steps['Pad'].size) == crop[::-1]
    assert cfg.model.backbone.arch == name['backbone'].split('-', 1)[1]
    classes = BENCHMARKS.get(f'{name["schedule"]}_{name["data"]}')
    if classes is not None:
        assert heads_of(cfg.model)[0].num_classes == classes


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_builds(path, mmseg_scope):
    from mmseg.registry import MODELS, TRANSFORMS, VISUALIZERS

    cfg = load(path)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    widths = list(model.backbone.out_channels)
    dataset = cfg.train_dataloader.dataset
    assert dataset.type in SOURCES, 'nobody is told where to get it'
    classes = _metainfo(cfg.val_dataloader.dataset.type)['classes']
    for head in heads_of(cfg.model):
        assert head.num_classes == len(classes)
        assert list(head.in_channels) == widths
        assert head.type == 'TiledOCRHead' or head.channels == sum(widths)
    for loader in ('train', 'val', 'test'):
        dataset = cfg[f'{loader}_dataloader'].dataset
        for step in dataset.pipeline:
            TRANSFORMS.build(step)
        if dataset.type == 'PackedDataset':  # which says of what it is
            continue
        labels = [
            s for s in dataset.pipeline if s.type == 'LoadCheckedAnnotations'
        ]
        assert [s.num_classes for s in labels] == [len(classes)]
        assert _metainfo(dataset.type)['classes'] == classes
    for hook in cfg.custom_hooks:
        assert HOOKS.build(hook)
    assert VISUALIZERS.get(cfg.visualizer.type) is not None
    assert cfg.tta_model.type and cfg.tta_pipeline
    assert cfg.randomness == dict(seed=0)


def _metainfo(dataset_type):
    from mmseg.registry import DATASETS

    return DATASETS.get(dataset_type).METAINFO


# Parameters without the bias before a batch norm, which is folded into it
# here, and multiply-adds at 1024x2048. U-HRNet: own count of the original,
# reproduced twice; HRNet: TPAMI's models counted alike, to the digits stated.
COSTS = {
    'fcn_uhrnet-w18-small': (13_240_782 - 279, 78.445),
    'fcn_uhrnet-w18': (25_973_014 - 279, 147.787),
    'fcn_uhrnet-w48': (181_941_379 - 744, 750.159),
    'fcn_hrnet-w18-small-v2': (3_939_579 - 270, 76.857),
    'fcn_hrnet-w18': (9_641_119 - 270, 147.401),
    'fcn_hrnet-w32': (29.546e6, 361.23),
    'fcn_hrnet-w40': (45.894e6, 535.45),
    'fcn_hrnet-w48': (65_859_379 - 720, 747.513),
    # of this package alone
    'ocrnet_uhrnet-w48': (186_564_014, 1312.470),
    'ocrnet_hrnet-w48': (70_371_446, 1295.329),
}


@pytest.mark.parametrize('name', COSTS)
def test_costs(name, mmseg_scope):
    from mmseg.registry import MODELS

    from uhrnet.apis import measure_complexity

    cfg = Config.fromfile(ROOT / f'configs/_base_/models/{name}.py')
    assert any(stem.startswith(f'{name}_') for stem in NAMES)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    cost = measure_complexity(model, (1, 3, 1024, 2048))
    params, gmacs = COSTS[name]
    exact = isinstance(params, int)  # or else stated in millions
    print(f'{name}: {cost.params:,} parameters, {cost.macs / 1e9:.3f} GMACs')
    assert abs(cost.params - params) < (1 if exact else 1000)
    assert round(cost.macs / 1e9, 3 if exact else 2) == gmacs


def _model_key(cfg):
    """Architecture, apart from class count, sizes and first weights."""
    model = cfg.model
    model.backbone.pop('init_cfg', None)
    for head in heads_of(model):
        head.pop('num_classes')
    model.pop('data_preprocessor')
    model.pop('test_cfg')
    return str(model)


def _pipeline_key(cfg):
    """Steps, apart from the number of classes."""
    dataset = cfg.train_dataloader.dataset
    if dataset.type == 'PackedDataset':
        dataset = _unpacked(dataset)
    steps = [dataset.pipeline, cfg.test_dataloader.dataset.pipeline]
    return re.sub(r"'num_classes': \d+", '', str([*steps, cfg.tta_pipeline]))


def _unpacked(dataset):
    """The same steps behind those that load from files."""
    loading, *steps = dataset.pipeline
    assert loading == dict(type='LoadPackedSample')
    cityscapes = named('fcn_uhrnet-w18-small_4xb3-120k_cityscapes-512x1024')
    files = cityscapes.train_dataloader.dataset.pipeline[:2]
    return dataset | dict(pipeline=[*files, *steps])


@pytest.fixture(scope='module')
def models():
    return distinct(CONFIGS, _model_key)


def test_number_of_models(models, mmseg_scope):
    assert len(models) == NUM_MODELS
    assert len(distinct(CONFIGS, _pipeline_key)) == NUM_PIPELINES


def a_batch(classes):
    """Two images of 64x64 with labels."""
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample

    labels = torch.randint(0, classes, (2, 1, 64, 64))
    return dict(
        inputs=list(torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)),
        data_samples=[
            SegDataSample(
                gt_sem_seg=PixelData(data=x),
                metainfo=dict(img_shape=(64, 64), ori_shape=(64, 64)),
            )
            for x in labels
        ],
    )


@pytest.mark.parametrize('index', range(NUM_MODELS))
def test_each_model_steps_and_predicts(models, index, mmseg_scope):
    from mmengine.model import revert_sync_batchnorm
    from mmseg.registry import MODELS

    cfg = load(list(models.values())[index])
    cfg.model.backbone.pop('init_cfg', None)
    cfg.model.data_preprocessor.size = (64, 64)
    heads = heads_of(cfg.model)
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    classes = heads[0].num_classes
    batch = a_batch(classes)
    losses = model.train()(
        **model.data_preprocessor(batch, training=True), mode='loss'
    )
    losses = {k: v for k, v in losses.items() if 'loss' in k}
    expected = [f'decode_{i}.loss_ce' for i in range(len(heads))]
    assert list(losses) == (expected if len(heads) > 1 else ['decode.loss_ce'])
    assert all(0 < loss.item() < 20 for loss in losses.values())
    sum(losses.values()).backward()
    assert all(p.grad is not None for p in model.parameters())
    with torch.no_grad():
        (first, _) = model.eval().test_step(batch)
    prediction = first.pred_sem_seg.data
    assert prediction.shape == (1, 64, 64)
    assert prediction.max() < classes


def test_sliding_window(mmseg_scope):
    """Pascal Context's windows, in miniature: overlaps are averaged."""
    from mmengine.model import revert_sync_batchnorm
    from mmseg.registry import MODELS

    cfg = named('fcn_uhrnet-w18-small_4xb4-60k_pascal-context-480x480')
    assert cfg.model.test_cfg == dict(
        mode='slide', crop_size=(480, 480), stride=(320, 320)
    )
    cfg.model.test_cfg.update(crop_size=(48, 48), stride=(32, 32))
    model = revert_sync_batchnorm(MODELS.build(cfg.model)).eval()
    image = torch.randn(1, 3, 64, 80)
    metas = [dict(img_shape=(64, 80), ori_shape=(64, 80))]
    total, count = torch.zeros(1, 60, 64, 80), torch.zeros(64, 80)
    with torch.no_grad():
        logits = model.inference(image, metas)
        for y, x in [(0, 0), (0, 32), (16, 0), (16, 32)]:
            window = model.encode_decode(
                image[..., y : y + 48, x : x + 48],
                [dict(img_shape=(48, 48), ori_shape=(48, 48))],
            )
            total[..., y : y + 48, x : x + 48] += window
            count[y : y + 48, x : x + 48] += 1
    assert torch.allclose(logits, total / count, atol=1e-6)


@pytest.mark.parametrize('index', range(NUM_PIPELINES))
def test_each_pipeline_runs(index, scenes, mmseg_scope):
    from mmseg.registry import DATASETS

    cfg = load(list(distinct(CONFIGS, _pipeline_key).values())[index])
    np.random.seed(0)
    crop = cfg.model.data_preprocessor.size
    for pipeline in (
        cfg.train_dataloader.dataset.pipeline,
        cfg.test_dataloader.dataset.pipeline,
        cfg.tta_pipeline,
    ):
        for step in pipeline:
            # Scaling to the size of the real images takes long.
            if step.type == 'RandomScaleCrop':
                step.scale = (96, 96)
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
        if pipeline is cfg.tta_pipeline:
            (step,) = (s for s in pipeline if s.type == 'TestTimeAug')
            assert len(inputs) == 2 * len(step.transforms[0])
            assert torch.equal(inputs[0], inputs[1].flip(2))
        else:
            assert len(inputs) == 1
        assert all(x.dtype == torch.uint8 and x.shape[0] == 3 for x in inputs)
        if any(step.type == 'Pad' for step in pipeline):
            assert inputs[0].shape[1:] == crop
            labels = sample['data_samples'].gt_sem_seg.data[0]
            assert labels.shape == crop
            # Nothing in a scene is void: these pixels are padding.
            padding = labels == 255
            assert padding.any() and not padding.all()
            assert (inputs[0][:, padding] == 0).all()
            assert inputs[0][:, ~padding].float().mean() > 10


def _parts(path):
    """A config cut up by what its name is to say.

    Returns:
        Part of the config to the part of the name that decides it and the
        content.
    """
    name = NAME.fullmatch(path.stem)
    cfg = load(path).to_dict()
    model = cfg.pop('model')
    heads = model['decode_head']
    heads = heads if isinstance(heads, list) else [heads]
    train = cfg['train_dataloader']

    def take(*keys):
        return [cfg.pop(key) for key in keys]

    schedule = take(
        'optim_wrapper', 'param_scheduler', 'train_cfg', 'val_cfg',
        'test_cfg', 'default_hooks', 'auto_scale_lr',
    )  # fmt: skip
    runtime = take(
        'default_scope', 'custom_imports', 'env_cfg', 'randomness',
        'custom_hooks', 'vis_backends', 'visualizer', 'log_processor',
        'log_level', 'load_from', 'resume', 'tta_model',
    )  # fmt: skip
    start = model['backbone'].pop('init_cfg', None)
    sizes = [
        model['data_preprocessor'].pop('size'),
        model.pop('test_cfg'),
        {head.pop('num_classes') for head in heads},
    ]
    batch = train.pop('batch_size')
    # Of Cityscapes alone both families' own protocols are known.
    data = name['data']
    if data.startswith('cityscapes'):
        data = path.parent.name + data
    model_name = name['algorithm'] + name['backbone']
    return dict(
        model=(model_name, [model, *take('norm_cfg')]),
        start=(name['start'] and name['backbone'], start),
        schedule=(name['schedule'], [*schedule, batch]),
        runtime=('', runtime),
        data=(data, [sizes, cfg]),
    )


def test_names_say_how_configs_differ(mmseg_scope):
    """Equal parts of names, equal parts of configs, and nothing is left out.

    So within a family, on one data set, only the network, its start or the
    schedule differ; between the families the network and, on Cityscapes, the
    augmentation; and every word of a name means something.
    """
    decided = {}
    for path in CONFIGS:
        for part, (word, content) in _parts(path).items():
            first, other = decided.setdefault(
                (part, word), (path.stem, content)
            )
            assert content == other, f'{part} of {path.stem} and {first}'
    counts = {}
    for part in ('model', 'start', 'schedule', 'runtime', 'data'):
        contents = [str(v[1]) for (p, _), v in decided.items() if p == part]
        assert len(set(contents)) == len(contents), f'{part}: names for equals'
        counts[part] = len(contents)
    assert counts == dict(model=10, start=7, schedule=9, runtime=1, data=11)


def test_pretrained_variants_name_weights_that_exist(mmseg_scope):
    """U-HRNet's: files that the documentation tells how to make."""
    from mmengine.runner.checkpoint import get_external_models

    guide = (ROOT / 'docs/official_weights.md').read_text()
    zoo = get_external_models()
    seen = 0
    for path in CONFIGS:
        if '-in1k-pre' not in path.stem:
            continue
        backbone = load(path).model.backbone
        start = backbone.init_cfg
        assert start.type == 'Pretrained'
        if path.parent.name == 'uhrnet':
            assert start.prefix == 'backbone.'
            file = f'checkpoints/uhrnet-{backbone.arch}_in1k.pth'
            assert start.checkpoint == file and file in guide
        else:
            scheme, key = start.checkpoint.split('://')
            assert scheme == 'open-mmlab'
            assert key == f'msra/hrnetv2_{backbone.arch}' and key in zoo
        seen += 1
    assert seen == NUM_PRETRAINED


def test_cityscapes_follows_the_original(mmseg_scope):
    """The protocol of PaddleSeg's configs/uhrnet, value by value."""
    cfg = named('fcn_uhrnet-w48_4xb3-120k_cityscapes-512x1024')
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
    crop = steps['RandomScaleCrop']
    assert tuple(crop.scale) == (2048, 1024)
    assert (tuple(crop.ratio_range), crop.step) == ((0.5, 2), 0.25)
    assert tuple(crop.crop_size) == (512, 1024)
    assert 'cat_max_ratio' not in crop
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


# By benchmark: learning rate, weight decay, longer side at 1.0, largest ratio
# to it in training, the ratios of --tta, and windows of the test.
SIX = (0.5, 0.75, 1, 1.25, 1.5, 1.75)
PROTOCOLS = {
    '4xb3-120k_cityscapes-512x1024': (
        0.01, 5e-4, 2048, 2.1, SIX, ((1024, 2048), (1024, 2048))
    ),
    '4xb4-150k_ade20k-520x520': (
        0.02, 1e-4, 520, 1.6, (*SIX, 2), ((520, 520), (346, 346))
    ),
    '4xb4-60k_pascal-context-480x480': (
        0.004, 1e-4, 520, 2.1, SIX, ((480, 480), (320, 320))
    ),
    '4xb4-60k_pascal-context-59-480x480': (
        0.004, 1e-4, 520, 2.1, SIX, ((480, 480), (320, 320))
    ),
    '4xb10-110k_lip-473x473': (0.007, 5e-4, 473, 1.6, (1,), None),
}  # fmt: skip


def types(pipeline, without=('Load', 'Check', 'Pack')):
    """What a pipeline does between loading and packing, in order."""
    return [s.type for s in pipeline if not s.type.startswith(without)]


@pytest.mark.parametrize('benchmark', PROTOCOLS)
def test_hrnet_follows_its_authors(benchmark, mmseg_scope):
    """TPAMI and HRNet-Semantic-Segmentation, value by value."""
    lr, decay, side, largest, scales, windows = PROTOCOLS[benchmark]
    cfg = named(f'fcn_hrnet-w48_{benchmark}')
    assert cfg.optim_wrapper.optimizer == dict(
        type='SGD', lr=lr, momentum=0.9, weight_decay=decay
    )
    assert 'paramwise_cfg' not in cfg.optim_wrapper
    (schedule,) = cfg.param_scheduler
    assert (schedule.power, schedule.eta_min) == (0.9, 0)
    prepare = cfg.model.data_preprocessor
    assert prepare.mean == [123.675, 116.28, 103.53]
    assert prepare.std == [58.395, 57.12, 57.375]
    assert prepare.bgr_to_rgb

    pipeline = cfg.train_dataloader.dataset.pipeline
    expected = ['RandomScaleCrop', 'Pad', 'RandomFlip']
    if 'cityscapes' in benchmark:
        expected.remove('Pad')  # half of 1024x2048 is a crop
    elif 'lip' in benchmark:
        expected = ['RandomFlip', 'Resize', *expected[:-1]]
    assert types(pipeline) == expected
    steps = {s.type: s for s in pipeline}
    crop = steps['RandomScaleCrop']
    assert max(crop.scale) == side
    assert tuple(crop.ratio_range) == (0.5, largest)
    assert crop.step == 0.1
    assert 'cat_max_ratio' not in crop
    assert steps['RandomFlip'].prob == 0.5

    (views,) = (s for s in cfg.tta_pipeline if s.type == 'TestTimeAug')
    sizes = [
        x.scale_factor if 'scale_factor' in x else x.scale[0] / side
        for x in views.transforms[0]
    ]
    assert tuple(sizes) == scales
    test = cfg.test_dataloader.dataset.pipeline
    if 'cityscapes' in benchmark:
        assert types(test) == []
    else:
        assert types(test) == ['Resize']
        (resizing,) = (s for s in test if s.type == 'Resize')
        assert tuple(resizing.scale) == (side, side)
        assert resizing in views.transforms[0]
        assert resizing.keep_ratio == ('lip' not in benchmark)
        if 'lip' in benchmark:
            assert steps['Resize'] == resizing
    assert cfg.model.test_cfg == (
        dict(mode='slide', crop_size=windows[0], stride=windows[1])
        if windows
        else dict(mode='whole')
    )


def test_ocr_follows_its_authors(mmseg_scope):
    """Apart from align_corners, which the backbone is not to change."""
    for family in ('hrnet', 'uhrnet'):
        name = f'ocrnet_{family}-w48_4xb3-120k_cityscapes-512x1024'
        model = named(name).model
        regions, ocr = model.decode_head
        plain = named(name.replace('ocrnet', 'fcn')).model.decode_head
        assert regions.pop('loss_decode') == dict(
            type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=0.4
        )
        assert ocr.loss_decode == plain.pop('loss_decode')
        assert regions == plain
        assert (ocr.channels, ocr.ocr_channels) == (512, 256)
        assert ocr.dropout_ratio == 0.05
        assert ocr.align_corners is False


def in_two_steps(pipeline):
    """Scale and crop as the host's configs have them."""
    for step in pipeline:
        if step.type != 'RandomScaleCrop':
            yield step
            continue
        resize = dict(type='RandomResize', keep_ratio=True)
        crop = dict(type='RandomCrop')
        yield resize | {k: step[k] for k in ('scale', 'ratio_range')}
        yield crop | {k: step[k] for k in ('crop_size', 'cat_max_ratio')}


def test_coco_stuff_follows_mmsegmentation(mmseg_scope):
    """Step by step, except that loading checks what it reads."""
    import mmseg

    folder = Path(mmseg.__file__).parent / '.mim/configs/deeplabv3'
    host = Config.fromfile(
        folder / 'deeplabv3_r50-d8_4xb4-160k_coco-stuff164k-512x512.py'
    )
    cfg = named('fcn_hrnet-w48_4xb4-160k_coco-stuff164k-512x512')
    for key in ('optimizer', 'type'):
        assert cfg.optim_wrapper[key] == host.optim_wrapper[key]
    assert cfg.param_scheduler == host.param_scheduler
    assert cfg.train_cfg.max_iters == host.train_cfg.max_iters
    for split in ('train', 'val', 'test'):
        ours = cfg[f'{split}_dataloader'].dataset
        theirs = host[f'{split}_dataloader'].dataset
        assert ours.data_prefix == theirs.data_prefix
        wanted = types(theirs.pipeline)
        steps, expected = (
            [s for s in in_two_steps(x.pipeline) if s['type'] in wanted]
            for x in (ours, theirs)
        )
        assert steps == expected
    assert cfg.train_dataloader.batch_size == host.train_dataloader.batch_size
    (views,) = (s for s in cfg.tta_pipeline if s.type == 'TestTimeAug')
    scales = [x.scale for x in views.transforms[0]]
    ratios = [x.scale_factor for x in host.tta_pipeline[1].transforms[0]]
    assert scales == [(2048 * x, 512 * x) for x in ratios]


def test_camvid_follows_uhrnets_cityscapes(mmseg_scope):
    """All but the sizes."""
    model = 'fcn_uhrnet-w48'
    camvid = named(f'{model}_1xb16-20k_camvid-360x480')
    cityscapes = named(f'{model}_4xb3-120k_cityscapes-512x1024')
    assert camvid.optim_wrapper == cityscapes.optim_wrapper
    ours, theirs = (
        x.train_dataloader.dataset.pipeline for x in (camvid, cityscapes)
    )
    assert types(ours) == types(theirs)
    for step, other in zip(ours, theirs, strict=True):
        defaults = dict(
            brightness=0.4, contrast=0.4, saturation=0.4, hue=18, prob=0.5
        )
        for x in (step, other):
            for key in ('scale', 'crop_size', 'num_classes'):
                x.pop(key, None)
            if x.type == 'RandomColorDistortion':
                x.update(defaults | x)
        assert step == other
    assert ours[2].ratio_range == (0.5, 2.0)
    steps = {s.type: s for s in camvid.train_dataloader.dataset.pipeline}
    assert steps['RandomScaleCrop'].step == 0.25


def test_lip_swaps_sides(mmseg_scope):
    cfg = named('fcn_hrnet-w48_4xb10-110k_lip-473x473')
    classes = _metainfo('LIPDataset')['classes']
    datasets = [
        cfg[f'{x}_dataloader'].dataset for x in ('train', 'val', 'test')
    ]
    for dataset in datasets:
        pairs = dataset.metainfo.flip_pairs
        names = {(classes[left], classes[right]) for left, right in pairs}
        assert names == {
            ('Left-arm', 'Right-arm'),
            ('Left-leg', 'Right-leg'),
            ('Left-shoe', 'Right-shoe'),
        }
    flips = [s for s in datasets[0].pipeline if s.type == 'RandomFlip']
    assert [s.swap_seg_labels for s in flips] == [pairs]
