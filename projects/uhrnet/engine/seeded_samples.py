"""Dataloaders whose samples are drawn anew from their numbers."""

import copy
from collections.abc import Sequence
from typing import Any

from mmengine.dist import get_rank
from mmengine.runner import Runner
from torch.utils.data import DataLoader, Dataset

from .randomness import sample_randomness
from .samplers import NumberedBatchSampler
from .samplers.numbered_batches import Draw


class SeededSamples:
    """Fetch samples, each with random numbers of its own.

    It becomes the ``__getitems__`` of a data set, which torch's dataloader
    calls where there is one. So the data set stays the object that hooks
    know, and may switch the pipeline of.

    Args:
        dataset: Has samples.
        seed: Of the training.
    """

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self.dataset = dataset
        self.seed = seed

    def __call__(self, draws: Sequence[Draw]) -> list[Any]:
        """Return the samples of a batch."""
        samples = []
        for index, *number in draws:
            with sample_randomness(self.seed, *number):
                samples.append(self.dataset[index])
        return samples


def base_seed(runner: Runner) -> int:
    """Return the seed that all processes share."""
    if runner._randomness_cfg.get('diff_rank_seed', False):
        return runner.seed - get_rank()
    return runner.seed


def build_seeded_dataloader(
    runner: Runner, config: dict, endless: bool
) -> DataLoader:
    """Build a training's dataloader with :class:`NumberedBatchSampler`.

    Args:
        runner: Whose seed and rank count.
        config: Of the dataloader, as in any config.
        endless: See there.

    Raises:
        TypeError: For a dataloader that is built already, as its order and
            its workers cannot be changed any more.
    """
    if isinstance(config, DataLoader):
        raise TypeError(
            'resumable training loops need train_dataloader as a config. '
            'With a DataLoader, use IterBasedTrainLoop or EpochBasedTrainLoop'
        )
    config = copy.deepcopy(config)
    config['batch_sampler'] = dict(
        type=NumberedBatchSampler,
        batch_sampler=config.get('batch_sampler'),
        drop_last=config.pop('drop_last', False),
        endless=endless,
    )
    seed = base_seed(runner)
    loader = runner.build_dataloader(config, seed=seed)
    loader.dataset.__getitems__ = SeededSamples(loader.dataset, seed)
    return loader


def set_seed(loader: DataLoader, seed: int) -> None:
    """Take the seed of the checkpoint that a training goes on from."""
    samples, sampler = (
        loader.dataset.__getitems__,
        loader.batch_sampler.sampler,
    )
    if getattr(sampler, 'seed', None) == samples.seed:
        sampler.seed = seed
    samples.seed = seed
