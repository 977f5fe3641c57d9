"""Detectors are mmdetection's, and are trained as HRNet's authors did."""

from pathlib import Path

import mmdet
import pytest
import torch
from config_files import dicts_in, named
from mmengine.config import Config

from uhrnet.engine.dataset_configs import innermost_dataset

HOST = Path(mmdet.__file__).parent / '.mim/configs/hrnet'
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
        mine = innermost_dataset(ours[f'{split}_dataloader'])
        other = innermost_dataset(theirs[f'{split}_dataloader'])
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
    loops = [x.train_cfg.pop('type') for x in (ours, theirs)]
    assert loops[0] == f'Resumable{loops[1]}'
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
            innermost_dataset(x[f'{split}_dataloader']) for x in (ours, theirs)
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
