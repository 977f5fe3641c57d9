"""Data sets of one's own in the layout of Pascal VOC."""

import os
from typing import Any
from xml.etree import ElementTree

from mmdet.datasets import XMLDataset
from mmdet.registry import DATASETS
from mmengine.fileio import list_from_file
from mmengine.logging import print_log

from uhrnet.errors import DataError

from .kept_images import check_kept


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
        img_suffix: Ending of the images' names.
        passed_over: Classes of the annotations that are left out.
        **kwargs: As for ``XMLDataset``.

    Raises:
        DataError: If the list of images has an empty line, more than a name
            in a line, or a name twice; if an annotation or image is missing;
            if an annotation is no XML, lacks a number, or names a class that
            is not among those of the data set; or if no image has an object,
            unless it is a test without annotations (``test_mode``).
    """

    def __init__(
        self,
        img_suffix: str = '.jpg',
        passed_over: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        self.img_suffix = img_suffix
        self.passed_over = frozenset(passed_over)
        self.num_empty_boxes = 0
        super().__init__(**kwargs)

    def load_data_list(self) -> list[dict]:
        """Read all annotations of the split."""
        if isinstance(self.metainfo['classes'], str):
            raise DataError(
                f'classes={self.metainfo["classes"]!r} is a name: of a single '
                "class, write metainfo=dict(classes=('name',))"
            )
        self._check_names()
        data_list = super().load_data_list()
        if self.num_empty_boxes:
            print_log(
                f'{self.ann_file}: {self.num_empty_boxes} boxes without area '
                'inside of their images are left out',
                logger='current',
            )
        empty = not any(image['instances'] for image in data_list)
        if empty and not self.test_mode:
            raise DataError(
                f'{self.ann_file}: none of its {len(data_list)} images has '
                'an object'
            )
        return data_list

    def filter_data(self) -> list[dict]:
        """Leave out what ``filter_cfg`` says."""
        return check_kept(super().filter_data(), self)

    def parse_data_info(self, img_info: dict) -> dict:
        """Read the annotation of one image."""
        path = img_info['xml_path']
        stem = os.path.splitext(img_info['file_name'])[0]
        img_info['file_name'] = stem + self.img_suffix
        try:
            image = super().parse_data_info(img_info)
        except DataError:
            raise
        except FileNotFoundError as error:
            raise DataError(
                f'{error.filename} is missing, although {self.ann_file} names '
                'it. Complete the data set, or remove it from the list.'
            ) from None
        except ElementTree.ParseError as error:
            raise DataError(
                f'{path} is no XML ({error}). Replace it, or remove it from '
                f'{self.ann_file}.'
            ) from error
        except (
            AttributeError, OverflowError, TypeError, ValueError
        ) as error:  # fmt: skip
            raise DataError(
                f'{path}: an object has no name, or its box or <difficult> '
                f'lacks a number, or the image has no <size> ({error}).'
            ) from error
        size = image['width'], image['height']
        if min(size) < 1:
            raise DataError(
                f'{path}: <size> says that the image is {size[0]}x{size[1]}. '
                'Correct it, or remove it to have the image looked at.'
            )
        if not self.backend_args and not os.path.isfile(image['img_path']):
            raise DataError(
                f'{image["img_path"]} is missing, although {self.ann_file} '
                'names it. Complete the data set, or give the ending of its '
                'images as img_suffix.'
            )
        kept = [x for x in image['instances'] if _has_area(x['bbox'], size)]
        self.num_empty_boxes += len(image['instances']) - len(kept)
        image['instances'] = kept
        return image

    def _parse_instance_info(
        self, raw_ann_info: ElementTree.ElementTree, minus_one: bool = True
    ) -> list[dict]:
        """Refuse unknown classes."""
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
        return super()._parse_instance_info(raw_ann_info, minus_one)

    def _check_names(self) -> None:
        """Check the list of images."""
        seen = set()
        names = list_from_file(self.ann_file, backend_args=self.backend_args)
        for number, name in enumerate(names, 1):
            if not name or name.split() != [name] or name in seen:
                problem = 'is there twice' if name in seen else 'is no name'
                raise DataError(
                    f'{self.ann_file}, line {number}: {name!r} {problem}. '
                    'The names of images are wanted, one a line, without '
                    'their endings.'
                )
            seen.add(name)


def _has_area(bbox: list[int], size: tuple[int, int]) -> bool:
    """Whether anything of a box is inside of an image (width, height)."""
    left, top, right, bottom = bbox
    width, height = size
    return min(right, width) > max(left, 0) and (
        min(bottom, height) > max(top, 0)
    )
