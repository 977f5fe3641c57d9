"""Stop when a cluster asks for it, with nothing lost."""

import os
import signal
from types import FrameType

import torch
from mmengine.dist import all_reduce, get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from uhrnet.errors import ConfigError

from ..loops.resumable import VALIDATED
from .safe_checkpoint import SafeCheckpointHook

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
# EX_TEMPFAIL of sysexits.h: try again later.
EXIT_CODE = 75


class Preempted(SystemExit):
    """A training that was told to stop and has saved its state.

    Its exit code is 75.
    """

    def __init__(self) -> None:
        super().__init__(EXIT_CODE)


@HOOKS.register_module()
class PreemptionHook(Hook):
    """Save and leave at SIGTERM or SIGUSR1, which Slurm sends.

    The iteration is finished, and with accumulated gradients the step; a
    checkpoint is saved, and the process ends with code 75. All processes of
    a job stop at the same iteration, whichever of them got the signal. In a
    validation a single process stops at once, several do so behind it (the
    first of them saves at once), and ``--resume`` validates again.

    Needs :class:`SafeCheckpointHook` and a resumable loop.

    Raises:
        Preempted: When the state is saved.
        ConfigError: If there is no ``SafeCheckpointHook``.
    """

    # Behind the hooks that log and save.
    priority = 'LOWEST'

    def __init__(self) -> None:
        self.signal = 0
        self._has_saved = False
        self._process = None
        self._previous = {}

    def before_train(self, runner: Runner) -> None:
        """Begin to listen."""
        self.checkpoints = find_checkpoint_hook(runner)
        self._process = os.getpid()
        self._previous = {x: signal.signal(x, self._note) for x in SIGNALS}

    def after_train(self, runner: Runner) -> None:
        """Listen no more."""
        self._stop_listening()

    def after_train_iter(
        self, runner: Runner, *args: object, **kwargs: object
    ) -> None:
        """Stop if any process was told to, behind a step."""
        wrapper = runner.optim_wrapper
        # Gradients that wait for others would be lost.
        if wrapper.should_update() and self._is_anyone_told():
            self._save(runner, runner.iter + 1)
            self._leave()

    def after_val_iter(
        self, runner: Runner, *args: object, **kwargs: object
    ) -> None:
        """Save at once, as nothing changes any more before the next step."""
        if not self.signal or self._has_saved:
            return
        alone = get_world_size() == 1
        if alone or is_main_process():
            runner.message_hub.update_info(VALIDATED, None)
            self._save(runner, runner.iter)
            self._has_saved = True
        if alone:
            self._leave()

    def after_val_epoch(
        self, runner: Runner, metrics: dict | None = None
    ) -> None:
        """Stop if any process was told to during a validation."""
        if self._process and self._is_anyone_told():
            runner.message_hub.update_info(VALIDATED, runner.iter)
            self._save(runner, runner.iter)
            self._leave()

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if os.getpid() != self._process:
            # A worker that loads data. Slurm tells it too, but its samples
            # are needed to finish; whoever tells it twice means it.
            signal.signal(number, signal.SIG_DFL)
            return
        self.signal = number

    def _is_anyone_told(self) -> bool:
        number = torch.tensor(int(self.signal))
        all_reduce(number, 'max')
        self.signal = int(number)
        return self.signal > 0

    def _leave(self) -> None:
        self._stop_listening()
        raise Preempted

    def _stop_listening(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _save(self, runner: Runner, iterations: int) -> None:
        path = self.checkpoints.save_now(runner, iterations)
        runner.logger.warning(
            f'{signal.Signals(self.signal).name}: saved {path} after '
            f'iteration {iterations}, and stopping with exit code {EXIT_CODE}'
            '. Go on with --resume'
        )


def find_checkpoint_hook(runner: Runner) -> SafeCheckpointHook:
    """Return the hook that saves checkpoints.

    Raises:
        ConfigError: If it is another one.
    """
    for hook in runner.hooks:
        if isinstance(hook, SafeCheckpointHook):
            return hook
    raise ConfigError(
        "PreemptionHook needs default_hooks.checkpoint.type='"
        "SafeCheckpointHook'"
    )
