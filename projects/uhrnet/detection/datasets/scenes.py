"""The built-in scenes as a data set of boxes and masks."""

from typing import Any

from mmdet.registry import DATASETS

from uhrnet.scenes import CLASSES, PALETTE, THINGS

from .checked_coco import CheckedCocoDataset


@DATASETS.register_module()
class ScenesDataset(CheckedCocoDataset):
    """Rendered streets, written by ``tools/dataset_converters/scenes.py``.

    Layout::

        data/scenes/images/{train,val}/*.png
        data/scenes/instances_{train,val}.json
    """

    METAINFO: dict[str, Any] = dict(
        classes=THINGS,
        palette=[PALETTE[CLASSES.index(name)] for name in THINGS],
    )
