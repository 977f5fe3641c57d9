from .checkpoint_fit import CheckpointFitHook
from .compilation import CompileHook
from .exported_model import ExportedModelHook
from .finite import FiniteHook
from .inference_preparation import PrepareForInferenceHook
from .preemption import PreemptionHook
from .safe_checkpoint import SafeCheckpointHook

__all__ = [
    'CheckpointFitHook',
    'CompileHook',
    'ExportedModelHook',
    'FiniteHook',
    'PreemptionHook',
    'PrepareForInferenceHook',
    'SafeCheckpointHook',
]
