"""Data sets of boxes and masks in COCO's form."""

from mmdet.datasets import CocoDataset
from mmdet.datasets.api_wrappers import COCO
from mmdet.registry import DATASETS

from uhrnet.data_files import check_plain
from uhrnet.errors import DataError

from .coco_fields import check_fields
from .kept_images import check_kept

# Of LVIS, the largest in use: 1.1 GB.
MAX_BYTES = 2**33


class CheckedCOCO(COCO):
    """A file of annotations that says so if something is wrong in it."""

    def __init__(self, annotation_file: str) -> None:
        self.file = annotation_file
        check_plain(annotation_file, MAX_BYTES)
        try:
            super().__init__(annotation_file)
        except (
            *(ValueError, LookupError, TypeError),
            *(AttributeError, AssertionError, RecursionError),
        ) as error:
            raise DataError(
                f"{annotation_file} is not a complete file of COCO's form "
                f'({error!r:.200}). Download or write it again.'
            ) from error
        check_fields(self.dataset, annotation_file)

    def get_cat_ids(self, cat_names: tuple[str, ...]) -> list[int]:
        """Return the ids of classes, which have to be in the file's order.

        mmdetection numbers labels by the order in the file, here and in its
        metric, and names them by the order of ``cat_names``.
        """
        order = [x['name'] for x in self.dataset.get('categories', ())]
        missing = [name for name in cat_names if name not in order]
        if missing:
            raise DataError(
                f'{self.file} has no class {", ".join(map(repr, missing))}, '
                f'but {", ".join(map(repr, order)) or "no categories"}. Name '
                'those to learn in '
                "metainfo=dict(classes=(...)) of the config's data sets."
            )
        found = [name for name in order if name in cat_names]
        if found != list(cat_names):
            raise DataError(
                f'{self.file} has the classes in another order. Write '
                f'metainfo=dict(classes={tuple(found)}), or predictions are '
                'called by wrong names.'
            )
        return super().get_cat_ids(cat_names=cat_names)


@DATASETS.register_module()
class CheckedCocoDataset(CocoDataset):
    """``CocoDataset`` that refuses a file without its classes.

    The original passes over a class that the file does not have, such as a
    misspelt one. Those behind it then get each other's labels, and a data set
    of which nothing is left trains for no iteration, both without a word.
    Takes the arguments of ``CocoDataset``.

    Raises:
        DataError: If the file is damaged, has a field of another form or a
            mask that does not fit its image, or names images out of their
            folder; if a class is missing from it, or is in another place
            there; or if no image is left to train on.
    """

    COCOAPI = CheckedCOCO

    def filter_data(self) -> list[dict]:
        """Leave out what ``filter_cfg`` says."""
        return check_kept(super().filter_data(), self)
