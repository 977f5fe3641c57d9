"""Configs of HFGD and what it is compared with."""

import functools
import re
from pathlib import Path

import mmseg
import pytest
import torch
from config_files import CONFIGS as ALL_CONFIGS
from config_files import ROOT, distinct, load, named
from mmengine.config import Config
from mmengine.runner.checkpoint import get_external_models
from test_segmentation_configs import a_batch

CONFIGS = [path for path in ALL_CONFIGS if path.parent.name == 'hfgd']
NAMES = [path.stem for path in CONFIGS]
NUM_CONFIGS = 126
NUM_MODELS = 26
HOST = Path(mmseg.__file__).parent / '.mim/configs'

NAME = re.compile(
    r'(?P<algorithm>[a-z]+)(-(?P<variant>[a-z0-9-]+))?_'
    r'(?P<backbone>r50|r50-d8|r101|(swin|convnext|hrnet|uhrnet)-[a-z0-9-]+?)'
    r'(-(?P<start>in\d+k)-pre)?_'
    r'(?P<schedule>(?P<gpus>\d+)xb(?P<batch>\d+)-(?P<iters>\d+(k|it)))_'
    r'(?P<data>[a-z0-9-]+-(?P<crop>\d+x\d+))'
)
HEADS = dict(hfgd='HFGDHead', fpn='FPNHead', fcn='FCNHead')
BACKBONES = {
    'r50': 'in1k',
    'r101': 'in1k',
    'swin-t': 'in1k',
    'swin-b': 'in22k',
    'swin-l': 'in22k',
    'convnext-t': 'in1k',
    'convnext-b': 'in21k',
    'hrnet-w48': 'in1k',
    'uhrnet-w18-small': 'in1k',
    'uhrnet-w18': None,  # none have been published
    'uhrnet-w48': 'in1k',
}
WITH_STEM = ('r50', 'r101', 'hrnet-w48', *list(BACKBONES)[-3:])
# Classes, and a config of the same data.
BENCHMARKS = {
    '4xb4-60k_pascal-context-59-480x480': (59, 'fcn_hrnet-w48'),
    '4xb4-160k_coco-stuff164k-512x512': (171, 'fcn_hrnet-w48'),
    '4xb2-80k_cityscapes-512x1024': (19, 'fcn_uhrnet-w48'),
}
ABLATIONS = {
    'attached-low': dict(detach_low=False),
    'attached-high': dict(detach_high=False),
    'attached-kernels': dict(detach_kernels=False),
    'attached': dict(
        detach_low=False, detach_high=False, detach_kernels=False
    ),
    'cae-conv': dict(cae='conv'),
    'cae-none': dict(cae='none'),
}
TOP_AT_64 = dict(top=4)  # of U-HRNet, which alone goes down to that stride
DILATED = ('strides', 'dilations', 'contract_dilation')
# Semantic FPN trains all norms.
PLAIN = (
    ('SwinTransformer', 'FixedNormSwin'),
    ('mmpretrain.ConvNeXt', 'FixedNormConvNeXt'),
)
CAMVID = ('1xb16-20k_camvid-360x480', '1xb4-500it_camvid-192x192')


def test_all_are_seen():
    assert len(CONFIGS) == NUM_CONFIGS
    expected = [
        f'{algorithm}_{backbone}{f"-{start}-pre" if start else ""}_{benchmark}'
        for backbone, start in BACKBONES.items()
        for algorithm in ('hfgd', 'hfgd-os2', 'fpn')
        for benchmark in BENCHMARKS
        if backbone in WITH_STEM or algorithm != 'hfgd-os2'
    ]
    for benchmark in CAMVID:
        expected += [f'fcn_r50-d8_{benchmark}']
        expected += [
            f'{algorithm}_{backbone}_{benchmark}'
            for algorithm in ('hfgd', 'hfgd-os2', 'fpn')
            for backbone in ('r50', 'uhrnet-w18-small')
        ]
        expected += [
            f'hfgd-{ablation}_{backbone}_{benchmark}'
            for ablation in ABLATIONS
            for backbone in ('r50', 'uhrnet-w18-small')
        ]
        expected += [f'hfgd-top-s64_uhrnet-w18-small_{benchmark}']
    expected += [
        f'fcn_uhrnet-w18-small_{CAMVID[1]}',  # the other is configs/uhrnet's
        'hfgd_uhrnet-w18-small_1xb4-500it_scenes-192x320',
    ]
    assert set(NAMES) == set(expected)


