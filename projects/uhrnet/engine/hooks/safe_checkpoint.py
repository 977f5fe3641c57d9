"""Checkpoints that no interruption takes away."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop, Runner

from uhrnet.checkpoint_file import UNFINISHED, write_whole

from ..resumption import INTERRUPTED, find_complete_checkpoint
from ..whole_files import NAME


class SaveError(OSError):
    """A checkpoint that could not be written."""


@HOOKS.register_module()
class SafeCheckpointHook(CheckpointHook):
    """``CheckpointHook`` that always leaves a complete checkpoint behind.

    mmengine writes into the file itself and removes old checkpoints before,
    so that a kill or a full disk can cost both. Here a file appears when it
    is complete, and the old ones go after that. ``--resume`` passes over
    damaged checkpoints, with a warning.

    Takes the arguments of ``CheckpointHook``. If ``out_dir`` is an address
    or ``backend_args`` are given, that storage writes as it does.

    Raises:
        SaveError: If a checkpoint cannot be written. It names the last one
            that was.
    """

    def __init__(
        self,
        *args: object,
        out_dir: str | None = None,
        backend_args: dict | None = None,
        **kwargs: object,
    ) -> None:
        if backend_args is None and '://' not in str(out_dir):
            backend_args = dict(backend=NAME)
        super().__init__(
            *args, out_dir=out_dir, backend_args=backend_args, **kwargs
        )

    def before_run(self, runner: Runner) -> None:
        """Choose the checkpoint of a training that is to be resumed."""
        # Only Runner.train has built its loop by now.
        if not isinstance(runner._train_loop, BaseLoop):
            return
        if runner._resume and runner._load_from is None:
            runner._load_from = find_complete_checkpoint(runner.work_dir)
            if runner._load_from is None:
                runner._resume = False
                runner.logger.info(
                    f'No checkpoint in {runner.work_dir}: starting anew.'
                )

    def before_train(self, runner: Runner) -> None:
        """Remove what a killed process was writing."""
        super().before_train(runner)
        if is_main_process() and '://' not in str(self.out_dir):
            for path in Path(self.out_dir).glob(f'.*{UNFINISHED}'):
                path.unlink(missing_ok=True)

    def save_now(self, runner: Runner, iterations: int) -> str:
        """Save the state of a training that has to stop.

        The next ordinary checkpoint takes its place.

        Args:
            runner: Of the training.
            iterations: Iterations that are done.

        Returns:
            The file, ``interrupted.pth``.
        """
        path = self.file_backend.join_path(self.out_dir, INTERRUPTED)
        with self._explained(runner):
            runner.save_checkpoint(
                self.out_dir,
                INTERRUPTED,
                meta=dict(epoch=runner.epoch, iter=iterations),
                by_epoch=self.by_epoch,
                backend_args=self.backend_args,
            )
            if is_main_process():
                write_whole(
                    Path(runner.work_dir) / 'last_checkpoint',
                    lambda file: file.write(path.encode()),
                )
        return path

    def _save_checkpoint_with_step(
        self, runner: Runner, step: int, meta: dict
    ) -> None:
        with self._removing_last(), self._explained(runner):
            super()._save_checkpoint_with_step(runner, step, meta)
            interrupted = self.file_backend.join_path(
                self.out_dir, INTERRUPTED
            )
            if is_main_process() and self.file_backend.isfile(interrupted):
                self.file_backend.remove(interrupted)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        # A validation without a training has nothing to save.
        if self.out_dir is None:
            return
        with self._removing_last(), self._explained(runner):
            super()._save_best_checkpoint(runner, metrics)

    @contextmanager
    def _removing_last(self) -> Iterator[None]:
        """Put off the removal of files until new ones are complete."""
        backend = self.file_backend
        self.file_backend = put_off = _PutOffRemoval(backend)
        try:
            yield
        finally:
            self.file_backend = backend
        put_off.finish()

    @contextmanager
    def _explained(self, runner: Runner) -> Iterator[None]:
        """Say what is left if a file cannot be written."""
        previous = self.last_ckpt or runner._load_from
        try:
            yield
        except SaveError:
            raise
        except OSError as error:
            intact = previous and os.path.isfile(previous)
            raise SaveError(
                f'{error}. '
                + (f'{previous} is intact: ' if intact else '')
                + 'make room, then go on with --resume'
            ) from error


class _PutOffRemoval:
    """A storage that notes what is to be removed."""

    def __init__(self, backend: object) -> None:
        self.backend = backend
        self.calls: list[tuple[Callable, str]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.backend, name)

    def remove(self, path: str) -> None:
        """Note a file."""
        self.calls.append((self.backend.remove, path))

    def rmtree(self, path: str) -> None:
        """Note a folder."""
        self.calls.append((self.backend.rmtree, path))

    def finish(self) -> None:
        """Remove them."""
        for remove, path in self.calls:
            remove(path)
