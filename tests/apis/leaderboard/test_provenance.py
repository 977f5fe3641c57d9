"""A figure that does not say where it comes from is an error."""

import copy

import pytest

from uhrnet.apis.leaderboard.provenance import merge, problems_of

REPORTED = {
    'Task': 'Semantic Segmentation',
    'Dataset': 'Cityscapes val',
    'Metrics': {'mIoU': 81.1, 'mIoU(ms+flip)': 82.0},
    'Unit': '%',
    'Status': 'reported',
    'Source': 'arXiv 1908.07919',
}
CONVERTED = REPORTED | {
    'Status': 'converted',
    'Source': 'https://example.org/model.pdparams',
    'Weights SHA256': '0' * 64,
    'Command': 'python tools/test.py',
    'Git Revision': '0123456',
}
TRAINED = {
    'Task': 'Depth Estimation',
    'Dataset': 'scenes',
    'Metrics': {'abs_rel': 0.2, 'rmse': 4.0},
    'Unit': {'abs_rel': 'ratio', 'rmse': 'm'},
    'Status': 'trained',
    'Range': {'abs_rel': [0.1, 0.3], 'rmse': [4.0, 4.0]},
}
RUN = {
    'Seed': 0,
    'Command': 'python tools/train.py',
    'Hardware': 'CPU',
    'Git Revision': 'not recorded',
    'Config Hash': 'abc',
    'Iterations': 10,
    'Duration': '0:00:10',
    'Log': 'loss 2 to 1',
    'Figures': {'scenes': {'abs_rel': 0.1, 'rmse': 4.0}},
}


def row():
    other = RUN | {
        'Seed': 1,
        'Figures': {'scenes': {'abs_rel': 0.3, 'rmse': 4.0}},
    }
    return copy.deepcopy(
        {
            'Name': 'x',
            'Runs': [RUN, other],
            'Results': [REPORTED, CONVERTED, TRAINED],
        }
    )


def test_nothing_is_wrong():
    assert not list(problems_of(row()))
    assert not list(problems_of({'Name': 'x', 'Results': []}))


@pytest.mark.parametrize(
    'index, key, value, problem',
    [
        (0, 'Source', None, 'a reported figure without Source'),
        (0, 'Dataset', '', 'a reported figure without Dataset'),
        (0, 'Metrics', {}, 'a reported figure without Metrics'),
        (0, 'Unit', 'mm', 'Unit must be %'),
        (0, 'Unit', None, 'a reported figure without Unit'),
        (0, 'Status', 'guessed', 'Status must be one of'),
        (0, 'Task', 'Chess', 'Task must be one of'),
        (0, 'Sauce', 'x', 'Sauce does not belong'),
        (0, 'Metrics', {'mIoU': 811}, 'mIoU cannot be 811'),
        (0, 'Metrics', {'mIoU': '81'}, 'mIoU must be a number'),
        (0, 'Metrics', {'mIou': 81}, 'mIou is no metric'),
        (0, 'Metrics', {'mIoU(zoom)': 81}, 'is no metric'),
        (1, 'Weights SHA256', None, 'a converted figure without Weights'),
        (1, 'Git Revision', None, 'a converted figure without Git'),
        (2, 'Source', 'x', 'Source does not belong to a trained'),
        (2, 'Metrics', {'abs_rel': 0.1}, 'the mean of its runs 0.2'),
        (2, 'Metrics', {'silog': 9.0}, 'no run of the row has it'),
        (2, 'Range', {'rmse': [4.0, 4.0]}, 'Range must be [0.1, 0.3]'),
    ],
)
def test_wrong_results(index, key, value, problem):
    wrong = row()
    wrong['Results'][index][key] = value
    found = list(problems_of(wrong))
    assert any(problem in text for text in found), found
    assert all(text.startswith('x') for text in found)


@pytest.mark.parametrize('key', RUN)
def test_a_run_says_everything(key):
    wrong = row()
    del wrong['Runs'][0][key]
    assert any(f'a run without {key}' in text for text in problems_of(wrong))


def test_wrong_rows():
    twice = row()
    twice['Runs'][1]['Seed'] = 0
    assert any('two runs of the same' in text for text in problems_of(twice))
    assert list(problems_of({'Name': 'x'})) == [
        'x: Results must be a list, empty without figures'
    ]


def test_merge():
    assert merge('mIoU', [80.0, 81.0, 81.555]) == (80.85, [80.0, 81.555])
    assert merge('box AP', [44.3]) == (44.3, None)
