"""Semantic segmentation: what mmsegmentation lacks.

Importing it registers everything that the configs name, the backbones
included.
"""

import uhrnet.engine
import uhrnet.models
import uhrnet.transforms  # noqa: F401

from . import datasets, transforms, visualizer

__all__ = ['datasets', 'transforms', 'visualizer']
