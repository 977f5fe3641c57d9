"""Processes that read: they may die, and may be interrupted."""

import multiprocessing
import os
import signal
import time

import pytest
from apis.planted import check, config_of, found, truncate

from uhrnet.apis.dataset_checks.reading import Reading
from uhrnet.apis.dataset_checks.sources import Source
from uhrnet.apis.dataset_checks.workers import read_all


def source(read, count=20):
    samples = [dict(img_path=str(number)) for number in range(count)]
    return Source('train', '', '', samples=samples, read=read)


def dangerous(sample):
    """Number 7 and 8 kill the process, 9 is no number."""
    if sample['img_path'] in ('7', '8'):
        os.kill(os.getpid(), signal.SIGKILL)
    if sample['img_path'] == '9':
        raise RuntimeError('what?')
    return Reading(sample['img_path'])


def test_killed_processes_are_named():
    sources = [source(dangerous), source(dangerous, count=3)]
    results = list(read_all(sources, 2))
    assert sorted(x[:2] for x in results) == [
        *((0, number) for number in range(20)),
        *((1, number) for number in range(3)),
    ]
    found = {x.file: x.defects for *_, x in results if x.defects}
    assert {*found} == {'7', '8', '9'}
    assert {x.kind for defects in found.values() for x in defects} == {
        'crashed'
    }
    assert 'killed the process' in found['7'][0].message
    assert 'RuntimeError: what?' in found['9'][0].message


def test_interruption_ends_the_processes(tmp_path):
    def slow(sample):
        if sample['img_path'] != '0':
            time.sleep(20)
            (tmp_path / sample['img_path']).touch()
        return Reading(sample['img_path'])

    with pytest.raises(KeyboardInterrupt):
        for _ in read_all([source(slow, count=3)], 2):
            raise KeyboardInterrupt
    assert not any(tmp_path.iterdir())
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures('mmseg_scope')
def test_processes_find_what_this_one_finds(data):
    cfg = config_of('fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320', data)
    truncate(data / 'images/train/00003.png')
    (data / 'annotations/val/00000.png').unlink()
    alone, together = check(cfg, workers=0), check(cfg, workers=2)
    assert found(alone, data) == [
        ('train', 'unreadable', 'images/train/00003.png'),
        ('val', 'missing', 'annotations/val/00000.png'),
    ]
    assert together.defects == alone.defects
    assert together.splits == alone.splits