@pytest.mark.parametrize('path', CONFIGS, ids=NAMES)
def test_agrees_with_its_name_and_builds(path, mmseg_scope, monkeypatch):
    from mmseg.registry import MODELS

    name = NAME.fullmatch(path.stem)
    assert name, f'{path.stem} does not follow the naming rule'
    cfg = load(path)
    batch = int(name['batch'])
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == batch * int(name['gpus'])
    iters = int(re.sub('it', '', name['iters'].replace('k', '000')))
    assert cfg.train_cfg.max_iters == cfg.param_scheduler[-1].end == iters
    assert iters % cfg.train_cfg.val_interval == 0
    crop = tuple(map(int, name['crop'].split('x')))
    assert cfg.model.data_preprocessor.size == crop
    steps = {s.type: s for s in cfg.train_dataloader.dataset.pipeline}
    assert tuple(steps['RandomScaleCrop'].crop_size) == crop

    head = cfg.model.decode_head
    assert head.type.removeprefix('Tiled') == HEADS[name['algorithm']]
    classes = [s.num_classes for s in steps.values() if 'num_classes' in s]
    assert classes == [head.num_classes]
    auxiliary = cfg.model.get('auxiliary_head')
    assert (auxiliary is not None) == (name['backbone'] == 'r50-d8')
    assert auxiliary is None or auxiliary.num_classes == head.num_classes
    assert cfg.model.backbone.get('init_cfg') is None or name['start']
    if 'ConvNeXt' in cfg.model.backbone.type:
        pytest.importorskip(
            'mmpretrain',
            reason='ConvNeXt is of mmpretrain, which does not import here',
            exc_type=ImportError,
        )
    # Swin reads rates of its drop paths from a tensor.
    linspace = functools.partial(torch.linspace, device='cpu')
    monkeypatch.setattr(torch, 'linspace', linspace)
    with torch.device('meta'):
        MODELS.build(cfg.model)


def without(cfg, *keys):
    """A config as a plain dict, without dotted keys."""
    cfg = cfg.copy()
    for key in keys:
        node = cfg
        *path, last = key.split('.')
        for part in path:
            node = node[part]
        node.pop(last, None)
    return cfg.to_dict()


TWINS = [
    path
    for path in CONFIGS
    if not path.stem.startswith('hfgd_')  # which they are compared with
]


@pytest.mark.parametrize('path', TWINS, ids=lambda path: path.stem)
def test_differs_from_its_twin_in_the_decoder_alone(path):
    """Same backbone, data and schedule as HFGD at stride 4."""
    algorithm, rest = path.stem.split('_', 1)
    cfg = load(path)
    plain = named(f'hfgd_{rest.replace("r50-d8", "r50")}')
    ours, theirs = cfg.model, plain.model
    if algorithm == 'fcn':
        drop = ['model.decode_head', 'model.auxiliary_head']
        drop += [f'model.backbone.{x}' for x in (*DILATED, 'init_cfg')]
        starts = [x.backbone.get('init_cfg') for x in (ours, theirs)]
        assert starts == [None, None]
        assert ours.decode_head.num_classes == theirs.decode_head.num_classes
    elif algorithm == 'fpn':
        drop = ['model.neck', 'model.decode_head', 'model.backbone.type']
        types = ours.backbone.type, theirs.backbone.type
        assert types[0] == types[1] or types in PLAIN
    elif algorithm == 'hfgd-os2':
        keys = ('in_channels', 'in_index', 'high_index', 'top')
        drop = [f'model.decode_head.{x}' for x in (*keys, 'output_stride')]
        drop += ['model.backbone.type', 'model.backbone.return_stem']
        ours, theirs = ours.decode_head, theirs.decode_head
        assert ours.in_channels == [64, *theirs.in_channels]
        assert ours.in_index == [*theirs.in_index, len(theirs.in_index)]
        assert ours.get('high_index', []) == [
            i + 1 for i in theirs.get('high_index', [])
        ]
        assert ours.get('top', 0) == theirs.get('top', -1) + 1
    else:
        ablation = algorithm.removeprefix('hfgd-')
        options = TOP_AT_64 if ablation == 'top-s64' else ABLATIONS[ablation]
        for key, value in options.items():
            assert ours.decode_head[key] == value
            assert theirs.decode_head.get(key) != value
        drop = [f'model.decode_head.{key}' for key in options]
    assert without(cfg, *drop) == without(plain, *drop)


