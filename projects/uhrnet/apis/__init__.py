"""Functions for scripts and notebooks.

``uhrnet.apis.export`` and ``uhrnet.apis.dataset_checks`` are imported by
their names alone: the first takes a second, and few need the second.
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
