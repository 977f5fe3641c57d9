"""Functions for scripts and notebooks."""

from .complexity import Complexity, measure_complexity

__all__ = ['Complexity', 'measure_complexity']
