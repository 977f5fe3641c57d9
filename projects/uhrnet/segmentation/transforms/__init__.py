from .annotation_loading import LoadCheckedAnnotations
from .packed_loading import LoadPackedSample
from .scale_crop import RandomScaleCrop

__all__ = ['LoadCheckedAnnotations', 'LoadPackedSample', 'RandomScaleCrop']
