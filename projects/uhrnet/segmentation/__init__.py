"""Semantic segmentation: what mmsegmentation lacks.

Importing it registers everything that the configs name, the backbones
included.
"""

from uhrnet import engine, models
from uhrnet import transforms as shared_transforms

from . import datasets, transforms, visualizer

__all__ = [
    'datasets',
    'engine',
    'models',
    'shared_transforms',
    'transforms',
    'visualizer',
]
