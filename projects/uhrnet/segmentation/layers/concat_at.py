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
    size = target.shape[-2:]
    return torch.cat(
        [
            F.adaptive_avg_pool2d(x, size)
            if x.shape[-2] > size[0] or x.shape[-1] > size[1]
            else resize_like(x, target)
            for x in maps
        ],
        dim=1,
    )
