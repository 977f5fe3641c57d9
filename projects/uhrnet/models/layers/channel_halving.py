"""The parameter-free channel reduction of U-HRNet."""

from torch import Tensor


def halve_channels(x: Tensor) -> Tensor:
    """Average neighbouring channels, (0, 1), (2, 3), and so on.

    It is linear and acts on each pixel alone, so it commutes with bilinear
    resizing: halving first gives the same result for half the work.

    Source: ``AvgPool1d`` over channels in PaddleSeg's ``uhrnet.py``.

    Args:
        x: (N, C, H, W), C even.

    Returns:
        (N, C / 2, H, W), in the memory format of ``x``.
    """
    # A mean over a viewed (C / 2, 2) axis is ten times slower on CPU in
    # channels_last and comes back in the other memory format.
    return (x[:, 0::2] + x[:, 1::2]).mul_(0.5)
