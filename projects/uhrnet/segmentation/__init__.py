"""Semantic segmentation: what mmsegmentation lacks.

Importing it registers everything that the configs name, the backbones
included.
"""

import uhrnet.engine
import uhrnet.models
import uhrnet.transforms  # noqa: F401

from . import (
    backbones,
    datasets,
    flip_pairs,
    hfgd_head,
    metrics,
    streaming_segmentors,
    tiled_heads,
    transforms,
    visualizer,
)

__all__ = [
    'backbones',
    'datasets',
    'flip_pairs',
    'hfgd_head',
    'metrics',
    'streaming_segmentors',
    'tiled_heads',
    'transforms',
    'visualizer',
]
