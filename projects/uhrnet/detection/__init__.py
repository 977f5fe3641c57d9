"""Detection and instance segmentation: what mmdetection lacks.

Importing it registers everything that the configs name, the backbones and
necks included.
"""

import uhrnet.engine
import uhrnet.models
import uhrnet.transforms  # noqa: F401

from . import backbones, datasets, heads

__all__ = ['backbones', 'datasets', 'heads']
