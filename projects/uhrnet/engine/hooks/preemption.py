"""Stop when a cluster asks for it, with nothing lost."""

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import torch
from mmengine.dist import all_reduce, get_world_size, is_main_process
from mmengine.hooks import EMAHook, Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from uhrnet.errors import ConfigError

from ..loops.resumable import VALIDATED
from .safe_checkpoint import SafeCheckpointHook, is_step_done

# Windows has no SIGUSR1.
SIGNALS = tuple(
    getattr(signal, name)
    for name in ('SIGTERM', 'SIGUSR1')
    if hasattr(signal, name)
)
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
        self._is_listening = False
        self._previous = {}

    def before_train(self, runner: Runner) -> None:
        """Begin to listen."""
        self.checkpoints = find_checkpoint_hook(runner)
        if threading.current_thread() is not threading.main_thread():
            runner.logger.warning(
                'Signals reach the main thread alone, and this training is '
                'in another: SIGTERM will end it without a checkpoint'
            )
            return
        self._is_listening = True
        self._previous = {x: signal.signal(x, self._note) for x in SIGNALS}
        for loop in (runner.train_loop, runner.val_loop):
            if loop is not None:
                loader = loop.dataloader
                loader.worker_init_fn = functools.partial(
                    make_deaf, loader.worker_init_fn
                )

    def leave_train(self, runner: Runner) -> None:
        """Listen no more, at the end or at an error."""
        self._is_listening = False
        # The first of several to leave lets srun end the others, who are
        # about to leave with the code that asks for another start.
        leaving = self.signal and get_world_size() > 1
        for number, handler in self._previous.items():
            signal.signal(number, signal.SIG_IGN if leaving else handler)

    def after_train_iter(
        self, runner: Runner, *args: object, **kwargs: object
    ) -> None:
        """Stop if any process was told to, behind a step."""
        # Gradients that wait for others would be lost.
        if is_step_done(runner) and self._is_anyone_told():
            self._save(runner, runner.iter + 1)
            raise Preempted

    def after_val_iter(
        self, runner: Runner, *args: object, **kwargs: object
    ) -> None:
        """Save at once, as nothing changes any more before the next step."""
        if not self.signal or self._has_saved:
            return
        alone = get_world_size() == 1
        if alone or is_main_process():
            runner.message_hub.update_info(VALIDATED, None)
            with trained_weights(runner):
                self._save(runner, runner.iter)
            self._has_saved = True
        if alone:
            raise Preempted

    def after_val_epoch(
        self, runner: Runner, metrics: dict | None = None
    ) -> None:
        """Stop if any process was told to during a validation."""
        if self._is_listening and self._is_anyone_told():
            runner.message_hub.update_info(VALIDATED, runner.iter)
            self._save(runner, runner.iter)
            raise Preempted

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        self.signal = number

    def _is_anyone_told(self) -> bool:
        number = torch.tensor(int(self.signal))
        all_reduce(number, 'max')
        self.signal = int(number)
        return self.signal > 0

    def _save(self, runner: Runner, iterations: int) -> None:
        path = self.checkpoints.save_now(runner, iterations)
        runner.logger.warning(
            f'{signal.Signals(self.signal).name}: saved {path} after '
            f'iteration {iterations}, and stopping with exit code {EXIT_CODE}'
            '. Go on with --resume'
        )


def make_deaf(then: Callable | None, worker: int) -> None:
    """Let a process that loads data hear its parent alone.

    Slurm, torchrun and ``timeout`` tell all processes of a job, and without
    samples no iteration is finished. As the ``worker_init_fn`` of a
    dataloader, this comes after torch has set handlers of its own.

    Args:
        then: The ``worker_init_fn`` there was.
        worker: Its number.
    """
    # macOS does not tell who sent a signal.
    if hasattr(signal, 'sigwaitinfo'):
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        threading.Thread(target=_hear_parent, daemon=True).start()
    if then is not None:
        then(worker)


def _hear_parent() -> None:
    while signal.sigwaitinfo(SIGNALS).si_pid != os.getppid():
        pass
    os._exit(0)


@contextmanager
def trained_weights(runner: Runner) -> Iterator[None]:
    """Put the weights back where a validation takes their averages."""
    hooks = [x for x in runner.hooks if isinstance(x, EMAHook)]
    for hook in hooks:
        hook._swap_ema_parameters()
    try:
        yield
    finally:
        for hook in hooks:
            hook._swap_ema_parameters()


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
