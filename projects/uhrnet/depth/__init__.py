"""Monocular depth: what mmsegmentation lacks.

Importing it registers everything that the configs name, the backbones and
visualisers of segmentation included.
"""

import uhrnet.segmentation  # noqa: F401

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
