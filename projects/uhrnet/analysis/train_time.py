"""Seconds that the iterations of a training took, by its log."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, pstdev
from typing import NamedTuple

from uhrnet.errors import DataError

from .log_curves import find_logs, read_lines


class TrainTime(NamedTuple):
    """Seconds an iteration.

    Attributes:
        part: What the log was divided by: ``'epoch'``, or ``'iteration'``,
            the last one of a line, where there are no epochs.
        means: Of each part, by its number.
    """

    part: str
    means: dict[int, float]

    @property
    def slowest(self) -> int:
        """Number of the slowest part."""
        return max(self.means, key=self.means.__getitem__)

    @property
    def fastest(self) -> int:
        """Number of the fastest part."""
        return min(self.means, key=self.means.__getitem__)

    @property
    def mean(self) -> float:
        """Mean over the parts."""
        return fmean(self.means.values())

    @property
    def deviation(self) -> float:
        """Standard deviation over the parts."""
        return pstdev(self.means.values())


def measure_train_time(
    path: str | Path, include_outliers: bool = False
) -> TrainTime:
    """Read the seconds from a log.

    Args:
        path: A ``scalars.json`` or a work dir.
        include_outliers: Whether the first value of an epoch, or of a
            training without epochs, counts: it has the start in it.

    Raises:
        DataError: If there are too few values.
    """
    epochs: dict[int, list[float]] = {}
    lines: dict[int, float] = {}
    first = 0 if include_outliers else 1
    for log in find_logs(path):
        own = [x for x in read_lines(log) if 'iter' in x and 'time' in x]
        if own and 'epoch' in own[0]:
            again: dict[int, list[float]] = {}
            for line in own:
                again.setdefault(line['epoch'], []).append(line['time'])
            epochs |= again  # of epochs that were trained anew after a stop
        else:
            lines |= {x['step']: x['time'] for x in own[first:]}
    if epochs:
        means = {
            epoch: fmean(times[first:])
            for epoch, times in epochs.items()
            if times[first:]
        }
        result = TrainTime('epoch', means)
    else:
        result = TrainTime('iteration', lines)
    if not result.means:
        raise DataError(
            f'{path} has one value of each epoch at most: make '
            'default_hooks.logger.interval smaller, or --include-outliers'
        )
    return result


def write_train_time(times: Sequence[tuple[str, TrainTime]]) -> str:
    """Write what the hosts' tool does, of some trainings by name."""
    blocks = []
    for name, time in times:
        slow, fast = time.slowest, time.fastest
        blocks.append(
            f'-----Analyze train time of {name}-----\n'
            f'slowest {time.part} {slow}, average time is '
            f'{time.means[slow]:.4f} s/iter\n'
            f'fastest {time.part} {fast}, average time is '
            f'{time.means[fast]:.4f} s/iter\n'
            f'time std over {time.part}s is {time.deviation:.4f}\n'
            f'average iter time: {time.mean:.4f} s/iter\n'
        )
    return '\n'.join(blocks)
