"""Areas of classes counted in integers, in one pass over the pixels."""

import torch
from mmseg.evaluation import IoUMetric
from mmseg.registry import METRICS
from torch import Tensor

from uhrnet.errors import ConfigError


@METRICS.register_module()
class ExactIoUMetric(IoUMetric):
    """``IoUMetric`` that counts pairs of classes; takes its arguments.

    The host takes three histograms of each image in float32 and adds them up
    over the images in float32, exact up to 2**24 pixels of a class. Here
    counts and sums are integers.
    """

    @staticmethod
    def intersect_and_union(
        pred_label: Tensor,
        label: Tensor,
        num_classes: int,
        ignore_index: int | None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Count the pixels of each class.

        Args:
            pred_label: Predicted classes (H, W), on any device.
            label: True classes (H, W).
            num_classes: Number K of classes. Pixels that have another true
                class count for the predicted one alone, and vice versa.
            ignore_index: True class of pixels that do not count, if any.

        Returns:
            Of each class (K,) the areas of the intersection, of the union,
            of the prediction and of the truth, int64 on the CPU.

        Raises:
            ConfigError: If prediction and truth differ in size.
        """
        if pred_label.shape != label.shape:
            raise ConfigError(
                f'a prediction of size {tuple(pred_label.shape)} and labels '
                f'of size {tuple(label.shape)} cannot be compared: load the '
                'annotations after resizing, or not resized'
            )
        # first and last are for what is none of the classes
        side = num_classes + 2
        pairs = _indices(label, num_classes).mul_(side)
        pairs += _indices(pred_label, num_classes)
        # Ignored pixels get an index of their own: to leave them out of
        # both maps takes longer than all the rest.
        if ignore_index is not None:
            pairs = torch.where(label == ignore_index, side * side, pairs)
        counts = pairs.flatten().bincount(minlength=side * side + 1)
        # one copy from the device for an image
        counts = counts[:-1].view(side, side).cpu()
        intersection = counts.diagonal()[1:-1].clone()
        predicted = counts.sum(dim=0)[1:-1]
        true = counts.sum(dim=1)[1:-1]
        return intersection, predicted + true - intersection, predicted, true


def _indices(labels: Tensor, num_classes: int) -> Tensor:
    """Map classes 0 to K - 1 to 1 to K, and others to 0 and K + 1."""
    indices = labels.to(torch.int32, copy=True)
    return indices.clamp_(-1, num_classes).add_(1)
