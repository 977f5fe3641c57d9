from .camvid import CamVidDataset
from .scenes import ScenesDataset

__all__ = ['CamVidDataset', 'ScenesDataset']
