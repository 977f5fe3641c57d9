"""Seeds become a mean and a range, and are compared with the paper."""

import pytest
from test_provenance import REPORTED, RUN

from uhrnet.apis.leaderboard.collecting import (
    add_run,
    distances,
    targets,
    task_of,
    unknown,
)
from uhrnet.apis.leaderboard.provenance import problems_of
from uhrnet.apis.leaderboard.runs import Run
from uhrnet.errors import DataError


def run(seed, figures, config_hash='abc'):
    entry = RUN | {
        'Seed': seed, 'Figures': figures, 'Config Hash': config_hash
    }  # fmt: skip
    return Run('x', entry)


def row():
    other = REPORTED | {'Metrics': {'mIoU': 70.0}, 'Comparable': False}
    return {'Name': 'x', 'Results': [other, REPORTED]}


def figures(value):
    return {'Cityscapes val': {'mIoU': value}}


def test_seeds_are_merged():
    found = row()
    for seed, value in ((1, 80.0), (0, 81.0), (2, 82.75)):
        add_run(found, run(seed, figures(value)))
    assert [entry['Seed'] for entry in found['Runs']] == [0, 1, 2]
    assert found['Results'][:2] == row()['Results']
    assert found['Results'][2:] == [
        {
            'Task': 'Semantic Segmentation',
            'Dataset': 'Cityscapes val',
            'Metrics': {'mIoU': 81.25},
            'Unit': '%',
            'Status': 'trained',
            'Range': {'mIoU': [80.0, 82.75]},
        }
    ]
    assert not list(problems_of(found))
    assert list(distances(found)) == [
        'Cityscapes val mIoU: 81.25 % (80.00 to 82.75), +0.15 from the '
        'published 81.1'
    ]


def test_the_same_seed_takes_its_place():
    found = row()
    add_run(found, run(0, figures(80.0)))
    found['Results'][-1]['Note'] = 'kept'
    add_run(found, run(0, figures(79.0)))
    assert len(found['Runs']) == 1
    assert found['Results'][-1]['Metrics'] == {'mIoU': 79.0}
    assert found['Results'][-1]['Note'] == 'kept'
    assert 'Range' not in found['Results'][-1]


def test_boxes_and_masks_are_two_tasks():
    found = {'Name': 'x', 'Results': []}
    add_run(found, run(0, {'scenes val': {'box AP': 4.0, 'mask AP': 3.0}}))
    assert [result['Task'] for result in found['Results']] == [
        'Object Detection',
        'Instance Segmentation',
    ]
    assert not list(problems_of(found))
    assert list(distances(found)) == [
        'scenes val box AP: 4.0 %, nothing published to compare with',
        'scenes val mask AP: 3.0 %, nothing published to compare with',
    ]
    assert task_of('rmse(flip)') == 'Depth Estimation'


def test_recipes_are_not_mixed():
    found = row()
    add_run(found, run(0, figures(80.0)))
    with pytest.raises(DataError, match='seed 1 was trained by another'):
        add_run(found, run(1, figures(80.0), 'def'))
    add_run(found, run(0, figures(81.0), 'def'))
    assert found['Runs'][0]['Config Hash'] == 'def'


def test_a_run_without_figures():
    with pytest.raises(DataError, match='was never evaluated'):
        add_run(row(), run(0, {}))


def test_targets_are_of_the_same_protocol():
    assert targets(row()) == {
        ('Cityscapes val', 'mIoU'): 81.1,
        ('Cityscapes val', 'mIoU(ms+flip)'): 82.0,
    }


def test_unknown():
    entry = RUN | {'Hardware': 'CPU, model not recorded'}
    assert unknown(entry) == ['Hardware', 'Git Revision']


def test_what_is_known_of_a_run_stays():
    """Its command was typed: nothing in an old work dir says it."""
    found = row()
    add_run(found, run(0, figures(80.0)))
    bare = run(0, figures(80.0))
    bare.entry['Command'] = 'not recorded'
    add_run(found, bare)
    assert found['Runs'][0]['Command'] == RUN['Command']
    another = run(0, figures(79.0))
    another.entry['Command'] = 'not recorded'
    add_run(found, another)
    assert found['Runs'][0]['Command'] == 'not recorded'
