"""Maps of several resolutions, brought to one of them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from uhrnet.models.layers import resize_like

from .average_to import average_to


def concat_at(
    top: int, indices: Sequence[int], maps: Sequence[Tensor]
) -> Tensor:
    """Concatenate channels of maps at the height and width of one of them.

    Args:
        top: Position of the map whose size is taken.
        indices: Positions of the maps to concatenate. Those before ``top``,
            finer ones, are averaged, those after it resized bilinearly.
        maps: From the finest, (N, C, H, W), to the coarsest.
    """
    target = maps[top]
    size = target.shape[-2:]
    parts = []
    for i in indices:
        if i < top:
            parts.append(average_to(maps[i], size))
        elif i > top:
            parts.append(resize_like(maps[i], target))
        else:
            parts.append(target)
    return torch.cat(parts, dim=1)
