from .depth_list import DepthListDataset, KITTIDepthDataset, NYUDepthDataset
from .numpy_depth import NumpyDepthDataset
from .scenes_depth import ScenesDepthDataset

__all__ = [
    'DepthListDataset',
    'KITTIDepthDataset',
    'NYUDepthDataset',
    'NumpyDepthDataset',
    'ScenesDepthDataset',
]
