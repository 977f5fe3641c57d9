from .depth_list import DepthListDataset, KITTIDepthDataset, NYUDepthDataset
from .numpy_depth import NumpyDepthDataset, ScenesDepthDataset

__all__ = [
    'DepthListDataset',
    'KITTIDepthDataset',
    'NYUDepthDataset',
    'NumpyDepthDataset',
    'ScenesDepthDataset',
]
