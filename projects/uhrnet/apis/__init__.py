"""Functions for scripts and notebooks.

``uhrnet.apis.export`` and ``uhrnet.apis.dataset_checks`` are imported by
their names alone: the first takes a second, and few need the second.
"""

import importlib
from typing import Any

from .complexity import Complexity, DensePart, measure_complexity
from .exported_model import ExportedModel
from .inference import prepare_for_inference
from .loading import load_model

# Imported when they are asked for: the hooks, which these need, import what
# stands above.
_LATER = dict(
    DepthPrediction='predictions',
    DetectionPrediction='predictions',
    Prediction='predictions',
    Predictor='predictor',
    SegmentationPrediction='predictions',
    list_models='catalogue',
    load='pretrained',
    predict='pretrained',
)

__all__ = [
    'Complexity',
    'DensePart',
    'DepthPrediction',
    'DetectionPrediction',
    'ExportedModel',
    'Prediction',
    'Predictor',
    'SegmentationPrediction',
    'list_models',
    'load',
    'load_model',
    'measure_complexity',
    'predict',
    'prepare_for_inference',
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(
            importlib.import_module(f'.{_LATER[name]}', __name__), name
        )
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
