from .camvid import CamVidDataset
from .packed import PackedDataset
from .scenes import ScenesDataset

__all__ = ['CamVidDataset', 'PackedDataset', 'ScenesDataset']
