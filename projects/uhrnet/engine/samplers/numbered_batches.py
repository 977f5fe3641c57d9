"""Batches that know their numbers."""

from collections.abc import Iterator

from mmengine.dataset import DefaultSampler
from mmengine.dist import get_dist_info
from mmengine.registry import DATA_SAMPLERS
from torch.utils.data import BatchSampler, Sampler

from uhrnet.errors import ConfigError

from .resumable_infinite import ResumableInfiniteSampler

# Index of a sample, number of the iteration, place in the whole batch.
Draw = tuple[int, int, int]


class NumberedBatchSampler(Sampler):
    """Tell each sample which iteration it is for, and start at any of them.

    It stands around the batch sampler of a config, or torch's. Batches before
    the first one wanted are left out without loading them: at once with
    :class:`ResumableInfiniteSampler`, otherwise by counting indices.

    Args:
        sampler: Yields indices.
        batch_size: Of this process.
        batch_sampler: Config of a batch sampler; by default torch's.
        drop_last: Leave out the incomplete last batch of an epoch.
        endless: Begin the next epoch by itself.

    Raises:
        ConfigError: If an epoch has no batch.
    """

    def __init__(
        self,
        sampler: Sampler,
        batch_size: int,
        batch_sampler: dict | None = None,
        drop_last: bool = False,
        endless: bool = False,
    ) -> None:
        if batch_sampler is None:
            self.batches = BatchSampler(sampler, batch_size, drop_last)
        else:
            self.batches = DATA_SAMPLERS.build(
                batch_sampler,
                default_args=dict(sampler=sampler, batch_size=batch_size),
            )
        if not len(self.batches):
            raise ConfigError(
                f'{len(sampler)} samples give no whole batch of {batch_size}: '
                'use a smaller train_dataloader.batch_size or drop_last=False'
            )
        # mmengine's hook looks for it, to tell it the epoch.
        self.sampler = sampler
        self.batch_size = batch_size
        self.endless = endless
        self.rank, self.world_size = get_dist_info()
        self.begin(0, 0)

    def begin(self, iteration: int, skipped: int) -> None:
        """Set what the next pass starts with.

        Args:
            iteration: Number of its first batch.
            skipped: Batches to leave out before that one: of this epoch, or
                of all epochs if ``endless``.
        """
        self.iteration = iteration
        self.skipped = skipped

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self.batches)

    def __iter__(self) -> Iterator[list[Draw]]:
        """Yield batches of :data:`Draw`."""
        source, skipped = self._source()
        for _ in range(skipped):
            next(source, None)
        for iteration, batch in enumerate(source, self.iteration):
            yield [
                (index, iteration, place * self.world_size + self.rank)
                for place, index in enumerate(batch)
            ]

    def _source(self) -> tuple[Iterator[list[int]], int]:
        """Batches of indices, and how many of them to leave out."""
        # Subclasses may group by shape, and so have to see every index.
        in_order = type(self.batches) is BatchSampler
        if in_order and isinstance(self.sampler, ResumableInfiniteSampler):
            self.sampler.start = self.skipped * self.batch_size
            return iter(self.batches), 0
        if not self.endless:
            return iter(self.batches), self.skipped
        epoch, skipped = 0, self.skipped
        if isinstance(self.sampler, DefaultSampler):
            epoch, skipped = divmod(skipped, len(self.batches))
        return self._epochs(epoch), skipped

    def _epochs(self, epoch: int) -> Iterator[list[int]]:
        while True:
            if hasattr(self.sampler, 'set_epoch'):
                self.sampler.set_epoch(epoch)
            yield from self.batches
            epoch += 1
