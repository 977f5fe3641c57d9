"""An endless order of samples that starts anywhere at once."""

from collections.abc import Iterator

import torch
from mmengine.dataset import InfiniteSampler
from mmengine.registry import DATA_SAMPLERS

from uhrnet.errors import DataError

from ..randomness import seed_order


@DATA_SAMPLERS.register_module()
class ResumableInfiniteSampler(InfiniteSampler):
    """``InfiniteSampler`` whose n-th sample is known without those before it.

    Each round through the data set is a permutation of its own, drawn from
    the seed and the number of the round. All processes share one order, in
    which they take turns, so that two of them see in an iteration what one
    with twice the batch sees.

    Args:
        dataset: What the indices are of.
        shuffle: Draw permutations; otherwise each round is in the order of
            the data set.
        seed: Of all processes. By default one draws it for all.

    Raises:
        DataError: If the data set is empty.
    """

    def __init__(
        self,
        dataset: torch.utils.data.Dataset,
        shuffle: bool = True,
        seed: int | None = None,
    ) -> None:
        super().__init__(dataset, shuffle=shuffle, seed=seed)
        if not self.size:
            raise DataError(
                'the data set has no samples: look at its data_root, '
                'ann_file, data_prefix and filter_cfg'
            )
        # Samples of this process that are left out.
        self.start = 0

    def __iter__(self) -> Iterator[int]:
        """Yield indices from sample number ``start`` of this process on."""
        position = self.start * self.world_size + self.rank
        while True:
            round_number, offset = divmod(position, self.size)
            order = self._order(round_number)
            taken = order[offset :: self.world_size]
            yield from taken
            position += len(taken) * self.world_size

    def _order(self, round_number: int) -> list[int]:
        if not self.shuffle:
            return list(range(self.size))
        generator = seed_order(self.seed, round_number)
        return torch.randperm(self.size, generator=generator).tolist()
