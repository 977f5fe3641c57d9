"""What is read from a work dir."""

import json

import pytest
from leaderboard_work_dirs import (
    DETECTOR,
    FLIP,
    GPUS,
    NAME,
    SCALES,
    write_start,
    write_test,
)
from mmengine.config import Config

from uhrnet.apis.leaderboard.runs import NoRun, config_hash, read_run
from uhrnet.errors import DataError


def test_a_training(tmp_path):
    write_start(tmp_path, seed=3)
    run = read_run(tmp_path)
    assert run.config == NAME
    assert len(run.entry.pop('Config Hash')) == 12
    assert run.entry == {
        'Seed': 3,
        'Command': 'not recorded',
        'Hardware': 'CPU (AVX512), model not recorded',
        'Git Revision': 'not recorded',
        'Iterations': 20,
        'Duration': '0:30:00',
        'Log': 'loss (iteration) 1.000 (10), 0.500 (20), 0.500 (20); 0.50 s '
        'each',
        'Figures': {'CamVid val': {'mIoU': 40.0, 'aAcc': 80.0}},
    }


def test_what_was_recorded(tmp_path):
    start = write_start(tmp_path, gpus=GPUS)
    assert read_run(tmp_path).entry['Hardware'] == (
        '2 x NVIDIA H200 in the machine, 2 used'
    )
    record = {'command': 'c', 'git revision': 'g', 'hardware': 'h'}
    (start / 'run_record.json').write_text(json.dumps(record))
    entry = read_run(tmp_path).entry
    for key, value in record.items():
        assert entry[key.title()] == value


def test_resumed_trainings_are_one(tmp_path):
    """A start that did not resume begins anew, and those before are gone."""
    write_start(tmp_path, '20260101_090000', end='23:00:00')
    write_start(tmp_path, steps=(5, 10), end='10:10:00')
    write_start(tmp_path, '20260102_120000', steps=(15, 20), resume=True)
    entry = read_run(tmp_path).entry
    assert entry['Duration'] == '0:40:00'
    assert entry['Log'].startswith('loss (iteration) 2.000 (5), ')


def test_tests_below(tmp_path):
    write_start(tmp_path)
    write_test(tmp_path / 'test', dict(mIoU=38.5, data_time=0.1))
    write_test(tmp_path / 'a', dict(mIoU=39.5), steps=FLIP)
    write_test(tmp_path / 'b', dict(mIoU=41.5), steps=SCALES, split='val')
    assert read_run(tmp_path).entry['Figures'] == {
        'CamVid val': {'mIoU': 40.0, 'aAcc': 80.0, 'mIoU(ms+flip)': 41.5},
        'CamVid test': {'mIoU': 38.5, 'mIoU(flip)': 39.5},
    }


def test_epochs_and_boxes(tmp_path):
    """Iterations that no line of the log is of count; AP is in %."""
    write_start(
        tmp_path, name=DETECTOR, length='max_epochs=2', epochs=True,
        evaluation={'coco/bbox_mAP': 0.443, 'coco/segm_mAP': 0.4, 'step': 2},
    )  # fmt: skip
    entry = read_run(tmp_path).entry
    assert entry['Iterations'] == 26
    assert entry['Figures'] == {'BCCD val': {'box AP': 44.3, 'mask AP': 40.0}}


def test_what_is_no_finished_training(tmp_path):
    with pytest.raises(DataError, match='is no work dir of a training'):
        read_run(tmp_path)
    write_start(tmp_path, length='max_iters=30')
    with pytest.raises(NoRun, match='unfinished, 20 of 30'):
        read_run(tmp_path)
    (tmp_path / 'other.py').write_text('')
    with pytest.raises(DataError, match='the one config of its run, and has'):
        read_run(tmp_path)


def test_hashes(tmp_path):
    """Of the recipe: neither seed nor folders count, a rate does."""
    found = []
    for index, changes in enumerate(
        [dict(), dict(seed=1, resume=True), dict(rate=0.2)]
    ):
        folder = tmp_path / str(index)
        start = write_start(folder, **changes)
        found.append(
            config_hash(Config.fromfile(start / 'vis_data/config.py'))
        )
    assert found[0] == found[1] != found[2]
