import os
import signal

import pytest
import torch
from small_training import Losses, build, weights

from uhrnet.engine.hooks import preemption
from uhrnet.engine.hooks.preemption import EXIT_CODE, Preempted
from uhrnet.engine.resumption import INTERRUPTED

HOOK = dict(type='PreemptionHook')
SIGNALS = [signal.SIGTERM, signal.SIGUSR1]


class Told(Losses):
    """Get a signal in an iteration of training or validation."""

    def __init__(self, signal, train=None, val=None):
        super().__init__()
        self.signal, self.train, self.val = signal, train, val

    def before_train_iter(self, runner, batch_idx, data_batch):
        if runner.iter + 1 == self.train:
            os.kill(os.getpid(), self.signal)

    def after_val_iter(self, runner, batch_idx, data_batch, outputs):
        if runner.iter == self.val and batch_idx == 0:
            os.kill(os.getpid(), self.signal)


@pytest.fixture
def handlers():
    before = {x: signal.getsignal(x) for x in SIGNALS}
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize('number', SIGNALS)
@pytest.mark.parametrize(
    'train_cfg', [None, dict(max_epochs=3, val_interval=2)]
)
def test_stopped_and_resumed(train_cfg, number, tmp_path, handlers, capfd):
    """In the middle of an epoch, and between two checkpoints."""
    whole = build(tmp_path / 'whole', train_cfg=train_cfg)
    whole.train()
    folder = tmp_path / 'run'
    told = Told(number, train=7)
    with pytest.raises(Preempted) as stop:
        build(folder, told, HOOK, train_cfg=train_cfg).train()
    assert stop.value.code == EXIT_CODE == 75
    assert list(told.seen)[-1] == 7, 'the iteration was not finished'
    text = capfd.readouterr().out
    assert (
        f'{number.name}: saved {folder}/{INTERRUPTED} after iteration 7'
        in text
    )
    assert (folder / 'last_checkpoint').read_text().endswith(INTERRUPTED)
    losses = Losses()
    resumed = build(folder, losses, HOOK, resume=True, train_cfg=train_cfg)
    resumed.train()
    assert list(losses.seen) == list(range(8, 13))
    assert torch.equal(weights(resumed), weights(whole))
    assert not (folder / INTERRUPTED).exists(), 'an old one was left'
    assert {x: signal.getsignal(x) for x in SIGNALS} == handlers


def test_in_a_validation(tmp_path, handlers):
    whole = build(tmp_path / 'whole')
    whole.train()
    folder = tmp_path / 'run'
    told = Told(signal.SIGTERM, val=6)
    with pytest.raises(Preempted):
        build(folder, told, HOOK, checkpoint=dict(interval=4)).train()
    assert list(told.seen)[-1] == 6 and not told.validated
    losses = Losses()
    resumed = build(folder, losses, HOOK, resume=True)
    resumed.train()
    assert next(iter(losses.seen)) == 7 and losses.validated == [6, 12]
    assert torch.equal(weights(resumed), weights(whole))


def test_in_the_last_iteration(tmp_path, handlers):
    with pytest.raises(Preempted):
        build(tmp_path, Told(signal.SIGTERM, train=12), HOOK).train()
    losses = Losses()
    build(tmp_path, losses, HOOK, resume=True).train()
    assert not losses.seen and losses.validated == [12]


def test_gradients_that_wait_are_not_lost(tmp_path, handlers):
    """With accumulation the step is finished, three iterations each."""
    wrapper = dict(optimizer=dict(type='SGD', lr=0.01), accumulative_counts=3)
    kwargs = dict(optim_wrapper=wrapper)
    whole = build(tmp_path / 'whole', **kwargs)
    whole.train()
    told = Told(signal.SIGTERM, train=7)
    folder = tmp_path / 'run'
    with pytest.raises(Preempted):
        build(folder, told, HOOK, **kwargs).train()
    assert list(told.seen)[-1] == 9
    resumed = build(folder, HOOK, resume=True, **kwargs)
    resumed.train()
    assert torch.equal(weights(resumed), weights(whole))


def test_several_processes_in_a_validation(tmp_path, handlers, monkeypatch):
    """The first one saves at once; all of them stop behind it."""
    monkeypatch.setattr(preemption, 'get_world_size', lambda: 2)
    told = Told(signal.SIGTERM, val=6)
    saved = []

    class Watch(Losses):
        priority = 'LOWEST'

        def after_val_iter(self, runner, batch_idx, data_batch, outputs):
            saved.append((tmp_path / INTERRUPTED).exists())

    with pytest.raises(Preempted):
        build(tmp_path, told, HOOK, Watch()).train()
    assert saved == [True, True] and told.validated == [6]
    losses = Losses()
    build(tmp_path, losses, HOOK, resume=True).train()
    assert next(iter(losses.seen)) == 7 and losses.validated == [12]


def test_workers_finish_their_samples(tmp_path, handlers):
    """Slurm tells every process; without samples there is no iteration."""

    class TellAll(Told):
        def before_train_iter(self, runner, batch_idx, data_batch):
            if runner.iter + 1 == 7:
                loader = runner.train_loop.dataloader_iterator
                for worker in loader._workers:
                    os.kill(worker.pid, signal.SIGTERM)
                super().before_train_iter(runner, batch_idx, data_batch)

    workers = dict(num_workers=2, persistent_workers=True)
    told = TellAll(signal.SIGTERM, train=7)
    with pytest.raises(Preempted):
        build(tmp_path, told, HOOK, loader=workers).train()
    assert list(told.seen)[-1] == 7


def test_it_needs_its_checkpoint_hook(tmp_path, handlers):
    runner = build(tmp_path, HOOK, checkpoint=dict(type='CheckpointHook'))
    with pytest.raises(ValueError, match='SafeCheckpointHook'):
        runner.train()


def test_testing_does_not_listen(tmp_path, handlers):
    runner = build(tmp_path, HOOK)
    runner.val()
    assert {x: signal.getsignal(x) for x in SIGNALS} == handlers
