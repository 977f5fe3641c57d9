"""Transforms for the pipelines of any toolbox, registered at the root."""

from .color_distortion import RandomColorDistortion
from .image_loading import CheckImageFile, LoadCheckedImage, decode_image
from .step_resize import RandomStepResize

__all__ = [
    'CheckImageFile',
    'LoadCheckedImage',
    'RandomColorDistortion',
    'RandomStepResize',
    'decode_image',
]
