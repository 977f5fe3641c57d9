import numpy as np
import pytest

from uhrnet.analysis.image_errors import (
    ImageError,
    box_figures,
    depth_map_figures,
    label_figures,
    rank,
    write_figure,
)
from uhrnet.errors import ConfigError

NAN = float('nan')


def test_label_figures():
    figures = label_figures(np.array([[3, 1, 0], [0, 0, 0], [0, 0, 4]]))
    # IoUs of 3 / 4, 0 / 1 and 1
    assert figures == pytest.approx(dict(mIoU=175 / 3, accuracy=87.5))
    assert np.isnan(label_figures(np.zeros((2, 2), int))['mIoU'])


def test_depth_figures():
    truth = np.array([[0.0, 2.0], [4.0, 90.0]])
    prediction = np.array([[5.0, 3.0], [4.0, 1.0]])
    figures = depth_map_figures(truth, prediction)
    assert figures['abs_rel'] == pytest.approx((0.5 + 0) / 2)
    assert figures['rmse'] == pytest.approx(np.sqrt(0.5))
    assert np.isnan(depth_map_figures(0 * truth, prediction)['rmse'])


def test_box_figures():
    # two hits, one 0 taken for a 1, three missed, four of nothing
    figures = box_figures(np.array([[1, 1, 2], [0, 1, 1], [3, 1, 0]]))
    assert figures == dict(
        errors=8, misses=3, false_positives=4, wrong_class=1, F1=400 / 13
    )
    assert np.isnan(box_figures(np.zeros((2, 2), int))['F1'])


@pytest.mark.parametrize(
    ('by', 'order'), [('mIoU', [1, 0, 2]), ('rmse', [0, 1, 2])]
)
def test_worst_first(by, order):
    errors = [
        ImageError(i, f'{i}', dict(mIoU=iou, rmse=rmse))
        for i, (iou, rmse) in enumerate([(50.0, 9.0), (20.0, 3.0), (NAN, NAN)])
    ]
    assert [x.index for x in rank(errors, by)] == order
    with pytest.raises(ConfigError, match='use one of mIoU, rmse'):
        rank(errors, 'speed')


def test_written():
    assert write_figure('mIoU', 61.234) == 'mIoU 61.2 %'
    assert write_figure('rmse', 4.4321) == 'rmse 4.43 m'
    assert write_figure('false_positives', 3) == 'false positives 3'
