"""Colours of labels, depths and boxes."""

import matplotlib
import numpy as np
import pytest

from uhrnet.painting import (
    Scale,
    blend,
    depth_scale,
    draw_box,
    paint_labels,
    paint_values,
)


def paint(share, colors='turbo_r'):
    """The colour at a share of a colour map."""
    return matplotlib.colormaps[colors](float(share), bytes=True)[:3]


def test_values_and_unknown_ones():
    linear = Scale(0, 10, 'm', 'turbo_r')
    values = np.array([[0, 5.0], [10, np.nan]])
    painted = paint_values(values, linear)
    assert painted.dtype == np.uint8
    assert tuple(painted[0, 1]) == paint(0.5)
    assert tuple(painted[0, 0]) == paint(0.0)
    assert tuple(painted[1, 0]) == paint(1.0)
    assert tuple(painted[1, 1]) == (0, 0, 0)


def test_logarithmic_scale():
    scale = depth_scale(np.array([[np.nan, 2.0, 8.0], [0.0, 32.0, 5.0]]))
    assert scale[:3] == (2.0, 32.0, 'm')
    assert [scale.at(x) for x in (0, 0.5, 1)] == [2.0, 8.0, 32.0]
    places = scale.place(np.array([0.5, 2.0, 4.0, 32.0, 64.0]))
    assert np.allclose(places, [0, 0, 0.25, 1, 1.25])
    alone = depth_scale(np.full((2, 2), 3.0))
    assert alone.low == 3 < alone.high < 3.1
    assert depth_scale(np.full((2, 2), np.nan)).low > 0


def test_a_linear_scale():
    percent = Scale(0, 50, '%', 'inferno')
    assert percent.at(0.5) == 25 and percent.place(np.array(25.0)) == 0.5


def test_labels_without_a_color_are_black():
    painted = paint_labels(np.uint8([[0, 1, 2, 255]]), [(1, 2, 3), (4, 5, 6)])
    assert painted[0].tolist() == [[1, 2, 3], [4, 5, 6], [0] * 3, [0] * 3]


def test_blend_somewhere():
    image = np.full((2, 2, 3), 100, np.uint8)
    painted = np.full((2, 2, 3), 200, np.uint8)
    where = np.array([[True, False], [False, False]])
    mixed = blend(image, painted, 0.25, where)
    assert mixed[..., 0].tolist() == [[125, 100], [100, 100]]


@pytest.mark.parametrize(
    'box', [(10, 0, 40, 30), (-9e9, -5, 9e9, 9e9), (58, 38, 59, 39)]
)
def test_boxes_are_drawn_inside(box):
    image = np.zeros((40, 60, 3), np.uint8)
    draw_box(image, np.float32(box), 'a name 0.99', (0, 200, 0))
    assert (image[..., 1] == 200).any()
    bottom, right = min(box[3], 39), min(box[2], 59)
    assert tuple(image[int(bottom), int(right)]) == (0, 200, 0)


def test_text_can_be_read_on_any_color():
    for color, ink in (((255, 255, 0), 0), ((0, 0, 90), 255)):
        image = np.full((60, 90, 3), 128, np.uint8)
        draw_box(image, np.float32([5, 30, 80, 55]), 'MMM', color)
        assert (image == ink).all(axis=2).any()
