"""Transforms for the pipelines of any toolbox, registered at the root."""

from .color_distortion import RandomColorDistortion
from .image_loading import LoadCheckedImage, decode_image

__all__ = ['LoadCheckedImage', 'RandomColorDistortion', 'decode_image']
