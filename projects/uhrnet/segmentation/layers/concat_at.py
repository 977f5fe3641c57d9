"""Maps of several resolutions, brought to one of them."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from uhrnet.models.layers import resize_like


def concat_at(target: Tensor, maps: Sequence[Tensor]) -> Tensor:
    """Concatenate channels of maps at the height and width of ``target``.

    Finer maps are averaged, coarser ones resized bilinearly.
    """
    return torch.cat([_bring(x, target) for x in maps], dim=1)


def _bring(x: Tensor, target: Tensor) -> Tensor:
    (height, width), size = x.shape[-2:], target.shape[-2:]
    if (height, width) == size:
        return x
    if height > size[0] or width > size[1]:
        return F.adaptive_avg_pool2d(x, size)
    return resize_like(x, target)
