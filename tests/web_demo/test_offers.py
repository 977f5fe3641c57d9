"""Which models the page offers, and what it is asked for."""

import argparse
import shutil

import pytest
from untrained import DETECTOR, ESTIMATOR, SEGMENTOR

from uhrnet.errors import ConfigError
from uhrnet.web_demo import options
from uhrnet.web_demo.offers import find_offers
from uhrnet.web_demo.server import is_loopback
from uhrnet.web_demo.wanted import Wanted


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_trainings_of_this_folder(untrained, tmp_path):
    assert find_offers() == []
    work_dirs = tmp_path / 'work_dirs'
    shutil.copytree(untrained(SEGMENTOR), work_dirs / 'demo')
    (work_dirs / 'begun').mkdir()
    (work_dirs / 'note.txt').touch()
    (offer,) = find_offers()
    assert (offer.title, offer.task) == ('demo', 'segmentation')
    assert offer.config == f'work_dirs/demo/{SEGMENTOR}.py'
    assert offer.weights == 'work_dirs/demo/best_random_iter_1.pth'


@pytest.mark.parametrize(
    ('name', 'task'),
    [
        (SEGMENTOR, 'segmentation'),
        (ESTIMATOR, 'depth'),
        (DETECTOR, 'detection'),
    ],
)
def test_tasks(untrained, name, task):
    (offer,) = find_offers([Wanted(str(untrained(name)))])
    assert (offer.title, offer.task) == (name, task)


def test_a_config_with_weights(untrained):
    weights = str(untrained(SEGMENTOR) / 'iter_1.pth')
    offer, same = find_offers([Wanted(SEGMENTOR, weights)] * 2)
    assert offer.weights == weights and offer.task == 'segmentation'
    assert offer.title == same.title == f'{SEGMENTOR} ({weights})'


@pytest.mark.parametrize(
    ('wanted', 'said'),
    [
        (Wanted(SEGMENTOR), 'no weights are published'),
        (Wanted(SEGMENTOR, 'no.pth'), '--weights no.pth does not exist'),
        (Wanted('fcn_uhrnet-w19'), 'does not exist'),
        (Wanted('.'), 'has no config'),
    ],
)
def test_what_cannot_be_offered(wanted, said):
    with pytest.raises(ConfigError, match=said):
        find_offers([wanted])


def parse(*arguments):
    parser = argparse.ArgumentParser()
    options.add_arguments(parser)
    return parser.parse_args(arguments)


def test_options(monkeypatch):
    asked = parse(
        '--model', 'a', '--model', 'b', '--weights', 'c.pth', '--port', '80'
    )
    got = []
    monkeypatch.setattr(
        options, 'launch', lambda *args, **more: got.append((args, more))
    )
    options.run(asked)
    models = [Wanted('a'), Wanted('b', 'c.pth')]
    more = dict(models=models, examples=None, device=None)
    assert got == [(('127.0.0.1', 80), more)]


@pytest.mark.parametrize(
    'arguments',
    [['--weights', 'c'], ['--model', 'a', '--weights', 'b', '--weights', 'c']],
)
def test_weights_of_no_model(arguments, capsys):
    with pytest.raises(SystemExit):
        parse(*arguments)
    assert 'belongs behind the --model' in capsys.readouterr().err


def test_which_addresses_are_of_this_machine():
    assert all(map(is_loopback, ('127.0.0.1', 'localhost', '::1', '[::1]')))
    others = ('0.0.0.0', '::', '192.168.0.2', 'example.org', '')
    assert not any(map(is_loopback, others))
