"""Checkpoints of mmdetection's model zoo fit, and compute the same."""

from pathlib import Path

import mmdet
import numpy as np
import pytest
import torch
from config_files import ROOT, named
from mmengine.config import Config
from torch.nn.modules.batchnorm import _BatchNorm

HOST = Path(mmdet.__file__).parent / '.mim/configs/hrnet'
PAIRS = {
    'faster-rcnn_hrnetv2p-w18-in1k-pre_8xb2-1x_coco': (
        'faster-rcnn_hrnetv2p-w18-1x_coco.py'
    ),
    'fcos_hrnetv2p-w18-in1k-pre_4xb4-2x_coco': (
        'fcos_hrnetv2p-w18-gn-head_4xb4-2x_coco.py'
    ),
}


HOST_FCOS = {
    'model.data_preprocessor.bgr_to_rgb': False,
    'model.data_preprocessor.mean': [103.53, 116.28, 123.675],
    'model.data_preprocessor.std': [57.375, 57.12, 58.395],
    'model.test_cfg.nms.iou_threshold': 0.5,
}


def test_fcos_options_are_in_the_guide():
    guide = (ROOT / 'configs/hrnet/README.md').read_text()
    for key, value in HOST_FCOS.items():
        value = str(value).replace(' ', '')
        assert f'{key}={value}' in guide


def settle_statistics(backbone):
    """Give batch norms those of some image, or values grow from map to map."""
    norms = [x for x in backbone.modules() if isinstance(x, _BatchNorm)]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0
    with torch.no_grad():
        backbone(torch.randn(2, 3, 96, 128))
    backbone.eval()


@pytest.mark.parametrize('name', PAIRS)
def test_zoo_detector(name, mmdet_scope, tmp_path):
    """Of the host's class, saved, and loaded without a key too many."""
    from mmdet.registry import MODELS
    from mmdet.structures import DetDataSample
    from mmengine.runner import load_checkpoint, save_checkpoint

    theirs = Config.fromfile(HOST / PAIRS[name])
    prepare = theirs.model.data_preprocessor
    theirs.model.backbone.init_cfg = None
    settings = theirs.model.test_cfg
    settings.get('rcnn', settings).score_thr = 0.0
    host = MODELS.build(theirs.model).eval()
    host.init_weights()
    settle_statistics(host.backbone)
    path = tmp_path / 'zoo.pth'
    save_checkpoint(
        dict(meta=dict(epoch=12), state_dict=host.state_dict()), str(path)
    )

    cfg = named(name)
    cfg.model.backbone.init_cfg = None
    # rounds as the host does; regions enlarge a difference
    cfg.model.backbone.memory_format = 'contiguous'
    if name.startswith('fcos'):
        # as configs/hrnet/README.md says
        cfg.merge_from_dict(HOST_FCOS)
    ours = MODELS.build(cfg.model.data_preprocessor)
    host_input = MODELS.build(prepare)
    assert torch.equal(ours.mean, host_input.mean)
    assert torch.equal(ours.std, host_input.std)
    assert ours._channel_conversion == host_input._channel_conversion
    # no score of an untrained detector is high
    cfg.model.test_cfg.get('rcnn', cfg.model.test_cfg).score_thr = 0.0
    ours = MODELS.build(cfg.model).eval()
    assert settings == cfg.model.test_cfg
    load_checkpoint(ours, str(path), map_location='cpu', strict=True)

    image = np.random.randint(0, 256, (3, 96, 128), dtype=np.uint8)
    found = []
    for model in (host, ours):
        sample = DetDataSample(
            metainfo=dict(
                img_shape=(96, 128), ori_shape=(96, 128), scale_factor=(1, 1)
            )
        )
        with torch.no_grad():
            (result,) = model.test_step(
                dict(inputs=[torch.from_numpy(image)], data_samples=[sample])
            )
        found.append(result.pred_instances)
    assert len(found[0]) == len(found[1]) > 10
    differences = [
        (found[0][key] - found[1][key]).abs().max().item()
        for key in ('bboxes', 'scores')
    ]
    print(f'{name}: boxes, scores differ by {differences}')
    assert differences[0] < 1e-3 and differences[1] < 1e-4
    assert torch.equal(found[0].labels, found[1].labels)


def test_neck(tmp_path):
    """The neck's part alone, by its prefix."""
    from mmengine.runner import load_state_dict

    from uhrnet.models import HRNetV2p

    theirs = Config.fromfile(HOST / PAIRS[next(iter(PAIRS))]).model.neck
    from mmdet.models.necks import HRFPN

    theirs.pop('type')
    state = {f'neck.{k}': v for k, v in HRFPN(**theirs).state_dict().items()}
    neck = HRNetV2p(**theirs)
    ours = {f'neck.{k}' for k in neck.state_dict()}
    assert ours == state.keys()
    assert len(ours) == 12
    load_state_dict(
        neck, {k.removeprefix('neck.'): v for k, v in state.items()}, True
    )
