from .checkpoint_fit import CheckpointFitHook
from .compilation import CompileHook
from .exported_model import ExportedModelHook
from .inference_preparation import PrepareForInferenceHook

__all__ = [
    'CheckpointFitHook',
    'CompileHook',
    'ExportedModelHook',
    'PrepareForInferenceHook',
]
