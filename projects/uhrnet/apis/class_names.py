"""What a model tells apart: how many classes, their names and colours."""

from typing import Any

import cv2
import numpy as np
from torch import nn


def class_count(model: nn.Module) -> int:
    """Return what a segmentor or detector tells apart, by its last head."""
    if hasattr(model, 'decode_head'):
        return model.num_classes
    head = getattr(model, 'bbox_head', None)
    if head is None:
        heads = getattr(model, 'roi_head', model.rpn_head)
        head = getattr(heads, 'bbox_head', heads)
    head = head[-1] if isinstance(head, nn.ModuleList) else head
    return head.num_classes


def names_for(classes: Any, number: int) -> tuple[str, ...]:
    """Return the names of classes, numbers if a checkpoint has others."""
    if isinstance(classes, list | tuple) and len(classes) == number:
        return tuple(str(name) for name in classes)
    return tuple(f'class {index}' for index in range(number))


def colors_for(palette: Any, number: int) -> list[tuple[int, int, int]]:
    """Return an RGB colour for each class, also where a data set has none.

    Args:
        palette: Of the data set. Checkpoints of mmdetection may have a word
            there.
        number: Of classes.
    """
    if isinstance(palette, list | tuple) and len(palette) == number:
        return [tuple(int(x) for x in color) for color in palette]
    # hues apart by the golden angle, so that neighbours differ
    hues = (np.arange(number) * 137.508 / 2 % 180).astype(np.uint8)
    hsv = np.stack([hues, *np.full((2, number), 230, np.uint8)], -1)
    if not number:
        return []
    colors = cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0]
    return [tuple(color) for color in colors.tolist()]
