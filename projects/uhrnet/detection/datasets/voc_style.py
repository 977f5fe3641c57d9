"""Data sets of one's own in the layout of Pascal VOC."""

import os
from typing import Any
from xml.etree import ElementTree

from mmdet.datasets import XMLDataset
from mmdet.registry import DATASETS
from mmengine.logging import print_log

from uhrnet.errors import DataError


@DATASETS.register_module()
class VOCStyleDataset(XMLDataset):
    """``XMLDataset`` that refuses what it cannot read.

    The original passes over objects of other classes without a word, so that
    a misspelt class trains a model that never finds it, and keeps boxes
    without area, which make losses infinite. Here, the first ends the run,
    and the second are left out and counted, as COCO's are.

    Classes are given by ``metainfo=dict(classes=('cat', 'dog'))``. Those that
    are not to be learnt are named by ``passed_over``. Layout below
    ``data_root``::

        Annotations/*.xml
        JPEGImages/*.jpg
        ImageSets/Main/{train,val,test}.txt

    Args:
        passed_over: Classes of the annotations that are left out.
        **kwargs: As for ``XMLDataset``.

    Raises:
        DataError: If an annotation is missing or no XML, names a class that
            is not among those of the data set, or has a box without its four
            numbers; or if a training set has no objects at all.
    """

    def __init__(
        self, passed_over: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        self.passed_over = frozenset(passed_over)
        self.num_points = 0
        super().__init__(**kwargs)

    def load_data_list(self) -> list[dict]:
        """Read all annotations of the split."""
        data_list = super().load_data_list()
        if self.num_points:
            print_log(
                f'{self.ann_file}: {self.num_points} boxes without area are '
                'left out',
                logger='current',
            )
        if not any(image['instances'] for image in data_list):
            raise DataError(
                f'{self.ann_file}: none of its {len(data_list)} images has '
                'an object'
            )
        return data_list

    def parse_data_info(self, img_info: dict) -> dict:
        """Read the annotation of one image."""
        path = img_info['xml_path']
        try:
            return super().parse_data_info(img_info)
        except DataError:
            raise
        except FileNotFoundError:
            raise DataError(
                f'{path} is missing, although {self.ann_file} names it. '
                'Complete the data set, or remove it from the list.'
            ) from None
        except ElementTree.ParseError as error:
            raise DataError(
                f'{path} is no XML ({error}). Replace it, or remove it from '
                f'{self.ann_file}.'
            ) from error
        except (AttributeError, TypeError, ValueError) as error:
            raise DataError(
                f'{path}: an object has no name or no box of four numbers, '
                f'or the image no size ({error}).'
            ) from error

    def _parse_instance_info(
        self, raw_ann_info: ElementTree.ElementTree, minus_one: bool = True
    ) -> list[dict]:
        """Refuse unknown classes and leave out boxes without area."""
        root = raw_ann_info.getroot()
        known = self.metainfo['classes']
        for found in root.findall('object'):
            name = found.find('name').text
            if name not in known and name not in self.passed_over:
                raise DataError(
                    f'{os.path.basename(self.ann_file)}: the annotation of '
                    f'{root.findtext("filename")!r} has an object of class '
                    f'{name!r}, and the data set has the classes '
                    f'{", ".join(known)}. Add it to metainfo.classes, or to '
                    'passed_over to leave it out.'
                )
        instances = super()._parse_instance_info(raw_ann_info, minus_one)
        kept = []
        for instance in instances:
            left, top, right, bottom = instance['bbox']
            if right > left and bottom > top:
                kept.append(instance)
        self.num_points += len(instances) - len(kept)
        return kept
