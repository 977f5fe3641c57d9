"""What surrounds a run: hooks, and how the tools start one."""

from .hooks import CheckpointFitHook
from .launch import prepare_config

__all__ = ['CheckpointFitHook', 'prepare_config']
