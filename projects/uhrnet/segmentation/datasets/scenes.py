"""The built-in scenes as a segmentation data set."""

from typing import Any

from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from uhrnet.scenes import CLASSES, PALETTE


@DATASETS.register_module()
class ScenesDataset(BaseSegDataset):
    """Rendered streets, written by ``tools/dataset_converters/scenes.py``.

    Layout::

        data/scenes/images/{train,val}/*.png
        data/scenes/annotations/{train,val}/*.png
    """

    METAINFO: dict[str, Any] = dict(
        classes=CLASSES, palette=[list(color) for color in PALETTE]
    )

    def __init__(
        self,
        img_suffix: str = '.png',
        seg_map_suffix: str = '.png',
        **kwargs: Any,
    ) -> None:
        super().__init__(
            img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs
        )
