from .annotation_loading import LoadCheckedAnnotations
from .scale_crop import RandomScaleCrop

__all__ = ['LoadCheckedAnnotations', 'RandomScaleCrop']
