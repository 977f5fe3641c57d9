from .bccd import BCCDDataset
from .scenes import ScenesDataset
from .voc_style import VOCStyleDataset

__all__ = ['BCCDDataset', 'ScenesDataset', 'VOCStyleDataset']
