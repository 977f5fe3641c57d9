from .bccd import BCCDDataset
from .checked_coco import CheckedCocoDataset
from .scenes import ScenesDataset
from .voc_style import VOCStyleDataset

__all__ = [
    'BCCDDataset',
    'CheckedCocoDataset',
    'ScenesDataset',
    'VOCStyleDataset',
]
