"""Which samples a training sees in which iteration."""

from .numbered_batches import NumberedBatchSampler
from .resumable_infinite import ResumableInfiniteSampler

__all__ = ['NumberedBatchSampler', 'ResumableInfiniteSampler']
