"""Samples of the data sets of segmentation and depth."""

from collections.abc import Mapping

from mmcv.transforms import BaseTransform
from mmengine.dataset import BaseDataset

import uhrnet.depth
import uhrnet.segmentation  # noqa: F401

from .pixel_samples import PixelReader
from .sources import Source, failure, take


def fill_source(
    source: Source,
    dataset: BaseDataset,
    loaders: list[BaseTransform],
    leaf: Mapping,
) -> None:
    """Have a data set list its samples.

    Args:
        source: Takes them.
        dataset: Lists them.
        loaders: The loading steps of its pipeline.
        leaf: Its config.
    """
    source.classes = tuple(dataset.metainfo.get('classes') or ())
    source.read = PixelReader(dataset, loaders)
    if dataset._fully_initialized:
        source.samples = [
            dataset.get_data_info(index) for index in range(len(dataset))
        ]
        return
    try:
        dataset.data_list = dataset.load_data_list()
        listed = dataset.filter_data()
    except Exception as error:
        if not hasattr(dataset, 'list_unchecked'):
            raise
        source.defects.append(failure(leaf, source.key, error))
        listed = dataset.list_unchecked()
    source.samples = take(listed, leaf.get('indices'))
