"""The host's own ways to predict, with the configs of this repository."""

import mmcv
import pytest
import torch
from config_files import ROOT
from mmengine.config import Config

from uhrnet.errors import DataError

CONFIG = (
    ROOT
    / 'configs/uhrnet'
    / ('mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320.py')
)


@pytest.fixture
def cfg():
    cfg = Config.fromfile(CONFIG)
    cfg.test_dataloader.dataset.pipeline[2].scale = (96, 64)
    cfg.model.roi_head.bbox_head.fc_out_channels = 32
    return cfg


@pytest.fixture
def model(cfg, mmdet_scope):
    from mmdet.apis import init_detector

    from uhrnet.detection.datasets import ScenesDataset

    model = init_detector(cfg, palette='random', device='cpu')
    model.dataset_meta = ScenesDataset.METAINFO
    return model


@pytest.fixture
def image(scenes):
    return str(scenes / 'images/val/00000.png')


def test_inference_detector(model, image):
    from mmdet.apis import inference_detector

    found, again = (
        inference_detector(model, x).pred_instances
        for x in (image, mmcv.imread(image))
    )
    assert len(found) > 0
    assert found.masks.shape == (len(found), 64, 96)
    assert torch.equal(found.bboxes, again.bboxes)


def test_truncated_image(model, image, tmp_path):
    from mmdet.apis import inference_detector

    path = tmp_path / 'half.jpg'
    mmcv.imwrite(mmcv.imread(image), str(path))
    # OpenCV 4 makes the rest grey and goes on, OpenCV 5 reads nothing
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises((DataError, AssertionError), match='half.jpg'):
        inference_detector(model, str(path))


def test_inferencer(model, cfg, image, tmp_path):
    from mmdet.apis import DetInferencer, inference_detector

    expected = inference_detector(model, image).pred_instances
    weights, config = tmp_path / 'weights.pth', tmp_path / 'config.py'
    meta = dict(dataset_meta=model.dataset_meta)
    torch.save(dict(state_dict=model.state_dict(), meta=meta), weights)
    cfg.dump(config)
    inferencer = DetInferencer(str(config), str(weights), device='cpu')
    for source in (image, mmcv.imread(image)):
        (found,) = inferencer(source)['predictions']
        assert len(found['scores']) == len(expected)
        assert torch.allclose(
            torch.tensor(found['bboxes']), expected.bboxes, atol=1e-3
        )
    inferencer(image, out_dir=str(tmp_path), no_save_pred=False)
    assert len(list((tmp_path / 'vis').iterdir())) == 1
    assert len(list((tmp_path / 'preds').iterdir())) > 0
