"""How far a run is, in a terminal."""

import atexit
import logging
import sys

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# Drawn this often at most, by a thread, whatever a step takes.
_PER_SECOND = 2
# Seconds of which the speed is the mean.
_PERIOD = 120.0


@HOOKS.register_module()
class ProgressHook(Hook):
    """Draw a bar with the time that is left, below the lines of the log.

    Trainings, validations and tests have one each. Where the output is no
    terminal, nothing is drawn: the log has its lines, as ever. Of several
    processes the first one draws. A step only counts up a number; the loss
    is the one that mmengine has read already.

    Args:
        console: Where to draw; by default the terminal, if there is one.
    """

    # Behind the hooks that log.
    priority = 'LOWEST'

    def __init__(self, console: Console | None = None) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._streams: list[tuple[logging.StreamHandler, object]] = []
        self._tasks: dict[str, int] = {}

    def before_train(self, runner: Runner) -> None:
        """Begin to draw, at the iteration of a resumed training."""
        self._begin(runner, 'train', runner.max_iters, runner.iter)

    def before_val_epoch(self, runner: Runner) -> None:
        """Add the bar of a validation."""
        self._begin(runner, 'validate', len(runner.val_dataloader))

    def before_test_epoch(self, runner: Runner) -> None:
        """Begin to draw."""
        self._begin(runner, 'test', len(runner.test_dataloader))

    def after_train_iter(
        self, runner: Runner, *args: object, **kwargs: object
    ) -> None:
        """Count up."""
        if self._progress is not None:
            losses = runner.message_hub.log_scalars.get('train/loss')
            loss = f'loss {losses.current():.4g}' if losses else ''
            self._advance('train', completed=runner.iter + 1, loss=loss)

    def after_val_iter(
        self, runner: Runner, batch_idx: int, *args: object, **kwargs: object
    ) -> None:
        """Count up."""
        self._advance('validate', completed=batch_idx + 1)

    def after_test_iter(
        self, runner: Runner, batch_idx: int, *args: object, **kwargs: object
    ) -> None:
        """Count up."""
        self._advance('test', completed=batch_idx + 1)

    def after_val_epoch(
        self, runner: Runner, metrics: dict | None = None
    ) -> None:
        """Take the bar of a validation away."""
        self._end('validate')

    def after_test_epoch(
        self, runner: Runner, metrics: dict | None = None
    ) -> None:
        """Leave the terminal as it was."""
        self._end('test')

    def leave_train(self, runner: Runner) -> None:
        """Leave the terminal as it was, also at an error."""
        self._stop()

    def after_run(self, runner: Runner) -> None:
        """Leave the terminal as it was."""
        self._stop()

    def _begin(
        self, runner: Runner, name: str, total: int, done: int = 0
    ) -> None:
        """Add a bar, the first of them with all that belongs to it."""
        if self._progress is None and not self._start(runner):
            return
        self._tasks[name] = self._progress.add_task(
            name, total=total, completed=done, loss=''
        )

    def _start(self, runner: Runner) -> bool:
        """Draw from now on, if there is a terminal."""
        terminal = self._console is not None or sys.stdout.isatty()
        if not terminal or not is_main_process():
            return False
        console = self._console or Console()
        if console.is_dumb_terminal:
            return False
        self._progress = Progress(
            TextColumn('{task.description}'),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn('eta'),
            TimeRemainingColumn(elapsed_when_finished=False),
            TextColumn('{task.fields[loss]}'),
            console=console,
            refresh_per_second=_PER_SECOND,
            speed_estimate_period=_PERIOD,
        )
        stream = sys.stdout
        self._progress.start()
        # The handlers write to the stream that they have got, through a bar.
        for handler in runner.logger.handlers:
            if getattr(handler, 'stream', None) is stream:
                self._streams.append((handler, handler.setStream(sys.stdout)))
        atexit.register(self._stop)
        return True

    def _advance(self, name: str, **state: object) -> None:
        if name in self._tasks:
            self._progress.update(self._tasks[name], **state)

    def _end(self, name: str) -> None:
        """Take a bar away; with the last one all ends."""
        if name in self._tasks:
            self._progress.remove_task(self._tasks.pop(name))
            if not self._tasks:
                self._stop()

    def _stop(self) -> None:
        if self._progress is None:
            return
        self._progress.stop()
        for handler, stream in self._streams:
            handler.setStream(stream)
        self._streams, self._tasks, self._progress = [], {}, None
        atexit.unregister(self._stop)
