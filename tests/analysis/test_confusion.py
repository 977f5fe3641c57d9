from itertools import pairwise

import numpy as np
import pytest

from uhrnet.analysis.confusion import (
    class_ious,
    count_labels,
    draw_confusion,
    largest_confusions,
    shares,
)
from uhrnet.errors import DataError

TRUTH = np.array([[0, 0, 0, 0], [1, 1, 255, 2]], np.uint8)
PREDICTION = np.array([[0, 0, 0, 1], [1, 2, 0, 2]], np.uint8)
# By hand: rows are true classes; the ignored pixel is in none.
COUNTS = [[3, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
NAMES = ['road', 'car', 'sky', 'a class of a name longer than any letter box']


def test_counts_by_hand():
    counts = count_labels(TRUTH, PREDICTION, 4)
    assert counts.tolist() == COUNTS


def test_shares_and_ious():
    counts = np.array(COUNTS)
    rates = shares(counts)
    assert rates[0].tolist() == [75, 25, 0, 0]
    assert np.isnan(rates[3]).all()
    ious = class_ious(counts)
    assert ious[:3].tolist() == pytest.approx([75, 100 / 3, 50])
    assert np.isnan(ious[3])
    assert largest_confusions(counts, NAMES) == [
        ('car', 'sky', 50),
        ('road', 'car', 25),
    ]


def test_refused():
    with pytest.raises(DataError, match='cannot be compared'):
        count_labels(TRUTH, PREDICTION[:1], 4)
    with pytest.raises(DataError, match='the prediction has classes from 0'):
        count_labels(TRUTH, PREDICTION + np.uint8(2) * (TRUTH == 2), 4)


def test_figure_says_the_numbers():
    figure = draw_confusion(np.array(COUNTS), NAMES, 'Of three')
    panel, bar = figure.axes
    assert figure.get_suptitle() == 'Of three'
    written = {
        (round(x.get_position()[1]), round(x.get_position()[0])): x.get_text()
        for x in panel.texts
    }
    assert written == {
        (0, 0): '75', (0, 1): '25', (1, 1): '50', (1, 2): '50',
        (2, 2): '100',
    }  # fmt: skip
    columns = [x.get_text() for x in panel.get_xticklabels()]
    assert columns[:3] == NAMES[:3]
    assert columns[3].endswith('…') and len(columns[3]) == 32
    assert panel.get_yticklabels()[0].get_text() == 'road  57.1 %'
    assert bar.get_ylabel() == '% of the pixels of the true class'


def test_names_of_many_classes_do_not_overlap():
    names = [f'class number {i} of many' for i in range(40)]
    figure = draw_confusion(np.eye(40, dtype=np.int64), names)
    figure.draw_without_rendering()
    panel = figure.axes[0]
    assert not panel.texts  # no room for numbers
    for labels, low, high in (
        (panel.get_xticklabels(), 'x0', 'x1'),
        (panel.get_yticklabels()[::-1], 'y0', 'y1'),
    ):
        boxes = [label.get_window_extent() for label in labels]
        assert len(boxes) == 40
        for first, second in pairwise(boxes):
            assert getattr(first, high) <= getattr(second, low) + 1
