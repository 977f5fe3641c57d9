"""Monocular depth: what mmsegmentation lacks.

Importing it registers everything that the configs name, but for backbones of
``uhrnet.segmentation``.
"""

import uhrnet.engine
import uhrnet.models
import uhrnet.transforms  # noqa: F401

from . import (
    datasets,
    depth_estimator,
    heads,
    losses,
    metrics,
    transforms,
    visualizer,
)

__all__ = [
    'datasets',
    'depth_estimator',
    'heads',
    'losses',
    'metrics',
    'transforms',
    'visualizer',
]
