"""What a data set of boxes keeps of its images."""

from mmdet.datasets import BaseDetDataset

from uhrnet.errors import DataError


def check_kept(kept: list[dict], dataset: BaseDetDataset) -> list[dict]:
    """Return the images that a filter left, if any are."""
    if not kept:
        raise DataError(
            f'{dataset.ann_file}: none of {len(dataset.data_list)} images is '
            'left. filter_cfg.filter_empty_gt leaves out those without an '
            'object of the classes, min_size small ones.'
        )
    return kept
