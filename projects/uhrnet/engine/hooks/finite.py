"""Stop, or pass over a step, when numbers are no numbers."""

import math
from typing import Any

import torch
from mmengine.dist import get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor, nn

from uhrnet.errors import TrainingError

# In the message hub, and so in checkpoints.
SKIPS = 'skipped_steps'
_SHOWN = 5


@HOOKS.register_module()
class FiniteHook(Hook):
    """Look whether losses and gradients are finite at every step.

    A training with a loss of NaN goes on without learning, and with one
    gradient of NaN has lost its weights. No checkpoint is saved any more
    when that happens, so the last one is good.

    Under :class:`AmpOptimWrapper` infinite gradients are the loss scaling's
    business, which passes over such steps; only losses are looked at.

    Args:
        max_skips: So many steps of a training may be passed over before it
            stops. On a GPU the check then waits for each step's gradients.

    Raises:
        TrainingError: Names the losses or the parameters, the iteration and
            the images of the batch.
    """

    # In front of those that average weights, log and save.
    priority = 'ABOVE_NORMAL'

    def __init__(self, max_skips: int = 0) -> None:
        self.max_skips = max_skips

    def before_train(self, runner: Runner) -> None:
        """Watch the steps of the optimiser."""
        self.skips = runner.message_hub.runtime_info.get(SKIPS, 0)
        self.names: tuple[str, ...] = ()
        self.norms: Tensor | None = None
        self._watch(runner.optim_wrapper, runner.model)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Stop, or say what was passed over."""
        problem = _bad_losses(outputs or {}) or self._bad_gradients()
        self.norms = None
        if not problem:
            return
        message = (
            f'iteration {runner.iter + 1}: {problem}. Images of the batch'
            f'{_process()}: {", ".join(_images(data_batch)) or "unknown"}.'
        )
        if self.skips >= self.max_skips:
            raise TrainingError(
                f'{message} Look at these images and labels with '
                'tools/misc/check_dataset.py, lower the learning rate or clip '
                'gradients (optim_wrapper.clip_grad). The last checkpoint is '
                'from before; to pass over such steps: FiniteHook(max_skips)'
            )
        self.skips += 1
        runner.message_hub.update_info(SKIPS, self.skips)
        runner.logger.warning(
            f'{message} Step passed over ({self.skips} of {self.max_skips})'
        )

    def _watch(self, wrapper: OptimWrapper, model: nn.Module) -> None:
        """Look before each step, and skip it if that may be."""
        update, step = wrapper.update_params, wrapper.step
        named = dict(model.named_parameters())
        scaled = isinstance(wrapper, AmpOptimWrapper)

        def watched_update(loss: Tensor, *args: Any, **kwargs: Any) -> None:
            self.loss = loss.detach()
            update(loss, *args, **kwargs)

        def watched_step(**kwargs: Any) -> None:
            if not scaled:
                self._measure(named)
            if self.skips < self.max_skips and (
                not self.loss.isfinite() or self._bad_gradients()
            ):
                return
            step(**kwargs)

        wrapper.update_params, wrapper.step = watched_update, watched_step

    def _measure(self, named: dict[str, nn.Parameter]) -> None:
        """Take the norm of each gradient, without waiting for a GPU.

        It costs less than any other look at all numbers. Those above 1e19
        have no finite norm either, and are of no more use.
        """
        found = {k: x.grad for k, x in named.items() if x.grad is not None}
        self.names = tuple(found)
        self.norms = torch.stack(torch._foreach_norm(list(found.values())))

    def _bad_gradients(self) -> str:
        if self.norms is None or self.norms.isfinite().all():
            return ''
        good = self.norms.isfinite().tolist()
        bad = [name for name, x in zip(self.names, good, strict=True) if not x]
        more = f' and {len(bad) - _SHOWN} more' if len(bad) > _SHOWN else ''
        return (
            'the losses are finite, and the norms of the gradients of '
            f'{", ".join(bad[:_SHOWN])}{more} are not'
        )


def _bad_losses(outputs: dict) -> str:
    values = {
        name: torch.as_tensor(value).detach().sum().item()
        for name, value in outputs.items()
        if 'loss' in name
    }
    bad = [
        f'{name} is {value}'
        for name, value in values.items()
        if not math.isfinite(value)
    ]
    return ', '.join(bad)


def _images(data_batch: dict | None) -> list[str]:
    samples = (data_batch or {}).get('data_samples') or ()
    paths = (getattr(sample, 'img_path', None) for sample in samples)
    return [str(path) for path in paths if path]


def _process() -> str:
    """Name the process, as each of several has a batch of its own."""
    return f' of rank {get_rank()}' if get_world_size() > 1 else ''
