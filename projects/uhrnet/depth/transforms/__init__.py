from .depth_loading import LoadCheckedDepth
from .fixed_crops import CropKITTI, CropWindow

__all__ = ['CropKITTI', 'CropWindow', 'LoadCheckedDepth']
