"""What surrounds a run: hooks, and how the tools start one."""

from .autocast_optim import Bf16OptimWrapper
from .hooks import CheckpointFitHook
from .launch import prepare_config

__all__ = ['Bf16OptimWrapper', 'CheckpointFitHook', 'prepare_config']