def test_flags_are_those_of_the_names(mmseg_scope):
    """Default or not: of each kind, what is detached is what is meant."""
    from mmseg.registry import MODELS

    seen = set()
    for path in CONFIGS:
        algorithm, backbone, _ = path.stem.split('_', 2)
        if (algorithm, backbone) in seen or not algorithm.startswith('hfgd'):
            continue
        seen.add((algorithm, backbone))
        with torch.device('meta'):
            head = MODELS.build(load(path).model.decode_head)
        word = algorithm.removeprefix('hfgd').removeprefix('-')
        for part, detached in dict(
            low=head.detach_low,
            high=head.detach_high,
            kernels=head.classify.detach,
        ).items():
            assert detached == (word not in ('attached', f'attached-{part}'))
        widths = head.channels, head.upsampler.project.in_channels
        assert widths == (256, 128)
        assert head.upsampler.laterals[0].out_channels == 256


@pytest.mark.parametrize('benchmark', BENCHMARKS)
def test_data_are_those_of_the_other_configs(benchmark):
    """And are the same for all backbones; only AdamW or SGD differs."""
    classes, other = BENCHMARKS[benchmark]
    other = named(f'{other}_{benchmark}')
    keys = [k for k in other if k.endswith(('_dataloader', '_evaluator'))]
    keys += ['tta_pipeline', 'train_cfg', 'val_cfg', 'default_hooks']
    keys += [
        'tta_model',
        'visualizer',
        'custom_hooks',
        'env_cfg',
        'randomness',
    ]
    seen = 0
    for path in CONFIGS:
        if not path.stem.endswith(benchmark):
            continue
        cfg = load(path)
        for key in keys:
            assert cfg[key] == other[key], key
        assert cfg.model.test_cfg == other.model.test_cfg
        assert cfg.model.decode_head.num_classes == classes
        if cfg.optim_wrapper.optimizer.type == 'SGD':
            assert cfg.optim_wrapper == other.optim_wrapper
            assert cfg.param_scheduler == other.param_scheduler
        seen += 1
    assert seen == len(BACKBONES) * 2 + len(WITH_STEM)


@pytest.mark.parametrize('arch', ['t', 'b', 'l'])
def test_swin_is_trained_as_by_mmsegmentation(arch):
    name = dict(
        t='tiny-patch4-window7-in1k-pre',
        b='base-patch4-window12-in22k-384x384-pre',
        l='large-patch4-window12-in22k-384x384-pre',
    )[arch]
    host = Config.fromfile(
        HOST / f'swin/swin-{name}_upernet_8xb2-160k_ade20k-512x512.py'
    )
    start = BACKBONES[f'swin-{arch}']
    cfg = named(
        f'hfgd_swin-{arch}-{start}-pre_4xb4-160k_coco-stuff164k-512x512'
    )
    assert cfg.optim_wrapper == host.optim_wrapper
    warm_up, decay = cfg.param_scheduler
    assert [warm_up, decay] == [dict(x) for x in host.param_scheduler]
    ours, theirs = cfg.model.backbone, host.model.backbone
    assert ours.pop('type') == 'FixedNormSwin'
    assert {k: theirs[k] for k in ours} == ours
    defaults = dict(
        type='SwinTransformer', act_cfg=dict(type='GELU'), patch_size=4,
        mlp_ratio=4, strides=(4, 2, 2, 2), out_indices=(0, 1, 2, 3),
        qkv_bias=True, qk_scale=None, patch_norm=True, drop_rate=0.0,
        attn_drop_rate=0.0, use_abs_pos_embed=False, pretrain_img_size=224,
        norm_cfg=dict(type='LN', requires_grad=True),
    )  # fmt: skip
    assert {k: v for k, v in theirs.items() if k not in ours} == {
        k: v for k, v in defaults.items() if k not in ours
    }


@pytest.mark.parametrize('arch', ['t', 'b'])
def test_convnext_is_trained_as_by_mmsegmentation(arch):
    """But for its mixed precision, which is the user's choice."""
    name = dict(t='tiny', b='base')[arch]
    size = dict(t='512x512', b='640x640')[arch]
    host = Config.fromfile(
        HOST
        / f'convnext/convnext-{name}_upernet_8xb2-amp-160k_ade20k-{size}.py',
        import_custom_modules=False,
    )
    start = BACKBONES[f'convnext-{arch}']
    cfg = named(
        f'hfgd_convnext-{arch}-{start}-pre_4xb4-160k_coco-stuff164k-512x512'
    )
    host.optim_wrapper.pop('loss_scale')
    host.optim_wrapper.type = 'OptimWrapper'
    assert cfg.optim_wrapper == host.optim_wrapper
    assert cfg.param_scheduler == host.param_scheduler
    ours, theirs = cfg.model.backbone, host.model.backbone
    assert (ours.pop('type'), theirs.pop('type')) == PLAIN[1][::-1]
    assert ours == theirs


