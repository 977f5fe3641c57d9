import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from uhrnet.analysis.schedules import (
    draw_schedule,
    epoch_length_of,
    simulate,
)
from uhrnet.errors import ConfigError


def config(*schedulers, optimizer=None, **train_cfg):
    optimizer = optimizer or dict(type='SGD', lr=1.0, momentum=0.9)
    return Config(
        dict(
            train_cfg=train_cfg,
            optim_wrapper=dict(optimizer=optimizer),
            param_scheduler=list(schedulers),
        )
    )


def test_iterations():
    """A warm-up, then straight down to 0 at the last one, as mmengine's."""
    cfg = config(
        dict(type='LinearLR', start_factor=0.5, by_epoch=False, end=2),
        dict(type='PolyLR', power=1.0, by_epoch=False, begin=2, end=6),
        max_iters=6,
    )
    schedule = simulate(cfg)
    assert schedule.epoch_length is None
    assert schedule.values == pytest.approx([0.5, 1, 1, 2 / 3, 1 / 3, 0])


def test_epochs():
    step = dict(type='MultiStepLR', milestones=[1, 2], gamma=0.1)
    schedule = simulate(config(step, max_epochs=3), epoch_length=2)
    assert schedule.values == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    figure = draw_schedule(schedule, 'lr', 'A test')
    (axis,) = figure.axes
    (line,) = axis.lines
    assert line.get_ydata() == pytest.approx(schedule.values)
    assert axis.get_ylabel() == 'learning rate'
    (above,) = axis.child_axes
    assert above.get_xlabel() == 'epoch'
    assert 'highest 1, lowest 0.01, last 0.01' in figure.get_suptitle()


def test_converted_to_iterations():
    poly = dict(
        type='PolyLR', power=1.0, end=2, by_epoch=True,
        convert_to_iter_based=True,
    )  # fmt: skip
    schedule = simulate(config(poly, max_epochs=2), epoch_length=2)
    assert schedule.values == pytest.approx([1, 2 / 3, 1 / 3, 0])


@pytest.mark.parametrize(
    ('train_cfg', 'schedulers'),
    [
        (
            dict(by_epoch=True, max_epochs=3),
            [
                dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=3),
                dict(
                    type='CosineAnnealingLR', by_epoch=True, begin=1,
                    T_max=2, convert_to_iter_based=True,
                ),
                dict(type='LinearMomentum', start_factor=0.5, end=2),
            ],
        ),
        (
            dict(by_epoch=True, max_epochs=3),
            dict(type='PolyLR', power=0.9),
        ),
        (
            dict(by_epoch=False, max_iters=10),
            [dict(type='PolyLR', power=0.9, by_epoch=False)],
        ),
    ],
)  # fmt: skip
def test_equals_a_training(tmp_path, train_cfg, schedulers):
    """What mmengine's runner has in every iteration, ends by default."""
    seen = dict(lr=[], momentum=[])

    class Watch(Hook):
        priority = 'VERY_LOW'

        def before_train_iter(self, runner, *args, **kwargs):
            for name, values in seen.items():
                values.append(
                    runner.optim_wrapper.optimizer.param_groups[0][name]
                )

    class Model(BaseModel):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, inputs, mode='loss'):
            return dict(loss=(self.weight * inputs).sum())

    optim_wrapper = dict(
        optimizer=dict(type='SGD', lr=1.0, momentum=0.9),
        type='OptimWrapper',
    )
    data = [dict(inputs=torch.ones(1)) for _ in range(7)]
    Runner(
        Model(), str(tmp_path), DataLoader(data, batch_size=2),
        train_cfg=train_cfg, optim_wrapper=optim_wrapper,
        param_scheduler=copy.deepcopy(schedulers), custom_hooks=[Watch()],
        default_hooks=dict(checkpoint=None, logger=None),
        log_level='ERROR', experiment_name=tmp_path.name,
    ).train()  # fmt: skip
    cfg = Config(
        dict(
            train_cfg=train_cfg,
            optim_wrapper=optim_wrapper,
            param_scheduler=schedulers,
        )
    )
    length = epoch_length_of(7, 2, 1)
    for name, values in seen.items():
        assert simulate(cfg, name, length).values == pytest.approx(values)
    assert len(set(seen['lr'])) > 2


def test_momentum():
    one = dict(type='OneCycleLR', eta_max=1.0, total_steps=4, by_epoch=False)
    adam = dict(type='AdamW', lr=1.0, betas=(0.8, 0.9))
    cfg = config(one, optimizer=adam, max_iters=4)
    assert simulate(cfg, 'momentum').values == [0.8] * 4
    plain = dict(type='Adagrad', lr=1.0)
    with pytest.raises(ConfigError, match='Adagrad has no momentum'):
        simulate(config(optimizer=plain, max_iters=4), 'momentum')


def test_refused():
    with pytest.raises(ConfigError, match='no train_cfg'):
        simulate(Config(dict(model=dict())))
    with pytest.raises(ConfigError, match='needs their length'):
        simulate(config(max_epochs=2))
    assert epoch_length_of(205, 4, 2) == 26
    assert epoch_length_of(205, 4, 2, drop_last=True) == 25
