"""Data sets of one's own in the layout of Pascal VOC."""

import os
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from mmdet.datasets import XMLDataset
from mmdet.registry import DATASETS
from mmengine.logging import print_log

from uhrnet.data_files import check_inside, read_file
from uhrnet.errors import DataError
from uhrnet.transforms.image_header import check_pixels
from uhrnet.transforms.image_loading import check_image

from .kept_images import check_kept
from .plain_xml import MAX_BYTES, check_plain_xml

# OpenCV's own limit for the side of an image.
_LARGEST = 2**20


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
            in a line, a name twice, or one that leads out of the folder; if
            an annotation or image is missing; if an annotation is no XML,
            declares entities, lacks a number or has one that no image has, or
            names a class that is not among those of the data set; or if no
            image has an object, unless it is a test without annotations
            (``test_mode``).
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
            content = read_file(
                path, self.backend_args, MAX_BYTES, self.ann_file
            )
            if not check_plain_xml(content, path)['size']:
                self._check_image(img_info)
            image = super().parse_data_info(img_info)
        except DataError:
            raise
        except (
            expat.ExpatError,
            ElementTree.ParseError,
            LookupError,
        ) as error:
            raise DataError(
                f'{path} is no XML ({error!s:.200}). Replace it, or remove it '
                f'from {self.ann_file}.'
            ) from error
        except (
            AttributeError, OverflowError, TypeError, ValueError
        ) as error:  # fmt: skip
            raise DataError(
                f'{path}: an object has no name, or its box or <difficult> '
                f'lacks a number, or the image has no <size> ({error!s:.200}).'
            ) from error
        size = image['width'], image['height']
        if min(size) < 1:
            raise DataError(
                f'{path}: <size> says that the image is {size[0]}x{size[1]}. '
                'Correct it, or remove it to have the image looked at.'
            )
        check_pixels(size[::-1], f'{path}: the image')
        boxes = [value for x in image['instances'] for value in x['bbox']]
        if max(map(abs, boxes), default=0) > _LARGEST:
            raise DataError(
                f'{path}: a box has the coordinate '
                f'{max(boxes, key=abs)!s:.50}, and no image has more than '
                f'{_LARGEST} pixels on a side. Correct it.'
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

    def _check_image(self, img_info: dict) -> None:
        """Check an image that will be decoded for its size."""
        path = os.path.join(self.sub_data_root, img_info['file_name'])
        content = read_file(path, self.backend_args, named_by=self.ann_file)
        check_image(content, path)

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
                    f'{root.findtext("filename")!r:.200} has an object of '
                    f'class {name!r:.200}, and the data set has the classes '
                    f'{", ".join(known)}. Add it to metainfo.classes, or to '
                    'passed_over to leave it out.'
                )
        return super()._parse_instance_info(raw_ann_info, minus_one)

    def _check_names(self) -> None:
        """Check the list of images."""
        seen = set()
        content = read_file(self.ann_file, self.backend_args)
        try:
            names = content.decode().splitlines()
        except UnicodeDecodeError as error:
            raise DataError(
                f'{self.ann_file} is no list of images ({error})'
            ) from None
        for number, name in enumerate(names, 1):
            check_inside(name, f'{self.ann_file}, line {number},')
            if not name or name.split() != [name] or name in seen:
                problem = 'is there twice' if name in seen else 'is no name'
                raise DataError(
                    f'{self.ann_file}, line {number}: {name!r:.200} '
                    f'{problem}. The names of images are wanted, one a line, '
                    'without their endings.'
                )
            seen.add(name)


def _has_area(bbox: list[int], size: tuple[int, int]) -> bool:
    """Whether anything of a box is inside of an image (width, height)."""
    left, top, right, bottom = bbox
    width, height = size
    return min(right, width) > max(left, 0) and (
        min(bottom, height) > max(top, 0)
    )
