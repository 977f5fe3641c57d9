"""Bilinear resizing to the size of another map."""

from torch import Tensor
from torch.nn import functional as F


def resize_like(x: Tensor, like: Tensor) -> Tensor:
    """Resize ``x`` bilinearly to the height and width of ``like``."""
    return F.interpolate(
        x, like.shape[-2:], mode='bilinear', align_corners=False
    )
