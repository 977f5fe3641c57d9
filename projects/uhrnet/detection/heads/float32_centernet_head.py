"""CenterNet's head for mixed precision and any memory format."""

from mmdet.models.dense_heads import CenterNetHead
from mmdet.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class Float32CenterNetHead(CenterNetHead):
    """mmdetection's ``CenterNetHead`` whose results are float32.

    The original's loss guards its logarithms by 1e-12, which is 0 in float16,
    so that mixed precision ends in NaN as soon as a logit is above 8. And it
    takes the largest scores by ``view``, which fails on maps in channels_last.
    Takes the original's arguments and has its parameters.
    """

    def forward_single(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map (N, C, H, W) to scores, sizes and offsets at every position."""
        logits, sizes, offsets = (
            head(x).float().contiguous()
            for head in (self.heatmap_head, self.wh_head, self.offset_head)
        )
        return logits.sigmoid(), sizes, offsets
