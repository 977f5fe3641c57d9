"""The scale-invariant loss of logarithms of depth."""

import torch
from mmseg.registry import MODELS
from torch import Tensor, nn

from uhrnet.errors import ConfigError

from .all_processes import sum_over_processes

# Of the square root's argument. Above, its gradient is bounded; below, 0.
SMALLEST = 1e-12


@MODELS.register_module()
class SigLoss(nn.Module):
    """Scale-invariant loss, ``sqrt(var(g) + 0.15 mean(g)^2)``.

    ``g`` is the difference of logarithms at the pixels with ground truth, of
    all images of a batch together, those of all processes: several train as
    one with the whole batch does. Gradients are finite for every finite
    prediction: a perfect one, one below 0, which counts as 0, with one pixel
    of ground truth and with none, where the loss is 0.

    Source: Eigen et al., arXiv 1406.2283, section 3.2; with weights 0.15 and
    10 Lee et al. (BTS), arXiv 1907.10326, section 3.3, as
    ``10 sqrt(mean(g^2) - 0.85 mean(g)^2)``, which is the same.

    Args:
        max_depth: Pixels of larger ground truth do not count, in metres;
            None for all.
        warm_up_iters: For so many training steps only the second term
            counts, the scale of a scene.
        loss_weight: Factor.
        eps: Added to depths before the logarithm, in metres.
        loss_name: Its name in the log.

    Raises:
        ConfigError: If prediction and ground truth differ in shape.
    """

    def __init__(
        self,
        max_depth: float | None = None,
        warm_up_iters: int = 0,
        loss_weight: float = 10.0,
        eps: float = 1e-3,
        loss_name: str = 'loss_depth',
    ) -> None:
        super().__init__()
        self.max_depth = max_depth
        self.warm_up_iters = warm_up_iters
        self.loss_weight = loss_weight
        self.eps = eps
        self.loss_name = loss_name
        if warm_up_iters:
            # Saved with the model, so that a resumed training goes on.
            self.register_buffer(
                'num_steps', torch.zeros((), dtype=torch.long)
            )

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Compare depths (N, 1, H, W) in metres.

        A target of 0 or below, infinite or not a number is unknown.
        """
        if prediction.shape != target.shape:
            raise ConfigError(
                f'depth is predicted as {tuple(prediction.shape)} and known '
                f'as {tuple(target.shape)}'
            )
        valid = (target > 0) & target.isfinite()
        if self.max_depth is not None:
            valid &= target <= self.max_depth
        # float16 has no room for squares of sums over a batch.
        prediction, target = prediction.float(), target.float()
        g = torch.log(prediction[valid].clamp(min=0) + self.eps)
        g = g - torch.log(target[valid] + self.eps)
        count = sum_over_processes(g.new_tensor(len(g)))
        if not count:
            return prediction.sum() * 0

        mean = sum_over_processes(g.sum()) / count
        scale = 0.15 * mean.square()
        spread = 0
        if not self._is_warming_up():
            spread = sum_over_processes((g - mean).square().sum()) / count
        return self.loss_weight * (spread + scale).clamp(min=SMALLEST).sqrt()

    def _is_warming_up(self) -> bool:
        """Whether this is one of the first steps; count it in training."""
        if not self.warm_up_iters:
            return False
        early = bool(self.num_steps < self.warm_up_iters)
        if self.training:
            self.num_steps += 1
        return early
