import cv2
import matplotlib
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.registry import VISUALIZERS
from mmseg.structures import SegDataSample

from uhrnet.depth.visualizer import draw_legend, draw_panels
from uhrnet.painting import Scale

GREY = (10, 20, 30)
GAP = 4


def paint(share, colors='turbo_r'):
    """The colour at a share of a colour map."""
    return matplotlib.colormaps[colors](float(share), bytes=True)[:3]


def depth(value, height=40, width=60):
    return np.full((height, width), value, np.float32)


def image(height=40, width=60):
    return np.full((height, width, 3), GREY, np.uint8)


def test_panels_share_a_scale():
    truth = depth(20.0)
    truth[:10] = 80.0
    truth[10:20] = np.nan
    drawn = draw_panels(image(), truth, depth(40.0))
    assert drawn.shape[1] == 4 * 60 + 3 * GAP
    first, second, third, fourth = (
        drawn[:40, i * (60 + GAP) : i * (60 + GAP) + 60] for i in range(4)
    )
    assert (first == GREY).all()
    assert (second[:10] == paint(1.0)).all()
    assert (second[10:20] == 0).all()
    assert (second[20:] == paint(0.0)).all()
    assert (third == paint(0.5)).all()
    assert (fourth[:10] == paint(1.0, 'inferno')).all()  # 40 of 80 m
    assert (fourth[10:20] == 0).all()
    assert (fourth[20:] == paint(1.0, 'inferno')).all()


@pytest.mark.parametrize(
    'truth, prediction, panels', [(True, False, 2), (False, True, 2),
                                  (False, False, 1)],
)  # fmt: skip
def test_what_is_missing_is_left_out(truth, prediction, panels):
    drawn = draw_panels(
        image(), depth(5.0) if truth else None, depth(5.0) if prediction
        else None,
    )  # fmt: skip
    assert drawn.shape[1] == panels * 60 + (panels - 1) * GAP
    if panels == 2:
        assert (drawn[:40, 64:] == paint(0.0)).all()


def test_wide_images_stand_below_each_other():
    drawn = draw_panels(image(40, 100), depth(1.0, 40, 100), None)
    assert drawn.shape[1] == 100
    assert (drawn[:40] == GREY).all()


def test_nothing_known():
    drawn = draw_panels(image(), depth(np.nan), depth(3.0))
    assert (drawn[:40, 64:124] == 0).all()


def test_scale_runs_through_the_colors(monkeypatch):
    texts = []
    write = cv2.putText
    monkeypatch.setattr(
        cv2, 'putText', lambda i, text, *x: texts.append(text) or
        write(i, text, *x),
    )  # fmt: skip
    scale = Scale(5.0, 80.0, 'm', 'turbo_r')
    legend = draw_legend(200, 'truth', scale)
    assert tuple(legend[6, 0]) == paint(0.0)
    assert tuple(legend[6, -1]) == paint(1.0)
    assert texts == ['truth', '5 m', '20 m', '80 m']
    texts.clear()
    legend = draw_legend(200, 'image', None)
    assert texts == ['image'] and (legend[:12] == 255).all()


def build(folder):
    return VISUALIZERS.build(
        dict(
            type='DepthVisualizer',
            name=str(folder),
            vis_backends=[dict(type='LocalVisBackend')],
            save_dir=str(folder),
        )
    )


def sample(**meta):
    truth = torch.full((1, 40, 60), 8.0)
    truth[:, 0] = 0
    return SegDataSample(
        gt_depth_map=PixelData(data=truth),
        pred_depth_map=PixelData(data=torch.full((1, 40, 60), 4.0)),
        metainfo=meta,
    )


def test_files_are_named_by_the_sample(tmp_path, mmseg_scope):
    visualizer = build(tmp_path)
    for name in ('a_1', 'b_1'):
        visualizer.add_datasample(
            'test_1.png', image(), sample(out_name=name), step=3
        )
    visualizer.add_datasample('val_2.png', image(), sample())
    names = sorted(path.name for path in tmp_path.rglob('*.png'))
    assert names == ['test_a_1_3.png', 'test_b_1_3.png', 'val_2.png_0.png']


def test_only_what_was_cut_is_shown(tmp_path, mmseg_scope):
    whole = np.zeros((50, 80, 3), np.uint8)
    whole[10:50, 20:80] = GREY
    path = tmp_path / 'out.png'
    build(tmp_path).add_datasample(
        'x', whole, sample(window=(10, 50, 20, 80)), out_file=str(path)
    )
    drawn = cv2.imread(str(path))[..., ::-1]
    assert (drawn[:40, :60] == GREY).all()
    assert (drawn[0, 64:124] == 0).all(), 'depth 0 is unknown'
    assert (drawn[1:40, 64:124] == paint(0.0)).all()
    assert (drawn[1:40, 128:188] == paint(0.0)).all(), 'nearer than any'


def test_panels_can_be_turned_off(tmp_path, mmseg_scope):
    path = tmp_path / 'out.png'
    for options, panels in (
        (dict(draw_gt=False), 2),
        (dict(draw_pred=False), 2),
        (dict(draw_gt=False, draw_pred=False), 1),
    ):
        build(tmp_path).add_datasample(
            'x', image(), sample(), out_file=str(path), **options
        )
        width = cv2.imread(str(path)).shape[1]
        assert width == panels * 60 + (panels - 1) * GAP
    shown = []
    visualizer = build(tmp_path)
    visualizer.show = lambda picture, win_name, wait_time: shown.append(
        (picture.shape, win_name, wait_time)
    )
    visualizer.add_datasample('x', image(), show=True, wait_time=2)
    assert shown[0][1:] == ('x', 2)


def test_inferencers_get_the_picture(tmp_path, mmseg_scope):
    visualizer = build(tmp_path)
    visualizer.add_datasample('x', image(), sample())
    picture = visualizer.get_image()
    assert picture.shape[1] == 4 * 60 + 3 * GAP
