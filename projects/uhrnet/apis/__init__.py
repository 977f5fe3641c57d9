"""Functions for scripts and notebooks."""

from .complexity import Complexity, DensePart, measure_complexity
from .inference import prepare_for_inference

__all__ = [
    'Complexity',
    'DensePart',
    'measure_complexity',
    'prepare_for_inference',
]
