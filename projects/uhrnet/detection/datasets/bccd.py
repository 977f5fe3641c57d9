"""Blood cells under the microscope: a small data set in the VOC layout."""

from typing import Any

from mmdet.registry import DATASETS

from .voc_style import VOCStyleDataset


@DATASETS.register_module()
class BCCDDataset(VOCStyleDataset):
    """BCCD: 205 training, 87 validation and 72 test images of 640x480.

    Two of its 4888 boxes, of red blood cells, are points and left out.

    Source: github.com/Shenggan/BCCD_Dataset, folder ``BCCD``.
    """

    METAINFO: dict[str, Any] = dict(
        classes=('RBC', 'WBC', 'Platelets'),
        palette=[(220, 20, 60), (60, 20, 220), (250, 170, 30)],
    )
