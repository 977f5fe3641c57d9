import numpy as np
import pytest

from uhrnet.analysis.box_matching import Boxes, match_boxes
from uhrnet.analysis.error_pictures import (
    RIGHT,
    UNKNOWN,
    WRONG,
    depth_ticks,
    draw_boxes,
    draw_depths,
    draw_labels,
)

IMAGE = np.full((20, 30, 3), 90, np.uint8)


def panels(figure):
    return {
        axis.get_title(): axis.images[0].get_array()
        for axis in figure.axes
        if axis.images
    }


def legend(figure):
    (found,) = figure.legends
    return [x.get_text() for x in found.get_texts()]


def test_labels():
    truth = np.zeros((20, 30), int)
    truth[:10] = 1
    truth[0] = 255
    prediction = truth.copy()
    prediction[0] = 1
    prediction[10:15] = 1  # half of class 0
    palette = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    figure = draw_labels(
        IMAGE, truth, prediction, ['road', 'car', 'sky'], palette, 'A test'
    )
    shown = panels(figure)
    assert np.array_equal(shown['image'], IMAGE)
    assert tuple(shown['prediction'][12, 3]) == (4, 5, 6)
    wrong = shown['wrong pixels in red']
    assert tuple(wrong[12, 3]) == WRONG
    assert tuple(wrong[5, 3]) == tuple(wrong[17, 3]) == RIGHT
    assert tuple(wrong[0, 3]) == UNKNOWN
    # 9 of 14 rows, 5 of 10; no sky
    assert legend(figure) == ['car 64 %', 'road 50 %']
    assert figure.get_suptitle() == 'A test'


def test_legend_of_many_long_names():
    """It stays inside of the figure."""
    names = [f'class {i} of a rather long name' for i in range(60)]
    truth = np.arange(600).reshape(20, 30) % 60
    palette = [[i, i, i] for i in range(60)]
    figure = draw_labels(IMAGE, truth, truth, names, palette, 'A test')
    figure.draw_without_rendering()
    (drawn,) = figure.legends
    box = drawn.get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width
    assert box.y0 >= 0
    assert box.y1 < min(x.get_window_extent().y0 for x in figure.axes)


def test_depths():
    truth = np.full((20, 30), 10.0)
    truth[:10] = 40
    truth[0] = 0
    figure = draw_depths(IMAGE, truth, np.full((20, 30), 12.0), 'A test')
    shown = panels(figure)
    error = shown['error / truth']
    assert error[15, 3] == pytest.approx(20)
    assert error[5, 3] == pytest.approx(70)
    assert np.ma.getmaskarray(np.ma.masked_invalid(error))[0].all()
    bars = {x.get_ylabel() for axis in figure.axes for x in axis.child_axes}
    assert bars == {'m', '%'}


def test_boxes():
    corners = np.array([[1, 1, 9, 9], [11, 1, 19, 9], [1, 11, 9, 19.0]])
    truth = Boxes(corners, np.array([0, 1, 0]))
    prediction = Boxes(
        corners[:2],
        np.array([0, 0]),
        np.array([0.9, 0.8]),
    )
    matches = match_boxes(truth, prediction)
    figure = draw_boxes(
        IMAGE, truth, prediction, matches, ['RBC', 'WBC'], 'A test'
    )
    assert legend(figure) == [
        'found: 1', 'wrong class: 1', 'false positive: 0', 'missed: 1',
    ]  # fmt: skip
    left, right = figure.axes
    assert [x.get_text() for x in left.texts] == ['RBC', 'WBC', 'RBC']
    names = {x.get_text() for x in right.texts}
    assert names == {'RBC 0.90', 'RBC 0.80, is WBC', 'RBC'}


def test_round_depths():
    assert depth_ticks(1.5, 60) == [2, 5, 10, 20, 50]
    assert depth_ticks(2.1, 2.2) == [2.1, 2.2]
