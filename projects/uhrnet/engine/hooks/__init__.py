from .checkpoint_fit import CheckpointFitHook
from .compilation import CompileHook
from .example_predictions import ExamplePredictionsHook
from .exported_model import ExportedModelHook
from .finite import FiniteHook
from .inference_preparation import PrepareForInferenceHook
from .preemption import PreemptionHook
from .progress import ProgressHook
from .report import ReportHook
from .safe_checkpoint import SafeCheckpointHook

__all__ = [
    'CheckpointFitHook',
    'CompileHook',
    'ExamplePredictionsHook',
    'ExportedModelHook',
    'FiniteHook',
    'PreemptionHook',
    'PrepareForInferenceHook',
    'ProgressHook',
    'ReportHook',
    'SafeCheckpointHook',
]
