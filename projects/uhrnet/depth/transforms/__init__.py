from .depth_loading import FreezeDepth, LoadCheckedDepth
from .depth_packing import PackDepthInputs
from .fixed_crops import CropKITTI, CropWindow
from .gamma_color import RandomGammaColor
from .zoom import CanonicalFocal, RandomZoom

__all__ = [
    'CanonicalFocal',
    'CropKITTI',
    'CropWindow',
    'FreezeDepth',
    'LoadCheckedDepth',
    'PackDepthInputs',
    'RandomGammaColor',
    'RandomZoom',
]
