"""Training loops."""

from .resumable import (
    ResumableEpochBasedTrainLoop,
    ResumableIterBasedTrainLoop,
)

__all__ = ['ResumableEpochBasedTrainLoop', 'ResumableIterBasedTrainLoop']
