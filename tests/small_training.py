"""A training that takes no time and draws random numbers everywhere."""

import random
import uuid

import numpy as np
import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset

import uhrnet.engine  # noqa: F401, registers loops, samplers and hooks


class Noise(Dataset):
    """Samples with noise of all three kinds, as augmentations have it."""

    metainfo = dict(classes=('a',))

    def __init__(self, size=7):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        if index >= self.size:
            raise IndexError(index)
        noise = [np.random.rand(), random.random(), torch.rand(1).item()]
        return dict(inputs=torch.tensor([float(index), *noise]))

    def get_data_info(self, index):
        """For the batch sampler that groups by aspect ratio."""
        return dict(width=1 + index % 3, height=2)


class Model(BaseModel):
    """One layer behind a dropout."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, inputs, mode='tensor'):
        out = self.layer(self.dropout(torch.stack(inputs)))
        if mode == 'predict':
            return [dict(value=x.item()) for x in out]
        return dict(loss=out.square().mean())


class Mean(BaseMetric):
    """What the validation measures."""

    def process(self, data_batch, data_samples):
        self.results += [x['value'] for x in data_samples]

    def compute_metrics(self, results):
        return dict(mean=float(np.mean(results)))


class Losses(Hook):
    """Write down the loss of every iteration, and where to stop."""

    priority = 'VERY_LOW'

    def __init__(self, stop_at=None):
        self.seen = {}
        self.validated = []
        self.stop_at = stop_at

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.seen[runner.iter + 1] = outputs['loss'].item()
        if runner.iter + 1 == self.stop_at:
            raise KeyboardInterrupt

    def after_val_epoch(self, runner, metrics):
        self.validated.append(runner.iter)


def build(
    work_dir,
    *hooks,
    train_cfg=None,
    loader=None,
    checkpoint=None,
    **config,
):
    """Build a runner; 12 iterations with checkpoints at every third."""
    by_epoch = 'max_epochs' in (train_cfg or {})
    kind = 'Epoch' if by_epoch else 'Iter'
    sampler = 'DefaultSampler' if by_epoch else 'ResumableInfiniteSampler'
    torch.manual_seed(0)
    init_default_scope('mmengine')
    loader = dict(
        dict(
            dataset=Noise(),
            sampler=dict(type=sampler, shuffle=True),
            batch_size=2,
            num_workers=0,
        ),
        **loader or {},
    )
    cfg = Config(
        dict(
            dict(
                default_hooks=dict(
                    logger=dict(type='LoggerHook', interval=100),
                    checkpoint=dict(
                        type='SafeCheckpointHook',
                        by_epoch=by_epoch,
                        interval=1 if by_epoch else 3,
                        max_keep_ckpts=2,
                    )
                    | (checkpoint or {}),
                ),
                log_processor=dict(by_epoch=by_epoch),
                optim_wrapper=dict(
                    optimizer=dict(type='SGD', lr=0.01, momentum=0.9)
                ),
                randomness=dict(seed=5),
                val_cfg=dict(type='ValLoop'),
            ),
            **config,
        )
    )
    val = dict(
        dataset=Noise(2),
        sampler=dict(type='DefaultSampler', shuffle=False),
        batch_size=1,
        num_workers=0,
    )
    return Runner(
        Model(),
        str(work_dir),
        train_dataloader=loader,
        val_dataloader=val,
        val_evaluator=Evaluator([Mean(prefix='m')]),
        custom_hooks=list(hooks),
        train_cfg=dict(
            dict(type=f'Resumable{kind}BasedTrainLoop'),
            **train_cfg or dict(max_iters=12, val_interval=6),
        ),
        experiment_name=uuid.uuid4().hex,
        log_level='WARNING',
        **{k: cfg[k] for k in cfg},
    )


def weights(runner):
    """All parameters in one tensor."""
    model = getattr(runner.model, 'module', runner.model)
    return torch.cat([x.detach().flatten() for x in model.parameters()])
