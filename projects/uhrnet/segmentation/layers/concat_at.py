"""Maps of several resolutions, brought to one of them."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from uhrnet.models.layers import resize_like


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
            parts.append(F.adaptive_avg_pool2d(maps[i], size))
        elif i > top:
            parts.append(resize_like(maps[i], target))
        else:
            parts.append(target)
    return torch.cat(parts, dim=1)
