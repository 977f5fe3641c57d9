import cv2
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.registry import VISUALIZERS
from mmseg.structures import SegDataSample

CLASSES = ('road', 'sky', 'car')
PALETTE = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]


@pytest.fixture
def visualizer(tmp_path, mmseg_scope):
    visualizer = VISUALIZERS.build(
        dict(
            type='SideBySideVisualizer',
            name=str(tmp_path),
            vis_backends=[dict(type='LocalVisBackend')],
            save_dir=str(tmp_path),
        )
    )
    visualizer.dataset_meta = dict(classes=CLASSES, palette=PALETTE)
    return visualizer


def sample(truth, prediction):
    def pixels(value):
        return PixelData(data=torch.full((1, 40, 60), value))

    return SegDataSample(
        gt_sem_seg=pixels(truth), pred_sem_seg=pixels(prediction)
    )


def draw(visualizer, tmp_path, *args, **kwargs):
    path = tmp_path / 'out.png'
    image = np.full((40, 60, 3), (10, 20, 30), np.uint8)
    visualizer.add_datasample('x', image, *args, out_file=str(path), **kwargs)
    return cv2.imread(str(path))[..., ::-1]


def test_three_panels_in_order(visualizer, tmp_path):
    drawn = draw(visualizer, tmp_path, sample(0, 2))
    assert drawn.shape[1] == 3 * 60 + 2 * 4
    assert (drawn[:40, :60] == (10, 20, 30)).all()
    assert (drawn[:40, 64:124] == PALETTE[0]).all()
    assert (drawn[:40, 128:] == PALETTE[2]).all()
    legend = drawn[40:].reshape(-1, 3)
    colors = set(map(tuple, legend))
    assert (255, 0, 0) in colors and (0, 0, 255) in colors
    assert (0, 255, 0) not in colors, 'names a class that is not there'


def test_ignored_pixels_are_black(visualizer, tmp_path):
    drawn = draw(visualizer, tmp_path, sample(255, 1))
    assert (drawn[:40, 64:124] == 0).all()


def test_panels_can_be_left_out(visualizer, tmp_path):
    drawn = draw(visualizer, tmp_path, sample(0, 2), draw_gt=False)
    assert drawn.shape[1] == 2 * 60 + 4
    assert (drawn[:40, 64:] == PALETTE[2]).all()
    assert draw(visualizer, tmp_path).shape == (40, 60, 3)


def test_backends_get_the_picture(visualizer, tmp_path):
    image = np.zeros((40, 60, 3), np.uint8)
    visualizer.add_datasample('name', image, sample(0, 1), step=3)
    (path,) = tmp_path.rglob('*.png')
    assert path.name == 'name_3.png'


def test_inferencers_get_the_picture(visualizer, tmp_path):
    drawn = draw(visualizer, tmp_path, sample(0, 2))
    assert (visualizer.get_image() == drawn).all()
