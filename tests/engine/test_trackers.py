"""Curves and pictures for TensorBoard, and for others that are asked for."""

import argparse
import sys
import types

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import VISBACKENDS
from mmengine.visualization import Visualizer
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from uhrnet.engine import trackers
from uhrnet.engine.trackers import add_tracker_argument, add_trackers
from uhrnet.errors import ConfigError, MissingLibraryError

LOCAL = dict(type='LocalVisBackend')
WORK_DIR = 'work/run'


def config():
    visualizer = dict(vis_backends=[dict(LOCAL)])
    return Config(dict(work_dir=WORK_DIR, visualizer=visualizer))


def backends(*options):
    parser = argparse.ArgumentParser()
    add_tracker_argument(parser)
    cfg = config()
    add_trackers(cfg, parser.parse_args(options).logger)
    return [x['type'] for x in cfg.visualizer.vis_backends]


@pytest.fixture
def all_there(monkeypatch):
    monkeypatch.setattr(trackers, 'find_spec', lambda name: name)


def test_options(all_there, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    local, board = LOCAL['type'], 'TensorboardVisBackend'
    assert backends() == [local, board]
    assert backends('--logger', 'none') == [local]
    assert backends('--logger=wandb') == [local, 'WandbVisBackend']
    several = ['--logger', 'mlflow', '--logger', 'tensorboard']
    assert backends(*several, '--logger', 'mlflow') == [
        local, 'MLflowPicturesVisBackend', board
    ]  # fmt: skip


def test_what_a_config_has_stays(all_there):
    cfg = config()
    mine = dict(type='WandbVisBackend', init_kwargs=dict(project='p'))
    cfg.visualizer.vis_backends.append(mine)
    add_trackers(cfg, ['wandb'])
    assert cfg.visualizer.vis_backends == [LOCAL, mine]


def test_what_is_missing(monkeypatch):
    monkeypatch.setattr(trackers, 'find_spec', lambda name: None)
    said = []
    monkeypatch.setattr(
        trackers, 'print_log', lambda text, **_: said.append(text)
    )
    assert backends() == [LOCAL['type']]
    assert len(said) == 1 and 'pip install tensorboard' in said[0]
    with pytest.raises(MissingLibraryError, match='pip install mlflow'):
        backends('--logger', 'mlflow')


def test_what_goes_not_together(all_there):
    with pytest.raises(ConfigError, match='no other --logger'):
        backends('--logger', 'none', '--logger', 'wandb')
    with pytest.raises(ConfigError, match='needs visualizer'):
        add_trackers(Config(), ['wandb'])
    add_trackers(Config(), None)


def test_tensorboard_itself(tmp_path):
    cfg = config()
    add_trackers(cfg, None)
    visualizer = Visualizer(
        vis_backends=cfg.visualizer.vis_backends, save_dir=str(tmp_path)
    )
    visualizer.add_scalars(dict(loss=np.float64(0.25)), step=3)
    visualizer.add_image('val', np.zeros((4, 4, 3), np.uint8), step=3)
    visualizer.close()
    events = EventAccumulator(str(tmp_path / 'vis_data')).Reload()
    (event,) = events.Scalars('loss')
    assert (event.step, event.value) == (3, 0.25)
    assert events.Images('val')[0].step == 3


def test_wandb_by_a_stand_in(tmp_path, monkeypatch):
    """What mmengine's backend tells it."""
    calls = []
    wandb = types.ModuleType('wandb')
    wandb.init = lambda **kwargs: calls.append(('init', kwargs))
    wandb.log = lambda values, commit: calls.append(('log', dict(values)))
    monkeypatch.setitem(sys.modules, 'wandb', wandb)
    monkeypatch.setattr(trackers, 'find_spec', lambda name: name)
    cfg = config()
    add_trackers(cfg, ['wandb'])
    visualizer = Visualizer(
        vis_backends=cfg.visualizer.vis_backends, save_dir=str(tmp_path)
    )
    visualizer.add_scalars(dict(loss=0.25), step=3)
    assert calls == [
        ('init', dict(dir=str(tmp_path / 'vis_data'))),
        ('log', dict(loss=0.25)),
    ]


def test_mlflow_by_a_stand_in(tmp_path, monkeypatch):
    """It keeps all in the work dir, or on a server that is named."""
    calls = {}
    mlflow = types.ModuleType('mlflow')
    for name in (
        'set_tracking_uri', 'create_experiment', 'set_experiment', 'log_image'
    ):  # fmt: skip
        setattr(
            mlflow,
            name,
            lambda *args, _name=name, **kwargs: calls.update(
                {_name: (*args, *kwargs.values())}
            ),
        )
    mlflow.get_experiment_by_name = lambda name: None
    monkeypatch.setitem(sys.modules, 'mlflow', mlflow)
    monkeypatch.setattr(trackers, 'find_spec', lambda name: name)
    monkeypatch.chdir(tmp_path)
    cfg = config()
    add_trackers(cfg, ['mlflow'])
    backend = VISBACKENDS.build(
        dict(cfg.visualizer.vis_backends[1], save_dir=str(tmp_path))
    )
    MMLogger.get_instance('mlflow')
    image = np.zeros((4, 4, 3), np.uint8)
    backend.add_image('val_0', image, step=3)
    folder = tmp_path / WORK_DIR
    assert calls['set_tracking_uri'] == (f'sqlite:///{folder}/mlflow.db',)
    assert calls['create_experiment'] == ('run', f'file://{folder}/mlflow')
    assert calls['log_image'][1] == 'val_0_3.png'
    monkeypatch.setenv('MLFLOW_TRACKING_URI', 'http://server')
    cfg = config()
    add_trackers(cfg, ['mlflow'])
    options = cfg.visualizer.vis_backends[1]
    assert options['tracking_uri'] == 'http://server'
    assert 'artifact_location' not in options
