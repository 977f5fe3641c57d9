"""Functions for scripts and notebooks."""

from .complexity import Complexity, DensePart, measure_complexity

__all__ = ['Complexity', 'DensePart', 'measure_complexity']
