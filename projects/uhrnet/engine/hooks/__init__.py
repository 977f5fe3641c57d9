from .checkpoint_fit import CheckpointFitHook
from .exported_model import ExportedModelHook
from .inference_preparation import PrepareForInferenceHook

__all__ = [
    'CheckpointFitHook',
    'ExportedModelHook',
    'PrepareForInferenceHook',
]
