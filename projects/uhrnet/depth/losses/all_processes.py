"""Sums over a batch that several processes share."""

from mmengine.dist import is_distributed
from torch import Tensor
from torch.distributed.nn.functional import all_reduce


def sum_over_processes(part: Tensor) -> Tensor:
    """Add a tensor up over all processes, with gradients.

    Each process goes backward from the whole sum, so its gradients are as
    many times too large as there are processes, and
    ``DistributedDataParallel`` divides by that when it averages them.

    Args:
        part: Of this process; of the same shape in all of them.

    Returns:
        The sum, the same in all processes.
    """
    return all_reduce(part) if is_distributed() else part