@pytest.mark.parametrize('name', ['fpn_r50', 'fcn_r50-d8'])
def test_rivals_are_mmsegmentations(name):
    host = Config.fromfile(HOST / f'_base_/models/{name}.py').model
    cfg = Config.fromfile(ROOT / f'configs/_base_/models/{name}.py').model
    assert host.pop('pretrained') == cfg.backbone.pop('init_cfg').checkpoint
    for model in (host, cfg):
        for head in (model.decode_head, model.get('auxiliary_head')):
            if head is not None:
                head.loss_decode.pop('avg_non_ignore', None)
                head.loss_decode.pop('use_sigmoid', None)
    for key in ('neck', 'decode_head', 'auxiliary_head', 'test_cfg'):
        assert cfg.get(key) == host.get(key), key
    assert cfg.data_preprocessor == host.data_preprocessor
    ours, theirs = cfg.backbone, host.backbone
    defaults = dict(
        num_stages=4, out_indices=(0, 1, 2, 3), dilations=(1, 1, 1, 1),
        strides=(1, 2, 2, 2), norm_eval=False, style='pytorch',
    )  # fmt: skip
    # Without dilations there is nothing to contract.
    theirs.contract_dilation = name == 'fcn_r50-d8'
    defaults['contract_dilation'] = False
    assert defaults | ours == theirs


def test_first_weights_are_known_to_the_host():
    guide = (ROOT / 'docs/official_weights.md').read_text()
    known = ''.join(
        path.read_text()
        for folder in ('swin', 'convnext')
        for path in (HOST / folder).glob('*.py')
    )
    zoo = get_external_models()
    seen = set()
    for path in CONFIGS:
        backbone = load(path).model.backbone
        start = backbone.get('init_cfg')
        if start is None:
            continue
        assert start.type == 'Pretrained'
        checkpoint = start.checkpoint
        if checkpoint.startswith('open-mmlab://'):
            assert checkpoint.removeprefix('open-mmlab://') in zoo
        else:
            assert checkpoint in known + guide
        seen.add(checkpoint)
    assert len(seen) == len(BACKBONES) - 1


def _model_key(cfg):
    """Kind of backbone, neck and head, apart from widths and depths."""
    model = cfg.model
    if 'ConvNeXt' in model.backbone.type:
        return 'ConvNeXt'
    head = model.decode_head
    options = ('cae', 'top', 'output_stride')
    return str(
        [
            model.backbone.type,
            model.backbone.get('dilations'),
            model.get('neck', {}).get('type'),
            head.type,
            [head.get(x) for x in options],
            [(k, v) for k, v in head.items() if k.startswith('detach')],
        ]
    )


@pytest.fixture(scope='module')
def models():
    small_first = sorted(CONFIGS, key=lambda x: 'small' not in x.stem)
    kinds = distinct(small_first, _model_key)
    kinds.pop('ConvNeXt')
    return kinds


def test_number_of_models(models):
    assert len(models) == NUM_MODELS


@pytest.mark.parametrize('index', range(NUM_MODELS))
def test_each_model_steps_and_predicts(models, index, mmseg_scope):
    from mmengine.model import revert_sync_batchnorm
    from mmseg.registry import MODELS

    cfg = load(list(models.values())[index])
    cfg.model.backbone.pop('init_cfg', None)
    cfg.model.data_preprocessor.size = (64, 64)
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    batch = a_batch(cfg.model.decode_head.num_classes)
    losses = model.train()(
        **model.data_preprocessor(batch, training=True), mode='loss'
    )
    losses = {k: v for k, v in losses.items() if 'loss' in k}
    if cfg.model.decode_head.type == 'HFGDHead':
        assert list(losses) == ['decode.loss_up_ce', 'decode.loss_high_ce']
    assert all(0 < loss.item() < 20 for loss in losses.values())
    sum(losses.values()).backward()
    idle = [
        name
        for name, p in model.named_parameters()
        if p.requires_grad and p.grad is None
    ]
    assert not idle
    with torch.no_grad():
        (first, _) = model.eval().test_step(batch)
    assert first.pred_sem_seg.data.shape == (1, 64, 64)
