from .average_to import average_to
from .concat_at import concat_at
from .context_augmentation import ContextAugmentation
from .guided_classifier import GuidedClassifier
from .pyramid_upsampler import PyramidUpsampler

__all__ = [
    'ContextAugmentation',
    'GuidedClassifier',
    'PyramidUpsampler',
    'average_to',
    'concat_at',
]
