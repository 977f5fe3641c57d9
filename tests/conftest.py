"""Fixtures that several test modules use."""

import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest
import signal_stack
import torch

os.environ.setdefault('MPLBACKEND', 'agg')
ROOT = Path(__file__).parents[1]

# One thread: tests run side by side, and threads that wait for each other on
# a busy machine take many times as long.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def stack_of_signals():
    """Some tests send signals, after others have run OpenVINO.

    For each of them, as libraries set another one when they are loaded.
    """
    signal_stack.enlarge()


@pytest.fixture(autouse=True)
def seeded():
    """The same random numbers in whatever order tests run."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def same_scope():
    """The default scope of registries as it was, after runs in a test."""
    from mmengine.registry import DefaultScope

    before = DefaultScope._instance_dict.copy()
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)


@pytest.fixture(scope='session')
def scenes(tmp_path_factory):
    """A small rendered data set: 8 training and 4 validation images."""
    from uhrnet.scenes import write_dataset

    root = tmp_path_factory.mktemp('data') / 'scenes'
    write_dataset(root, splits={'train': 8, 'val': 4}, size=(64, 96))
    return root


@pytest.fixture
def mmseg_scope():
    """Registries that resolve names as inside a segmentation run."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        from mmengine.registry import init_default_scope

        import uhrnet.segmentation  # noqa: F401

        init_default_scope('mmseg')


@pytest.fixture
def mmdet_scope():
    """Registries that resolve names as inside a detection run."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        from mmengine.registry import init_default_scope

        import uhrnet.detection  # noqa: F401

        init_default_scope('mmdet')


@pytest.fixture(scope='session')
def untrained(tmp_path_factory, scenes):
    """Folders of trainings by the names of their configs, made when asked."""
    from untrained import work_dir

    root, made = tmp_path_factory.mktemp('trainings'), {}
    images = sorted((scenes / 'images/train').iterdir())

    def make(name):
        if name not in made:
            made[name] = work_dir(root / name, name, images)
        return made[name]

    return make
