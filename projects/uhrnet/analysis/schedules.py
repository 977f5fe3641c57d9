"""What a config's schedulers make of learning rate or momentum."""

import copy
import math
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from mmengine.config import Config
from mmengine.registry import (
    OPTIMIZERS,
    PARAM_SCHEDULERS,
    init_default_scope,
)
from torch import nn

from uhrnet.errors import ConfigError

PARAMETERS = ('lr', 'momentum')


class Schedule(NamedTuple):
    """Values of a training's iterations.

    Attributes:
        values: One for each iteration, while it runs.
        epoch_length: Iterations of an epoch; None if the training is by
            iterations.
    """

    values: list[float]
    epoch_length: int | None


def is_by_epoch(cfg: Config) -> bool:
    """Whether a config trains by epochs.

    Raises:
        ConfigError: If it does not train.
    """
    train_cfg = cfg.get('train_cfg') or {}
    if 'max_iters' not in train_cfg and 'max_epochs' not in train_cfg:
        raise ConfigError('the config has no train_cfg: name one that trains')
    return 'max_epochs' in train_cfg


def simulate(
    cfg: Config, parameter: str = 'lr', epoch_length: int | None = None
) -> Schedule:
    """Run a config's schedulers without its training.

    Multiples for some parameters (``paramwise_cfg``) are left out.

    Args:
        cfg: Of a training.
        parameter: One of :data:`PARAMETERS`.
        epoch_length: Iterations of an epoch, for a training by epochs.

    Raises:
        ConfigError: If the config does not train, or its optimizer has no
            momentum.
    """
    init_default_scope(cfg.get('default_scope', 'mmengine'))
    by_epoch = is_by_epoch(cfg)
    if by_epoch and not epoch_length:
        raise ConfigError('a training by epochs needs their length')
    epoch_length = epoch_length if by_epoch else None
    length = epoch_length or 1
    total = cfg.train_cfg.get('max_iters') or cfg.train_cfg.max_epochs * length
    optimizer_cfg = copy.deepcopy(cfg.optim_wrapper.optimizer)
    weight = nn.Parameter(torch.zeros(1))
    optimizer = OPTIMIZERS.build(
        optimizer_cfg, default_args=dict(params=[weight])
    )
    each_iter, each_epoch = [], []
    schedulers = cfg.get('param_scheduler') or []
    if not isinstance(schedulers, list | tuple):
        schedulers = [schedulers]
    for scheduler_cfg in copy.deepcopy(list(schedulers)):
        # as the runner does: to the end of the training
        end = cfg.train_cfg.get('max_epochs', total)
        by_epochs = scheduler_cfg.get('by_epoch', True)
        scheduler_cfg.setdefault('end', end if by_epochs else total)
        scheduler = PARAM_SCHEDULERS.build(
            scheduler_cfg,
            default_args=dict(optimizer=optimizer, epoch_length=length),
        )
        steps = each_epoch if scheduler.by_epoch else each_iter
        steps.append(scheduler)
    values = []
    for iteration in range(total):
        values.append(_value(optimizer, parameter))
        optimizer.step()
        for scheduler in each_iter:
            scheduler.step()
        if by_epoch and (iteration + 1) % length == 0:
            for scheduler in each_epoch:
                scheduler.step()
    return Schedule(values, epoch_length)


def epoch_length_of(
    dataset_size: int, batch_size: int, gpus: int, drop_last: bool = False
) -> int:
    """Return the iterations of an epoch.

    Args:
        dataset_size: Images.
        batch_size: Images of a GPU.
        gpus: Number of them.
        drop_last: Whether a last batch that is not full is left out.
    """
    each = math.ceil(dataset_size / gpus)
    return max(1, (math.floor if drop_last else math.ceil)(each / batch_size))


def draw_schedule(schedule: Schedule, parameter: str, title: str) -> Figure:
    """Draw values over iterations, and epochs above them.

    Args:
        schedule: Of :func:`simulate`.
        parameter: What it is of.
        title: Of the figure.
    """
    name = 'learning rate' if parameter == 'lr' else parameter
    figure = Figure((8, 4.2), 110, layout='constrained')
    axis = figure.add_subplot()
    axis.plot(range(len(schedule.values)), schedule.values, linewidth=1.5)
    axis.set_xlabel('iteration')
    axis.set_ylabel(name)
    axis.grid(alpha=0.3)
    axis.set_ylim(bottom=0)
    length = schedule.epoch_length
    if length:
        above = axis.secondary_xaxis(
            'top', functions=(lambda x: x / length, lambda x: x * length)
        )
        above.set_xlabel('epoch')
    low, high = min(schedule.values), max(schedule.values)
    figure.suptitle(
        f'{title}\n{len(schedule.values):,} iterations; {name}: first '
        f'{schedule.values[0]:.3g}, highest {high:.3g}, lowest {low:.3g}, '
        f'last {schedule.values[-1]:.3g}',
        fontsize=10,
    )
    return figure


def _value(optimizer: torch.optim.Optimizer, parameter: str) -> float:
    group = optimizer.param_groups[0]
    if parameter == 'momentum' and 'betas' in group:
        return float(group['betas'][0])
    if parameter not in group:
        raise ConfigError(
            f'{type(optimizer).__name__} has no {parameter}: name '
            + ' or '.join(x for x in PARAMETERS if x != parameter)
        )
    return float(group[parameter])
