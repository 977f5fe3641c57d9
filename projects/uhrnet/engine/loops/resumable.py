"""Training loops that go on, after any stop, as if there had been none."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mmengine.dist import get_rank
from mmengine.logging import print_log
from mmengine.registry import LOOPS
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner
from torch import nn

from ..randomness import seed_model
from ..seeded_samples import base_seed, build_seeded_dataloader, set_seed

# In the message hub, and so in checkpoints. Keys with val are logged.
VALIDATED = 'evaluated_iter'
# Number, first iteration and length of the epoch that was begun last.
BEGUN = 'epoch_begun'


class _Resumable:
    """What both loops share: they stand in front of mmengine's classes."""

    def _prepare(self) -> None:
        """Take over the seed of a resumed training."""
        self._seed = base_seed(self.runner)
        set_seed(self.dataloader, self._seed)

    def _seed_step(self) -> None:
        """Make a step independent of those before it."""
        seed_model(self._seed, self._iter, get_rank())

    @contextmanager
    def _leaving(self) -> Iterator[None]:
        """Tell hooks of any end, and let go of processes that load data.

        Left to the garbage collector, which may take their queues first,
        they wait for five seconds.
        """
        try:
            yield
        finally:
            self.runner.call_hook('leave_train')
            self.dataloader_iterator = self.dataloader._iterator = None
            if self.runner.val_loop is not None:
                self.runner.val_loop.dataloader._iterator = None

    def _validate_if_due(self) -> None:
        """Validate every so often, and at the end."""
        self._decide_current_val_interval()
        done, total = self._progress()
        if (
            self.runner.val_loop is not None
            and done >= self.val_begin
            and (done % self.val_interval == 0 or done == total)
        ):
            self._validate()

    def _validate(self) -> None:
        """Validate, and remember in checkpoints that it was done."""
        hub = self.runner.message_hub
        # The best checkpoint is saved before the validation ends.
        hub.update_info(VALIDATED, self._iter)
        self.runner.val_loop.run()

    def _validate_what_was_missed(self) -> None:
        """Validate a resumed checkpoint that was saved just before that."""
        done = self.runner.message_hub.runtime_info.get(VALIDATED)
        if self._iter and done != self._iter:
            self._validate_if_due()


class _Unstarted:
    """A dataloader that nobody has to iterate over yet."""

    def __init__(self, dataset: object) -> None:
        self.dataset = dataset

    def __iter__(self) -> Iterator[None]:
        return iter(())


@LOOPS.register_module()
class ResumableIterBasedTrainLoop(_Resumable, IterBasedTrainLoop):
    """``IterBasedTrainLoop`` that resumes exactly and at once.

    mmengine loads every batch that was seen before and throws it away, and
    then draws other augmentations than the uninterrupted training did. Here
    samples and random numbers depend on the seed and the iteration alone:
    with any number of workers the losses and weights are those of a training
    that was never stopped, bit for bit where the operations are
    deterministic, as on CPUs. A validation that was due is made up for.

    Transforms that keep samples of earlier iterations (``CachedMosaic``)
    start without any.

    Args:
        runner: Of the training.
        dataloader: Config of the dataloader.
        max_iters: Iterations of the training.
        val_begin: Iteration of the first validation, at the earliest.
        val_interval: Iterations from one validation to the next.
        dynamic_intervals: Pairs of an iteration and the interval from then.

    Raises:
        TypeError: If ``dataloader`` is no config.
    """

    def __init__(
        self,
        runner: Runner,
        dataloader: dict,
        max_iters: int,
        val_begin: int = 1,
        val_interval: int = 1000,
        dynamic_intervals: list[tuple[int, int]] | None = None,
    ) -> None:
        loader = build_seeded_dataloader(runner, dataloader, endless=True)
        # The host's constructor starts the workers, who would load batches
        # before it is known which.
        super().__init__(
            runner,
            _Unstarted(loader.dataset),
            max_iters,
            val_begin,
            val_interval,
            dynamic_intervals,
        )
        self.dataloader = loader

    def run(self) -> nn.Module:
        """Train from the iteration of the checkpoint on."""
        with self._leaving():
            self.runner.call_hook('before_train')
            self.runner.call_hook('before_train_epoch')
            self._prepare()
            self._validate_what_was_missed()
            self.dataloader.batch_sampler.begin(self._iter, skipped=self._iter)
            self.dataloader_iterator = iter(self.dataloader)
            while self._iter < self._max_iters and not self.stop_training:
                self.runner.model.train()
                batch = next(self.dataloader_iterator)
                self._seed_step()
                self.run_iter(batch)
                self._validate_if_due()
            self.runner.call_hook('after_train_epoch')
            self.runner.call_hook('after_train')
        return self.runner.model

    def _progress(self) -> tuple[int, int]:
        return self._iter, self._max_iters


@LOOPS.register_module()
class ResumableEpochBasedTrainLoop(_Resumable, EpochBasedTrainLoop):
    """``EpochBasedTrainLoop`` that resumes exactly, within epochs too.

    See :class:`ResumableIterBasedTrainLoop`.

    Args:
        runner: Of the training.
        dataloader: Config of the dataloader.
        max_epochs: Epochs of the training.
        val_begin: Epoch of the first validation, at the earliest.
        val_interval: Epochs from one validation to the next.
        dynamic_intervals: Pairs of an epoch and the interval from then on.

    Raises:
        TypeError: If ``dataloader`` is no config.
    """

    def __init__(
        self,
        runner: Runner,
        dataloader: dict,
        max_epochs: int,
        val_begin: int = 1,
        val_interval: int = 1,
        dynamic_intervals: list[tuple[int, int]] | None = None,
    ) -> None:
        loader = build_seeded_dataloader(runner, dataloader, endless=False)
        super().__init__(
            runner,
            loader,
            max_epochs,
            val_begin,
            val_interval,
            dynamic_intervals,
        )

    def run(self) -> nn.Module:
        """Train from the iteration of the checkpoint on."""
        with self._leaving():
            self.runner.call_hook('before_train')
            self._prepare()
            if not self._done_of_epoch():
                self._validate_what_was_missed()
            while self._epoch < self._max_epochs and not self.stop_training:
                self.run_epoch()
                self._validate_if_due()
            self.runner.call_hook('after_train')
        return self.runner.model

    def run_epoch(self) -> None:
        """Train for what is left of an epoch."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        done = self._done_of_epoch()
        self.runner.message_hub.update_info(
            BEGUN, [self._epoch, self._iter - done, len(self.dataloader)]
        )
        self.dataloader.batch_sampler.begin(self._iter, skipped=done)
        for index, batch in enumerate(self.dataloader, done):
            self.run_iter(index, batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def run_iter(self, idx: int, data_batch: Sequence[dict]) -> None:
        """Train on one batch."""
        self._seed_step()
        super().run_iter(idx, data_batch)

    def _done_of_epoch(self) -> int:
        """Batches of this epoch that were seen before a stop."""
        info = self.runner.message_hub.runtime_info
        epoch, begin, length = info.get(BEGUN, (None, 0, 0))
        if epoch != self._epoch or self._iter == begin:
            return 0
        if length == len(self.dataloader):
            return self._iter - begin
        print_log(
            f'The checkpoint was saved {self._iter - begin} iterations into '
            f'an epoch of {length}, which now has {len(self.dataloader)}: the '
            'number of samples, of processes or the batch size has changed. '
            'Going on with a whole epoch.',
            logger='current',
            level=logging.WARNING,
        )
        return 0

    def _progress(self) -> tuple[int, int]:
        return self._epoch, self._max_epochs
