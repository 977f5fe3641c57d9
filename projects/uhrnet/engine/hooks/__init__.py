from .checkpoint_fit import CheckpointFitHook
from .inference_preparation import PrepareForInferenceHook

__all__ = ['CheckpointFitHook', 'PrepareForInferenceHook']
