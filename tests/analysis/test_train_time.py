import json

import pytest

from uhrnet.analysis.train_time import measure_train_time, write_train_time
from uhrnet.errors import DataError


def write(path, *lines):
    path.write_text('\n'.join(map(json.dumps, lines)))
    return path


def test_epochs(tmp_path):
    times = {1: (9.0, 1.0, 3.0), 2: (9.0, 1.0), 3: (9.0,)}
    log = write(
        tmp_path / 'a.json',
        *(
            dict(epoch=epoch, iter=i, step=i, time=time)
            for epoch, values in times.items()
            for i, time in enumerate(values)
        ),
        dict(mAP=0.1, time=50.0, step=1),
    )
    time = measure_train_time(log)
    assert time.part == 'epoch' and time.means == {1: 2.0, 2: 1.0}
    assert (time.slowest, time.fastest) == (1, 2)
    assert time.mean == 1.5 and time.deviation == 0.5
    text = write_train_time([('a run', time)])
    assert 'train time of a run' in text
    assert 'slowest epoch 1, average time is 2.0000 s/iter' in text
    assert 'average iter time: 1.5000 s/iter' in text
    assert measure_train_time(log, True).means[3] == 9.0


def test_iterations(tmp_path):
    log = write(
        tmp_path / 'a.json',
        *(
            dict(iter=i, step=i, time=t)
            for i, t in ((10, 9), (20, 2), (30, 1))
        ),
    )
    time = measure_train_time(log)
    assert time.part == 'iteration' and time.means == {20: 2, 30: 1}
    assert measure_train_time(log, True).slowest == 10


def test_resumed(tmp_path):
    """An epoch that was begun again counts once, without its new start."""
    for start, times in (('1', (9.0, 1.0)), ('2', (8.0, 2.0, 4.0))):
        (tmp_path / start / 'vis_data').mkdir(parents=True)
        write(
            tmp_path / start / 'vis_data/scalars.json',
            *(
                dict(epoch=1, iter=i, step=i, time=time)
                for i, time in enumerate(times)
            ),
        )
    assert measure_train_time(tmp_path).means == {1: 3.0}


def test_too_few(tmp_path):
    log = write(tmp_path / 'a.json', dict(epoch=1, iter=1, step=1, time=1.0))
    with pytest.raises(DataError, match='logger.interval smaller'):
        measure_train_time(log)
