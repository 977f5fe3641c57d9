"""The configs, and how tests read them."""

import copy
import functools
import os
import tempfile
from pathlib import Path

from mmengine.config import Config

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / 'configs').glob('[!_]*/*.py'))
NUM_CONFIGS = 356
SEGMENTORS = ('fcn', 'fpn', 'hfgd', 'ocrnet')


def algorithm(path):
    """The algorithm of a config, the first word of its name."""
    return path.stem.split('_')[0].split('-')[0]


def of_segmentation(path):
    """Whether a config is one of segmentation, by its name."""
    return algorithm(path) in SEGMENTORS


def of_depth(path):
    """Whether a config is one of depth, by its name."""
    return algorithm(path) == 'depth'


def of_detection(path):
    """Whether a config is one of detection, by its name."""
    return not (of_segmentation(path) or of_depth(path))


@functools.cache
def _load(path):
    # mmengine writes a temporary file for every base, quickest in memory.
    before = tempfile.tempdir
    if os.access('/dev/shm', os.W_OK):
        tempfile.tempdir = '/dev/shm'
    try:
        return Config.fromfile(path)
    finally:
        tempfile.tempdir = before


def load(path):
    """A config of one's own, to change."""
    return copy.deepcopy(_load(path))


def named(stem):
    """The config of this name."""
    (path,) = (path for path in CONFIGS if path.stem == stem)
    return load(path)


def distinct(paths, key):
    """The first config of each kind."""
    seen = {}
    for path in paths:
        seen.setdefault(key(load(path)), path)
    return seen


def dicts_in(node):
    """All dicts in a nested config."""
    if isinstance(node, dict):
        yield node
    children = node.values() if isinstance(node, dict) else node
    for child in children:
        if isinstance(child, dict | list | tuple):
            yield from dicts_in(child)
