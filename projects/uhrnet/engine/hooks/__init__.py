from .checkpoint_fit import CheckpointFitHook

__all__ = ['CheckpointFitHook']
