import json

import pytest

from uhrnet.analysis.log_curves import (
    choose_keys,
    draw_curves,
    read_curves,
    unit_of,
)
from uhrnet.errors import ConfigError, DataError


def write(folder, *lines):
    log = folder / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text('\n'.join(map(json.dumps, lines)))
    return log


def train(step, loss, **more):
    values = dict(lr=0.1, loss=loss, time=0.5)
    return values | dict(iter=step, step=step) | more


def test_curves_equal_the_log(tmp_path):
    log = write(
        tmp_path,
        train(10, 3.0, **{'decode.acc_seg': 40.0}),
        train(20, 2.0, **{'decode.acc_seg': 60.0}),
        dict(mIoU=33.0, time=9.0, step=20),
    )
    curves = read_curves(log)
    assert curves['loss'] == ([10, 20], [3.0, 2.0], 'iteration', False)
    assert curves['mIoU'] == ([20], [33.0], 'iteration', True)
    assert curves['time'].values == [0.5, 0.5]
    assert 'step' not in curves
    assert choose_keys(curves) == ['loss', 'mIoU']


def test_epochs(tmp_path):
    log = write(
        tmp_path,
        train(10, 3.0, epoch=1),
        {'coco/bbox_mAP': 0.3, 'step': 1},
        train(20, 2.0, epoch=2),
        {'coco/bbox_mAP': 0.4, 'step': 2},
    )
    curves = read_curves(log)
    assert curves['coco/bbox_mAP'] == ([1, 2], [0.3, 0.4], 'epoch', True)
    assert curves['loss'].by == 'iteration'
    assert choose_keys(curves, ['bbox_mAP']) == ['coco/bbox_mAP']
    with pytest.raises(ConfigError, match='no key .bbox_mAP_50.*use one of'):
        choose_keys(curves, ['bbox_mAP_50'])


def test_a_start_that_only_validates(tmp_path):
    """Epochs are known from the start before."""
    write(tmp_path / '1', train(10, 3.0, epoch=1), dict(mAP=0.3, step=1))
    write(tmp_path / '2', dict(mAP=0.4, step=2))
    assert read_curves(tmp_path)['mAP'] == ([1, 2], [0.3, 0.4], 'epoch', True)


def test_resumed(tmp_path):
    """What was trained again counts from where that began."""
    write(tmp_path / '1', train(10, 3.0), train(20, 2.0), train(30, 1.5))
    write(tmp_path / '2', train(20, 1.9), train(30, 1.4), train(40, 1.0))
    loss = read_curves(tmp_path)['loss']
    assert loss.steps == [10, 20, 30, 40]
    assert loss.values == [3.0, 1.9, 1.4, 1.0]


def test_what_is_measured_again(tmp_path):
    """No validation stays of iterations that a new start has undone."""
    write(
        tmp_path / '1',
        train(10, 3.0),
        dict(mIoU=20.0, step=10),
        train(20, 2.0),
        dict(mIoU=30.0, step=20),
    )
    write(tmp_path / '2', train(20, 1.9))
    curves = read_curves(tmp_path)
    assert curves['mIoU'][:2] == ([10], [20.0])
    assert curves['loss'].values == [3.0, 1.9]


def test_other_runs_within(tmp_path):
    """A folder of work dirs is none."""
    write(tmp_path / 'a' / '1', train(10, 3.0))
    write(tmp_path / 'b' / '1', train(10, 2.0))
    assert read_curves(tmp_path / 'a')['loss'].values == [3.0]
    with pytest.raises(DataError, match='name a work dir'):
        read_curves(tmp_path)


def test_killed_while_writing(tmp_path):
    log = write(tmp_path, train(10, float('nan')), train(20, 2.0))
    with log.open('a') as file:
        file.write('\n{"loss": 1.')
    loss = read_curves(tmp_path)['loss']
    assert loss.steps == [10, 20] and loss.values[1] == 2.0
    (panel,) = draw_curves({'': {'loss': loss}}).axes
    assert panel.lines[0].get_ydata()[1] == 2.0


def test_no_log(tmp_path):
    with pytest.raises(DataError, match='is no log and has none'):
        read_curves(tmp_path)
    other = tmp_path / 'a.json'
    other.write_text('{"loss": 1}\nhello')
    with pytest.raises(DataError, match='a.json, line 2'):
        read_curves(other)
    other.write_text('')
    with pytest.raises(DataError, match='no values yet'):
        read_curves(other)


def test_figure(tmp_path):
    log = write(
        tmp_path,
        train(10, 3.0),
        train(20, 2.0),
        dict(mIoU=33.0, aAcc=50.0, step=20),
    )
    curves = read_curves(log)
    figure = draw_curves({'a run': curves}, 'Of a test')
    panels = {x.get_ylabel(): x for x in figure.axes if x.get_visible()}
    assert set(panels) == {'learning rate', 'loss', 's', '%'}
    (line,) = panels['loss'].lines
    assert line.get_xdata().tolist() == [10, 20]
    assert line.get_ydata().tolist() == [3.0, 2.0]
    assert panels['loss'].get_xlabel() == 'iteration'
    texts = [x.get_text() for x in panels['%'].get_legend().get_texts()]
    assert texts == ['mIoU', 'aAcc']
    assert figure.get_suptitle() == 'Of a test'

    two = draw_curves({run: {'loss': curves['loss']} for run in 'ab'})
    (panel,) = two.axes
    texts = [x.get_text() for x in panel.get_legend().get_texts()]
    assert texts == ['a: loss', 'b: loss']


@pytest.mark.parametrize(
    ('key', 'unit'),
    [
        ('decode.loss_ce', 'loss'),
        ('decode.acc_seg', '%'),
        ('coco/bbox_mAP_50', 'average precision (0 to 1)'),
        ('rmse', 'm'),
        ('grad_norm', 'norm of the gradient'),
        ('something_else', 'something else'),
    ],
)
def test_units(key, unit):
    assert unit_of(key) == unit
