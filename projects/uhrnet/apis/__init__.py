"""Functions for scripts and notebooks.

``uhrnet.apis.export`` is imported by its name alone: it takes a second.
"""

from .complexity import Complexity, DensePart, measure_complexity
from .exported_model import ExportedModel
from .inference import prepare_for_inference
from .loading import load_model

__all__ = [
    'Complexity',
    'DensePart',
    'ExportedModel',
    'load_model',
    'measure_complexity',
    'prepare_for_inference',
]
