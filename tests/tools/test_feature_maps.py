"""Of random weights, which see something too."""

import cv2
import pytest
import torch
from command_line import call_tool, import_tool
from predictions import CONFIGS

from uhrnet.analysis.activations import (
    class_target,
    collect,
    default_stages,
    load_input,
)
from uhrnet.apis import load_model
from uhrnet.engine.config_file import read_config
from uhrnet.errors import ConfigError, DataError

TOOL = 'tools/analysis_tools/feature_maps.py'


@pytest.fixture
def image(scenes):
    return next((scenes / 'images/val').iterdir())


def checkpoint(task, folder):
    model = load_model(CONFIGS[task])
    path = folder / 'model.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    return path


def test_shapes_of_all_branches(image):
    """Those that the backbone says it has."""
    cfg = read_config(CONFIGS['segmentation'])
    model = load_model(cfg)
    inputs, samples = load_input(cfg, model, str(image))
    height, width = inputs.shape[-2:]

    def forward():
        with torch.no_grad():
            model(inputs, samples, mode='tensor')

    found = {
        (x.stage, x.branch): tuple(x.values.shape)
        for x in collect(model, default_stages(model), forward)
    }
    assert len(found) == 16
    assert found['backbone.stage2', 0] == (18, height // 4, width // 4)
    deepest = found['backbone.stage5', 1]
    assert deepest == (288, -(-height // 64), -(-width // 64))


def cams(config, image, category=None, adjust=lambda cfg: None):
    cfg = read_config(config)
    for step in cfg.test_pipeline:
        if 'scale' in step:
            step.scale = 160, 96
    adjust(cfg)
    torch.manual_seed(0)
    model = load_model(cfg)
    inputs, samples = load_input(cfg, model, str(image))
    named = []

    def forward():
        target, name = class_target(model, inputs, samples, category)
        named.append(name)
        return target

    found = collect(model, default_stages(model), forward)
    return [bool(x.cam.any()) for x in found], *named


@pytest.mark.parametrize(
    'config',
    [
        'hfgd_uhrnet-w18-small_1xb4-500it_camvid-192x192',
        *(
            pytest.param(config, marks=pytest.mark.slow)
            for config in (
                'ocrnet_uhrnet-w48_1xb16-20k_camvid-360x480',
                'fcn_hrnet-w18-small-v2_1xb4-1k_camvid-256x256',
            )
        ),
    ],
)
def test_dense_heads(image, config):
    """That of HFGD keeps gradients from most of the network in training."""
    seen, name = cams(config, image)
    assert len(seen) >= 8 and sum(seen) > len(seen) / 4
    assert name in load_model(config).dataset_meta['classes']


@pytest.mark.slow
@pytest.mark.parametrize(
    'config',
    [
        'fcos_uhrnetv2p-w18-small-in1k-pre_4xb4-2x_coco',
        'centernet_uhrnetv2-w18-small-in1k-pre_8xb16-140e_coco-512x512',
        'cascade-mask-rcnn_uhrnetv2p-w18-small-in1k-pre_8xb2-20e_coco',
        'htc_uhrnetv2p-w18-small-in1k-pre_8xb2-20e_coco',
        'mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320',
    ],
)
def test_detectors(image, config):
    """Random weights are sure of nothing; what they find counts here."""

    def adjust(cfg):
        limits = cfg.model.test_cfg.get('rcnn', cfg.model.test_cfg)
        limits.update(score_thr=0.0, max_per_img=3)

    seen, _ = cams(config, image, adjust=adjust)
    assert len(seen) == 16 and sum(seen) > 4


@pytest.mark.parametrize(
    'task',
    ['segmentation', pytest.param('depth', marks=pytest.mark.slow)],
)
def test_pictures(monkeypatch, tmp_path, capsys, image, task):
    path = checkpoint(task, tmp_path)
    tool = import_tool(monkeypatch, TOOL)
    out = tmp_path / 'out'
    call_tool(
        monkeypatch, tool, image, CONFIGS[task], path, '--out-dir', out,
        '--target-layers', 'backbone.stage2', 'backbone.stage9',
    )  # fmt: skip
    assert '3 maps' in capsys.readouterr().out
    names = sorted(x.name for x in out.iterdir())
    assert names == ['cam.png', 'feature_maps.png']
    for name in names:
        picture = cv2.imread(str(out / name))
        assert picture.std(axis=2).max() > 50  # colours


def test_refused(monkeypatch, tmp_path, image):
    path = checkpoint('segmentation', tmp_path)
    tool = import_tool(monkeypatch, TOOL)
    given = CONFIGS['segmentation'], path, '--out-dir', tmp_path / 'out'
    with pytest.raises(DataError, match='does not exist: name an image'):
        call_tool(monkeypatch, tool, 'none.png', *given)
    with pytest.raises(ConfigError, match='--category cow is none of'):
        call_tool(monkeypatch, tool, image, *given, '--category', 'cow')
    assert not (tmp_path / 'out').exists()
