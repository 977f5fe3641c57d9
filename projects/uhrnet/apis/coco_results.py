"""Boxes and masks in the form of COCO."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .predictions import DetectionPrediction


def coco_results(found: DetectionPrediction) -> dict:
    """Return what was found in an image as COCO's ``instances`` have it.

    Images and categories are numbered from 1 and described, so that the file
    explains itself; ``annotations`` have a ``score`` each, and are what
    pycocotools' ``loadRes`` takes.
    """
    height, width = found.image.shape[:2]
    image = dict(id=1, file_name=found.source, width=width, height=height)
    annotations = []
    for index, (left, top, right, bottom) in enumerate(found.boxes.tolist()):
        one = dict(
            id=index + 1,
            image_id=1,
            category_id=int(found.labels[index]) + 1,
            bbox=[left, top, right - left, bottom - top],
            area=(right - left) * (bottom - top),
            score=float(found.scores[index]),
            iscrowd=0,
        )
        if found.masks is not None:
            one['area'] = int(found.masks[index].sum())
            one['segmentation'] = run_lengths(found.masks[index])
        annotations.append(one)
    categories = [
        dict(id=index, name=name)
        for index, name in enumerate(found.classes, 1)
    ]
    return dict(images=[image], annotations=annotations, categories=categories)


def run_lengths(mask: np.ndarray) -> dict:
    """Return a mask (H, W) in COCO's compressed form, as plain text."""
    from pycocotools.mask import encode

    packed = encode(np.asfortranarray(mask, np.uint8))
    return dict(size=packed['size'], counts=packed['counts'].decode('ascii'))


def join_coco(parts: Iterable[dict]) -> dict:
    """Make one of the contents of several files, all of the same classes."""
    images, annotations, categories = [], [], []
    for part in parts:
        numbers = {}
        for image in part['images']:
            numbers[image['id']] = len(images) + 1
            images.append(image | dict(id=len(images) + 1))
        for one in part['annotations']:
            new = dict(
                id=len(annotations) + 1, image_id=numbers[one['image_id']]
            )
            annotations.append(one | new)
        categories = part['categories']
    return dict(images=images, annotations=annotations, categories=categories)
