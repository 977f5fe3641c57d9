"""A prediction as HTML: its picture, its values, its legend."""

import base64
import re

import cv2
import numpy as np
import pytest

from uhrnet.apis.predictions import (
    DepthPrediction,
    DetectionPrediction,
    SegmentationPrediction,
)
from uhrnet.web_demo import markup
from uhrnet.web_demo.legend import show_legend
from uhrnet.web_demo.view import LONGEST, quantize, show_prediction

HOSTILE = '<img src=x onerror="alert(1)">${alert(2)}{{value}}`'


def common(height, width):
    image = np.random.randint(0, 256, (height, width, 3), dtype=np.uint8)
    return dict(image=image, source='0', seconds=1.0)


def segmentation(height=4, width=6, classes=('road', 'sky')):
    labels = np.zeros((height, width), np.uint8)
    labels[0] = 1
    palette = [(128, 64, 128), (70, 130, 180)]
    return SegmentationPrediction(
        **common(height, width), labels=labels, classes=classes,
        palette=palette,
    )  # fmt: skip


def depth(values):
    return DepthPrediction(**common(*values.shape), depth=values)


def detection():
    boxes = np.float32([[0, 0, 20, 20], [5, 5, 30, 30], [1, 1, 9, 9]])
    return DetectionPrediction(
        **common(40, 40), boxes=boxes, scores=np.float32([0.9, 0.6, 0.2]),
        labels=np.array([1, 1, 0]), masks=None, classes=('cat', 'dog'),
        palette=[(255, 0, 0), (0, 0, 255)],
    )  # fmt: skip


def picture(html):
    data = re.search(r'data:image/png;base64,([^"]+)', html)[1]
    content = np.frombuffer(base64.b64decode(data), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)[..., ::-1]


def values(html, kind):
    data = base64.b64decode(re.search(r'data-values="([^"]+)', html)[1])
    return np.frombuffer(data, kind)


def test_the_picture_is_what_is_drawn():
    prediction = segmentation()
    for opacity in (0.2, 0.8):
        html = show_prediction(prediction, opacity)
        assert np.array_equal(picture(html), prediction.draw(opacity))
    assert np.array_equal(values(html, np.uint8), prediction.labels.ravel())


def test_a_large_one_is_made_smaller():
    html = show_prediction(segmentation(100, 2 * LONGEST), 0.5)
    assert picture(html).shape[:2] == (50, LONGEST)
    assert f'data-width="{LONGEST}" data-height="50"' in html
    assert len(values(html, np.uint8)) == 50 * LONGEST


def test_depth_in_steps():
    metres = np.random.uniform(1, 80, (7, 9)).astype(np.float32)
    steps, step = quantize(metres)
    assert steps.dtype == np.uint16
    assert np.abs((steps - 1.0) * step - metres).max() <= step / 2 + 1e-5
    assert step < 80 / 65000
    metres[0] = np.nan, np.inf, -1, *[2] * 6
    assert (quantize(metres)[0][0] == 0).tolist() == [True] * 3 + [False] * 6


@pytest.mark.parametrize('value', [0, 7.5, np.nan])
def test_depth_of_a_single_value(value):
    metres = np.full((2, 3), value, np.float32)
    steps, step = quantize(metres)
    assert np.allclose((steps - 1.0) * step, value) or np.isnan(value)
    show_legend(depth(metres))


def test_depth_carries_its_values():
    metres = np.linspace(1, 50, 12, dtype=np.float32).reshape(3, 4)
    html = show_prediction(depth(metres), 1)
    step = float(re.search(r'data-step="([^"]+)', html)[1])
    got = (values(html, '<u2') - 1.0) * step
    assert np.allclose(got, metres.ravel(), atol=step)


def test_the_bar_goes_from_near_to_far():
    legend = show_legend(depth(np.float32([[2, 8], [4, 32]])))
    ticks = re.findall(r'<span>([\d.]+) m</span>', legend)
    assert [float(x) for x in ticks] == [2, 4, 8, 16, 32]
    # red is near, blue is far
    ramp = re.findall(r'rgb\((\d+), \d+, (\d+)\)', legend)
    (red, blue), (far_red, far_blue) = ramp[0], ramp[-1]
    assert int(red) > int(blue) and int(far_red) < int(far_blue)


def test_areas_of_classes():
    legend = show_legend(segmentation())
    names = re.findall(r'class="name">(\w+)<', legend)
    shares = re.findall(r'class="value">([\d.]+) %', legend)
    assert (names, shares) == (['road', 'sky'], ['75.0', '25.0'])
    assert 'rgb(128, 64, 128)' in legend


def test_objects_above_a_threshold():
    def counts(threshold):
        legend = show_legend(detection().above(threshold))
        return re.findall(
            r'class="name">(\w+)</span></th><td class="value">(\d+)', legend
        )

    assert counts(0.1) == [('dog', '2'), ('cat', '1')]
    assert counts(0.5) == [('dog', '2')]
    assert counts(0.95) == []
    nothing = show_legend(detection().above(0.95))
    assert 'Nothing scores as high' in nothing


def test_names_are_no_markup():
    hostile = segmentation(classes=(HOSTILE, 'sky'))
    for html in (
        show_prediction(hostile, 0.5),
        show_legend(hostile),
        markup.notice(HOSTILE),
    ):
        assert '<img src=x' not in html
        assert '${' not in html and '{{' not in html and '`' not in html
