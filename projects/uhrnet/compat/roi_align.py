"""RoIAlign, forward and backward, without compiled extensions.

The functions take the place of those of the same name in ``mmcv._ext``
(facts from mmcv 2.1.0, ``ops/csrc/pytorch/cpu/roi_align.cpp``): same
arguments, same errors. The work is left to torchvision, whose kernels only
average, or else to :mod:`.roi_align_avg` and :mod:`.roi_align_max`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .mmcv_ext import torchvision_ops
from .roi_align_avg import average_pool, average_pool_backward
from .roi_align_max import max_pool, max_pool_backward
from .roi_align_samples import sample_bins


def roi_align_forward(
    input: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Pool each RoI into a grid of bins by bilinear interpolation.

    Half precision is computed in float32.

    Args:
        input: ``(N, C, H, W)`` features.
        rois: ``(R, 5)`` RoIs as ``image, x1, y1, x2, y2`` in pixels.
        output: ``(R, C, PH, PW)``, overwritten.
        argmax_y: As ``output``, filled by max pooling with the position of
            the maximum, -1 if there is none; unused by average pooling.
        argmax_x: The same along x.
        aligned_height: Number of bins ``PH``.
        aligned_width: Number of bins ``PW``.
        spatial_scale: Feature cells per pixel, the inverse of the stride.
        sampling_ratio: Samples per bin and axis; 0 for one per cell.
        pool_mode: 0 max, 1 average.
        aligned: Shift by half a cell, as cell centres require. If False,
            RoIs are enlarged to one cell at least.

    Raises:
        RuntimeError: If an aligned RoI has a negative size (CPU only).
        IndexError: If a RoI belongs to no image (CPU only).
    """
    if rois.numel() == 0 or output.numel() == 0:
        return
    features = _real(input)
    rois = rois.to(features.dtype)
    size = aligned_height, aligned_width
    scale = float(np.float32(spatial_scale))  # received as a C float
    _check(rois, input.size(0), scale, aligned)
    ops = torchvision_ops(input.device.type)
    if pool_mode == 1 and ops is not None:
        output.copy_(
            ops.roi_align(
                features, rois, scale, *size, sampling_ratio, aligned
            )
        )
        return
    groups = sample_bins(rois, size, scale, sampling_ratio, aligned)
    if pool_mode == 1:
        average_pool(features, groups, output)
    else:
        max_pool(features, groups, output, argmax_y, argmax_x)


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Add the gradient with respect to the features.

    Args:
        grad_output: ``(R, C, PH, PW)`` gradient of the pooled features.
        rois: ``(R, 5)`` RoIs given to the forward pass.
        argmax_y: Positions from max pooling.
        argmax_x: The same along x.
        grad_input: ``(N, C, H, W)``, added to.
        aligned_height: As in the forward pass, like all that follow.
        aligned_width: See above.
        spatial_scale: See above.
        sampling_ratio: See above.
        pool_mode: See above.
        aligned: See above.

    Raises:
        RuntimeError: If an aligned RoI has a negative size (CPU only).
        IndexError: If a RoI belongs to no image (CPU only).
    """
    if rois.numel() == 0 or grad_output.numel() == 0:
        return
    grad = _real(grad_output)
    rois = rois.to(grad.dtype)
    size = aligned_height, aligned_width
    scale = float(np.float32(spatial_scale))
    _check(rois, grad_input.size(0), scale, aligned)
    if pool_mode == 0:
        images = rois[:, 0].long()
        max_pool_backward(grad, images, argmax_y, argmax_x, grad_input)
        return
    ops = torchvision_ops(grad.device.type)
    if ops is not None:
        grad_input += ops._roi_align_backward(
            grad, rois, scale, *size, *grad_input.shape, sampling_ratio,
            aligned,
        )  # fmt: skip
        return
    groups = sample_bins(rois, size, scale, sampling_ratio, aligned)
    average_pool_backward(grad, groups, grad_input)


def _real(tensor: Tensor) -> Tensor:
    """The tensor in the precision of the computation."""
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def _check(rois: Tensor, num_images: int, scale: float, aligned: bool) -> None:
    """Refuse what the compiled kernel refuses or would crash on."""
    if rois.device.type != 'cpu':
        return  # as there, and no reason to wait for the device
    # Sizes as rounded by the kernel; a NaN is no size either.
    corners = rois[:, 1:] * scale - (0.5 if aligned else 0.0)
    if aligned and not (corners[:, 2:] - corners[:, :2] >= 0).all():
        raise RuntimeError('RoIs of RoIAlign must not have a negative size')
    images = rois[:, 0].long()
    if images.min() < 0 or images.max() >= num_images:
        raise IndexError(f'a RoI is of none of the {num_images} images')
