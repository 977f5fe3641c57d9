"""Tables in Markdown, and the marks between which they stand."""

import pytest

from uhrnet.apis.leaderboard.figures import show, split_name, units
from uhrnet.apis.leaderboard.tables import (
    bases_and_modes,
    cell,
    cells,
    fill,
    table,
)
from uhrnet.errors import DataError

PAGE = """Before.

<!-- leaderboard: one -->
old
<!-- end of one -->

Between.
"""
ROW = {
    'Results': [
        {'Dataset': 'a', 'Status': 'reported', 'Metrics': {'mIoU': 80.1}},
        {'Dataset': 'a', 'Status': 'trained', 'Metrics': {'mIoU': 79.5}},
    ]
}


def test_fill():
    text = fill(PAGE, {'one': lambda: table(['a'], [['b']])}, 'page')
    assert text == PAGE.replace('old', '\n| a |\n| --- |\n| b |\n')
    assert fill(text, {'one': lambda: 'new'}, 'page') == PAGE.replace(
        'old', '\nnew'
    )


@pytest.mark.parametrize('names', [[], ['two'], ['one', 'two']])
def test_marks_that_are_missing(names):
    blocks = {name: lambda: 'new' for name in names}
    with pytest.raises(DataError, match='page must have the blocks'):
        fill(PAGE, blocks, 'page')


def test_cells():
    assert cell(ROW, 'a', 'mIoU', 'reported') == '80.1'
    assert cell(ROW, 'a', 'mIoU', 'trained') == '79.50'
    assert cell(ROW, 'b', 'mIoU', 'trained') == ''
    metrics = {'abs_rel': 0.1, 'abs_rel(flip)': 0.25, 'rmse(flip)': 4.0}
    bases, modes = bases_and_modes(metrics)
    assert (bases, modes) == (['abs_rel', 'rmse'], ['', 'flip'])
    assert cells(metrics, bases, 'flip', 'trained') == ['0.2500', '4.0000']
    assert cells(metrics, bases, '', 'reported') == ['0.1', '']


def test_names_units_and_digits():
    assert split_name('mIoU(ms+flip)') == ('mIoU', 'ms+flip')
    for wrong in ('mIou', 'mIoU(zoom)', 'mIoU (flip)'):
        with pytest.raises(KeyError):
            split_name(wrong)
    assert units(['mIoU', 'aAcc(flip)']) == '%'
    assert units(['rmse', 'a1']) == {'rmse': 'm', 'a1': 'share'}
    assert show('box AP', 41.28) == '41.3'
    assert show('box AP', 41.0, 'reported') == '41.0'
