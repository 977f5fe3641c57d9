"""Curves and pictures for TensorBoard, and for others that are asked for."""

import argparse
import sys
import types

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.visualization import Visualizer
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from uhrnet.engine import trackers
from uhrnet.engine.trackers import add_tracker_argument, add_trackers
from uhrnet.errors import ConfigError, MissingLibraryError

LOCAL = dict(type='LocalVisBackend')


def config():
    return Config(dict(visualizer=dict(vis_backends=[dict(LOCAL)])))


def backends(*options):
    parser = argparse.ArgumentParser()
    add_tracker_argument(parser)
    cfg = config()
    add_trackers(cfg, parser.parse_args(options).logger)
    return [x['type'] for x in cfg.visualizer.vis_backends]


@pytest.fixture
def all_there(monkeypatch):
    monkeypatch.setattr(trackers, 'find_spec', lambda name: name)


def test_options(all_there):
    local, board = LOCAL['type'], 'TensorboardVisBackend'
    assert backends() == [local, board]
    assert backends('--logger', 'none') == [local]
    assert backends('--logger=wandb') == [local, 'WandbVisBackend']
    several = ['--logger', 'mlflow', '--logger', 'tensorboard']
    assert backends(*several, '--logger', 'mlflow') == [
        local, 'MLflowVisBackend', board
    ]  # fmt: skip


def test_what_a_config_has_stays(all_there):
    cfg = config()
    mine = dict(type='WandbVisBackend', init_kwargs=dict(project='p'))
    cfg.visualizer.vis_backends.append(mine)
    add_trackers(cfg, ['wandb'])
    assert cfg.visualizer.vis_backends == [LOCAL, mine]


def test_what_is_missing(monkeypatch):
    monkeypatch.setattr(trackers, 'find_spec', lambda name: None)
    assert backends() == [LOCAL['type']]
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
