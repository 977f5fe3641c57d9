"""A head that maps features to metres."""

from collections.abc import Sequence

import torch
from mmseg.models.decode_heads import FCNHead
from mmseg.registry import MODELS
from mmseg.utils import SampleList
from torch import Tensor
from torch.nn import functional as F

from uhrnet.errors import ConfigError


@MODELS.register_module()
class DepthHead(FCNHead):
    """Convolutions of ``FCNHead``, one channel, and a range of depths.

    This project's choice, as the depth head of U-HRNet's paper (arXiv
    2210.07140) is not described: the representation that the authors use
    for segmentation, in front of the ranges of BTS (arXiv 1907.10326) and
    of the Monocular-Depth-Estimation-Toolbox.

    Args:
        max_depth: Largest depth, in metres: ``sigmoid(x) * max_depth``, which
            reaches neither end. Give this or ``min_depth``.
        min_depth: Smallest depth, in metres: ``relu(x) + min_depth``, not
            bounded above.
        loss_decode: Config of a loss of depths, see :class:`SigLoss`.
        **kwargs: As for ``FCNHead``.

    Raises:
        ConfigError: If not exactly one of both depths is given, or it is not
            positive; in training if the ground truth of a batch is missing.
    """

    def __init__(
        self,
        max_depth: float | None = None,
        min_depth: float | None = None,
        loss_decode: dict | None = None,
        **kwargs: object,
    ) -> None:
        given = [x for x in (max_depth, min_depth) if x is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ConfigError(
                'DepthHead needs either max_depth, for depths up to it, or '
                'min_depth, for depths from it on, in metres above 0, not '
                f'max_depth={max_depth} and min_depth={min_depth}'
            )
        super().__init__(
            num_classes=1,
            threshold=0.5,  # of a mask; without one the host warns
            loss_decode=loss_decode or dict(type='SigLoss'),
            **kwargs,
        )
        self.min_depth = min_depth
        self.max_depth = max_depth

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Map the backbone's maps to depths (N, 1, H, W) in metres.

        H and W are those of the first map.
        """
        # Metres in bfloat16 are right to one part in 256 alone.
        x = super().forward(inputs).float()
        if self.max_depth is not None:
            return torch.sigmoid(x) * self.max_depth
        return F.relu(x) + self.min_depth

    def loss_by_feat(
        self, seg_logits: Tensor, batch_data_samples: SampleList
    ) -> dict[str, Tensor]:
        """Compare depths, enlarged to the size of the ground truth."""
        if any('gt_depth_map' not in x for x in batch_data_samples):
            raise ConfigError(
                'a batch has images without gt_depth_map: LoadCheckedDepth '
                'in train_pipeline reads it'
            )
        truth = torch.stack([x.gt_depth_map.data for x in batch_data_samples])
        depth = self.enlarge(seg_logits, truth.shape[-2:])
        return {self.loss_decode.loss_name: self.loss_decode(depth, truth)}

    def enlarge(self, depth: Tensor, size: Sequence[int]) -> Tensor:
        """Resize depths (N, 1, H, W) bilinearly."""
        return F.interpolate(
            depth, size, mode='bilinear', align_corners=self.align_corners
        )
