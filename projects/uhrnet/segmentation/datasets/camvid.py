"""CamVid road scenes in the 11-class, 480x360 form of SegNet."""

from typing import Any

from mmengine.fileio import list_dir_or_file
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from uhrnet.errors import DataError


@DATASETS.register_module()
class CamVidDataset(BaseSegDataset):
    """CamVid: 367 training, 101 validation and 233 test images.

    Labels are single-channel PNGs of class indices, 255 for void. Layout::

        data/camvid/images/{train,val,test}/*.png (or .jpg)
        data/camvid/annotations/{train,val,test}/*.png

    Source: Brostow et al., "Semantic object classes in video", 2009; splits
    and classes of Badrinarayanan et al., SegNet, arXiv 1511.00561.
    """

    METAINFO: dict[str, Any] = dict(
        classes=(
            'sky',
            'building',
            'pole',
            'road',
            'pavement',
            'tree',
            'sign',
            'fence',
            'car',
            'pedestrian',
            'bicyclist',
        ),
        palette=[
            [128, 128, 128],
            [128, 0, 0],
            [192, 192, 128],
            [128, 64, 128],
            [60, 40, 222],
            [128, 128, 0],
            [192, 128, 128],
            [64, 64, 128],
            [64, 0, 128],
            [64, 64, 0],
            [0, 128, 192],
        ],
    )

    def __init__(
        self,
        img_suffix: str | None = None,
        seg_map_suffix: str = '.png',
        **kwargs: Any,
    ) -> None:
        super().__init__(
            img_suffix=img_suffix, seg_map_suffix=seg_map_suffix, **kwargs
        )

    def load_data_list(self) -> list[dict]:
        """List the images of the split, PNG or JPEG unless told which."""
        if self.img_suffix is None:
            folder = self.data_prefix['img_path']
            files = list(list_dir_or_file(folder, list_dir=False))
            self.img_suffix = next(
                (
                    s
                    for s in ('.png', '.jpg')
                    if any(x.endswith(s) for x in files)
                ),
                None,
            )
            if self.img_suffix is None:
                raise DataError(
                    f'{folder} holds neither .png nor .jpg images: give the '
                    'ending as img_suffix'
                )
        return super().load_data_list()
