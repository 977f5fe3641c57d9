"""Transforms for the pipelines of any toolbox, registered at the root."""

from .color_distortion import RandomColorDistortion
from .image_loading import CheckImageFile, LoadCheckedImage, decode_image

__all__ = [
    'CheckImageFile',
    'LoadCheckedImage',
    'RandomColorDistortion',
    'decode_image',
]
