import base64

import cv2
import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmdet.visualization import DetLocalVisualizer
from mmengine.structures import InstanceData, PixelData
from mmseg.structures import SegDataSample

from uhrnet.depth.visualizer import DepthVisualizer
from uhrnet.reports.pictures import (
    MOST_DRAWN,
    draw_sample,
    fit_width,
    jpeg_uri,
    reduce_sample,
)
from uhrnet.segmentation.visualizer import SideBySideVisualizer

GREEN = (0, 255, 0)


@pytest.fixture
def image(tmp_path):
    path = tmp_path / 'a.png'
    picture = np.zeros((100, 1200, 3), np.uint8)
    picture[:, 600:] = GREEN
    cv2.imwrite(str(path), picture)
    return str(path)


class Backend:
    """It must not get these pictures."""

    def add_image(self, *args, **kwargs):
        raise AssertionError


def kept(visualizer):
    visualizer._vis_backends = dict(a=Backend())
    return visualizer


def test_label_maps_are_made_small(image):
    labels = torch.zeros(1, 100, 1200, dtype=torch.int64)
    labels[..., 600:] = 1
    sample = reduce_sample(
        SegDataSample(
            metainfo=dict(img_path=image),
            gt_sem_seg=PixelData(data=labels),
            pred_sem_seg=PixelData(data=1 - labels),
        )
    )
    visualizer = kept(SideBySideVisualizer())
    visualizer.dataset_meta = dict(
        classes=['a', 'b'], palette=[(255, 0, 0), (0, 0, 255)]
    )
    picture = draw_sample(visualizer, sample)
    panel = 400
    assert picture.shape[1] == 3 * panel + 8
    assert tuple(picture[10, 350]) == GREEN
    assert tuple(picture[10, panel + 4 + 50]) == (255, 0, 0)
    assert tuple(picture[10, 2 * (panel + 4) + 50]) == (0, 0, 255)
    assert isinstance(visualizer._vis_backends['a'], Backend)


def test_small_depth_maps_are_enlarged_and_windows_cut(image):
    depth = torch.full((1, 50, 100), 5.0)
    sample = reduce_sample(
        SegDataSample(
            metainfo=dict(img_path=image, window=(0, 50, 580, 680)),
            gt_depth_map=PixelData(data=depth),
            pred_depth_map=PixelData(data=depth),
        )
    )
    picture = draw_sample(kept(DepthVisualizer()), sample)
    assert picture.shape[1] > 4 * 288
    # the border of the window's colours is a fifth from its left
    assert tuple(picture[10, 40]) == (0, 0, 0)
    assert tuple(picture[10, 80]) == GREEN


def test_the_surest_boxes(image):
    count = 60
    found = InstanceData(
        bboxes=torch.tensor([[10.0, 10, 50, 50]]).repeat(count, 1),
        labels=torch.zeros(count, dtype=torch.int64),
        scores=torch.arange(count) / count,
    )
    sample = DetDataSample(
        metainfo=dict(img_path=image), gt_instances=found, pred_instances=found
    )
    small = reduce_sample(sample)
    scores = small.pred_instances.scores
    assert len(scores) == MOST_DRAWN and scores[0] == found.scores.max()
    assert small.pred_instances.bboxes.data_ptr() != found.bboxes.data_ptr()
    visualizer = kept(DetLocalVisualizer())
    visualizer.dataset_meta = dict(classes=['a'], palette=[(255, 0, 0)])
    picture = draw_sample(visualizer, small)
    assert picture.shape == (53, 1280, 3)


def test_masks_are_kept_as_run_lengths(image):
    masks = torch.zeros(2, 100, 1200, dtype=torch.bool)
    masks[1, 20:60, 100:500] = True
    found = InstanceData(
        bboxes=torch.tensor([[0.0, 0, 1, 1], [100, 20, 500, 60]]),
        labels=torch.tensor([0, 0]),
        scores=torch.tensor([0.1, 0.9]),
        masks=masks,
    )
    truth = InstanceData(
        bboxes=found.bboxes,
        labels=found.labels,
        masks=BitmapMasks(masks.numpy().astype(np.uint8), 100, 1200),
    )
    sample = DetDataSample(
        metainfo=dict(img_path=image), gt_instances=truth, pred_instances=found
    )
    small = reduce_sample(sample)
    (code,) = small.pred_instances.masks
    assert len(code['counts']) < 1000 and code['size'] == [100, 1200]
    assert len(small.gt_instances.masks) == 2
    visualizer = kept(DetLocalVisualizer())
    visualizer.dataset_meta = dict(classes=['a'], palette=[(255, 0, 0)])
    picture = draw_sample(visualizer, small)
    # two panels of 1200 pixels, made smaller
    scale = 1280 / 2400
    for left in (0, 640):
        x, y = left + int(250 * scale), int(50 * scale)
        assert picture[y, x, 0] > 100, left
    small.pred_instances = small.pred_instances[:0]
    draw_sample(visualizer, small)


def test_jpegs():
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[..., 0] = 250
    kind, data = jpeg_uri(fit_width(picture, 20)).split(';base64,')
    read = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), 1)
    assert kind == 'data:image/jpeg' and read.shape == (10, 20, 3)
    assert read[5, 5, 2] > 240 > 10 > read[5, 5, 0]
    assert fit_width(picture, 80) is picture
