"""The table of models."""

import pytest

from uhrnet.console import main
from uhrnet.console.models import best_figure


def test_lines_for_other_programs(capsys):
    main(['models', 'uhrnetv2p-w18-small_1xb4-6e_bccd'])
    title, line = capsys.readouterr().out.splitlines()
    assert title.split('\t')[:3] == ['model', 'task', 'data set']
    assert line.split('\t') == [
        'faster-rcnn_uhrnetv2p-w18-small_1xb4-6e_bccd-240x320',
        'detection',
        'BCCD',
        '30.7',
        '10.9',
        'box AP 47.7 % (BCCD val, trained)',
    ]


def test_a_task(capsys):
    main(['models', '--task', 'depth'])
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines and all(x.split('\t')[1] == 'depth' for x in lines)


def test_none(capsys):
    with pytest.raises(SystemExit):
        main(['models', 'yolo', '--task', 'depth'])
    said = capsys.readouterr().err
    assert said.startswith("error: no model is called 'yolo' and of depth")


def result(status, **metrics):
    return dict(Dataset='val', Metrics=metrics, Status=status)


def test_best_figure():
    reported = result('reported', **{'mIoU': 77.0, 'mIoU(flip)': 78.1})
    own = result('trained', mIoU=75.0)
    assert best_figure([reported]) == 'mIoU(flip) 78.1 % (val, reported)'
    assert best_figure([reported, own]) == 'mIoU 75.00 % (val, trained)'
    depth = result('trained', **{'abs_rel': 0.09, 'abs_rel(flip)': 0.08})
    assert best_figure([depth]) == 'abs_rel(flip) 0.0800 (val, trained)'
    assert best_figure([]) == ''
