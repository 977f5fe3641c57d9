"""The hosts' own ways to predict, with the configs of this repository."""

from pathlib import Path

import mmcv
import numpy as np
import pytest
import torch
from mmengine.config import Config

ROOT = Path(__file__).parents[2]
CONFIG = 'uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'


@pytest.fixture
def model():
    """New for each test: the hosts change the config that it carries."""
    from mmseg.apis import init_model

    import uhrnet.segmentation  # noqa: F401

    cfg = Config.fromfile(ROOT / 'configs' / CONFIG)
    return init_model(cfg, device='cpu')


@pytest.fixture
def image(scenes):
    return str(scenes / 'images/val/00000.png')


def test_inference_model(model, image):
    from mmseg.apis import inference_model

    from_file = inference_model(model, image).pred_sem_seg.data
    from_array = inference_model(model, mmcv.imread(image)).pred_sem_seg.data
    assert from_file.shape == (1, 64, 96)
    assert torch.equal(from_file, from_array)


def test_inferencer(model, image, tmp_path):
    from mmseg.apis import MMSegInferencer, inference_model

    from uhrnet.segmentation.datasets import ScenesDataset

    expected = inference_model(model, image).pred_sem_seg.data[0]
    weights = tmp_path / 'weights.pth'
    meta = dict(dataset_meta=ScenesDataset.METAINFO)
    torch.save(dict(state_dict=model.state_dict(), meta=meta), weights)
    inferencer = MMSegInferencer(
        Config.fromfile(ROOT / 'configs' / CONFIG), str(weights), device='cpu'
    )
    for source in (image, mmcv.imread(image)):
        labels = inferencer(source)['predictions']
        np.testing.assert_array_equal(labels, expected)
    inferencer(image, out_dir=str(tmp_path))
    assert len(list((tmp_path / 'vis').iterdir())) == 1
    assert len(list((tmp_path / 'pred').iterdir())) == 1
