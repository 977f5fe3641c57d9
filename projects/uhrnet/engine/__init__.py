"""What surrounds a run: loops, samplers, hooks, and how tools start one."""

from .autocast_optim import Bf16OptimWrapper
from .hooks import CheckpointFitHook
from .launch import prepare_config
from .loops import ResumableEpochBasedTrainLoop, ResumableIterBasedTrainLoop
from .samplers import ResumableInfiniteSampler

__all__ = [
    'Bf16OptimWrapper',
    'CheckpointFitHook',
    'ResumableEpochBasedTrainLoop',
    'ResumableInfiniteSampler',
    'ResumableIterBasedTrainLoop',
    'prepare_config',
]
