"""Stop, or pass over a step, when numbers are no numbers."""

import math
from typing import Any, NamedTuple

import torch
from mmengine.dist import (
    all_gather_object,
    all_reduce,
    get_rank,
    get_world_size,
)
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor

from uhrnet.errors import TrainingError

from .safe_checkpoint import each_wrapper, is_step_done

# In the message hub, and so in checkpoints.
SKIPS = 'skipped_steps'
_SHOWN = 5


class Finding(NamedTuple):
    """What a process saw in an iteration."""

    rank: int
    losses: str
    gradients: str
    images: str

    def __str__(self) -> str:
        text = self.losses or (
            f'the losses are finite, and the norms of {self.gradients} are not'
        )
        process = f' of rank {self.rank}' if get_world_size() > 1 else ''
        return f'{text}. Images of the batch{process}: {self.images}'


@HOOKS.register_module()
class FiniteHook(Hook):
    """Look whether losses and gradients are finite at every step.

    A training with a loss of NaN goes on without learning, and with one
    gradient of NaN has lost its weights. No checkpoint is saved any more
    when that happens, so the last one is good.

    A step that is passed over leaves the weights and the statistics of norms
    as they were. Under :class:`AmpOptimWrapper` infinite gradients are the
    loss scaling's business, which passes over such steps itself; only losses
    are looked at.

    Args:
        max_skips: So many steps of a training may be passed over before it
            stops. On a GPU the check then waits for each step's gradients,
            and several processes tell each other.

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
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        # Looking for them takes longer than looking at them.
        self.parameters = dict(model.named_parameters())
        self.buffers = dict(model.named_buffers())
        self.skips = runner.message_hub.runtime_info.get(SKIPS, 0)
        self.findings: list[Finding] = []
        self.names: tuple[str, ...] = ()
        self.loss: Tensor | None = None
        self.norms: Tensor | None = None
        for wrapper in each_wrapper(runner.optim_wrapper):
            if not isinstance(wrapper, AmpOptimWrapper):
                self._watch(wrapper)

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Keep what a forward pass with NaN would destroy."""
        if self._may_skip():
            self.kept = {k: x.clone() for k, x in self.buffers.items()}

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Stop, or say what was passed over."""
        losses, gradients = _bad_losses(outputs or {}), self._bad_gradients()
        if losses or gradients:
            images = ', '.join(_images(data_batch)) or 'unknown'
            finding = Finding(get_rank(), losses, gradients, images)
            self.findings.append(finding)
        if self._may_skip():
            self._pass_over(runner)
        elif self.findings:
            raise TrainingError(
                f'iteration {runner.iter + 1}: {_told(self.findings[-1])}. '
                'Look at these images and labels with '
                'tools/misc/check_dataset.py, '
                'lower the learning rate or clip gradients '
                '(optim_wrapper.clip_grad). The last checkpoint is from '
                'before; to pass over such steps: FiniteHook(max_skips)'
            )
        self.norms = None

    def _pass_over(self, runner: Runner) -> None:
        """Undo the norms, and count steps: with accumulation, of several."""
        bad = torch.tensor(len(self.findings))
        all_reduce(bad, 'max')
        if not bad:
            return
        with torch.no_grad():
            for name, buffer in self.buffers.items():
                buffer.copy_(self.kept[name])
        if not is_step_done(runner):
            return
        self.skips += 1
        runner.message_hub.update_info(SKIPS, self.skips)
        for finding in self.findings:
            runner.logger.warning(
                f'iteration {runner.iter + 1}: {finding}. Step passed over '
                f'({self.skips} of {self.max_skips})'
            )
        self.findings = []

    def _watch(self, wrapper: OptimWrapper) -> None:
        """Look before each step, and leave it out if that may be."""
        update, step = wrapper.update_params, wrapper.step

        def watched_update(loss: Tensor, *args: Any, **kwargs: Any) -> None:
            self.loss = loss.detach()
            update(loss, *args, **kwargs)

        def watched_step(**kwargs: Any) -> None:
            self._measure()
            if not (self._may_skip() and self._is_bad_anywhere()):
                step(**kwargs)

        wrapper.update_params, wrapper.step = watched_update, watched_step

    def _is_bad_anywhere(self) -> bool:
        """Whether a process had a bad number since the last step."""
        bad = bool(self.findings or self._bad_gradients())
        if self.loss is not None:
            bad |= not self.loss.isfinite()
        told = torch.tensor(int(bad))
        all_reduce(told, 'max')
        return bool(told)

    def _may_skip(self) -> bool:
        return self.skips < self.max_skips

    def _measure(self) -> None:
        """Take the norm of each gradient, without waiting for a GPU.

        It costs less than any other look at all numbers. Those above 1e19
        have no finite norm either, and are of no more use.
        """
        found = {
            name: parameter.grad
            for name, parameter in self.parameters.items()
            if parameter.grad is not None
        }
        self.names = tuple(found)
        self.norms = torch.stack(torch._foreach_norm(list(found.values())))

    def _bad_gradients(self) -> str:
        if self.norms is None or self.norms.isfinite().all():
            return ''
        good = self.norms.isfinite().tolist()
        bad = [name for name, x in zip(self.names, good, strict=True) if not x]
        more = f' and {len(bad) - _SHOWN} more' if len(bad) > _SHOWN else ''
        return f'the gradients of {", ".join(bad[:_SHOWN])}{more}'


def _told(finding: Finding) -> str:
    """Say whose fault it is: gradients are those of all processes."""
    findings = [finding]
    if finding.gradients:
        # So all processes are here.
        findings = all_gather_object(finding)
        findings = [x for x in findings if x.losses] or findings
    return '; '.join(map(str, findings))


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


def _images(data_batch: Any) -> list[str]:
    samples = ()
    if isinstance(data_batch, dict):
        samples = data_batch.get('data_samples') or ()
    paths = (getattr(sample, 'img_path', None) for sample in samples)
    return [str(path) for path in paths if path]
