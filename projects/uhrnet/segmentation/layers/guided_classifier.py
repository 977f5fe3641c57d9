"""HFGD's guidance: pixels are classified by kernels that others train."""

from torch import Tensor, nn
from torch.nn import functional as F


class GuidedClassifier(nn.Module):
    """Classifies a map by the kernels of another map's classifier.

    Following arXiv 2303.08646, the kernels are trained on high-level features
    alone; a map that has to be classified by them without changing them can
    only become like those features.

    Args:
        detach: Whether to keep gradients from the kernels.
    """

    def __init__(self, detach: bool) -> None:
        super().__init__()
        self.detach = detach

    def forward(self, x: Tensor, kernels: nn.Conv2d) -> Tensor:
        """Map (N, C, H, W) to (N, K, H, W), by 1x1 kernels of K classes."""
        weight, bias = kernels.weight, kernels.bias
        if self.detach:
            weight, bias = weight.detach(), bias.detach()
        return F.conv2d(x, weight, bias)

    def count_macs(self, x: Tensor, kernels: nn.Conv2d) -> int:
        """Return the multiply-adds of a forward pass."""
        return x[:, 0].numel() * kernels.weight.numel()
