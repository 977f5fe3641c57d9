"""Mixed precision without loss scaling, on CPU as well as on GPU."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from mmengine.runner.amp import autocast
from torch import nn


@OPTIM_WRAPPERS.register_module()
class Bf16OptimWrapper(OptimWrapper):
    """Run the forward pass in bfloat16 where autocast deems that safe.

    bfloat16 has the range of float32, so gradients need no scaling. mmengine's
    ``AmpOptimWrapper`` is for float16 and refuses to work on a CPU; use that
    on GPUs older than Ampere.
    Takes the arguments of ``OptimWrapper``.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Enable autocast for a forward pass of ``model``."""
        with super().optim_context(model), autocast(dtype=torch.bfloat16):
            yield
