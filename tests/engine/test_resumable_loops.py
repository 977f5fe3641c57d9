import pytest
import torch
from small_training import Losses, Noise, build, weights
from torch.utils.data import DataLoader

from uhrnet.engine import (
    ResumableEpochBasedTrainLoop,
    ResumableIterBasedTrainLoop,
)
from uhrnet.engine.samplers import ResumableInfiniteSampler

EPOCHS = dict(max_epochs=4, val_interval=2)


def train(folder, *, stop_at=None, **kwargs):
    """Train; return the losses by iteration, and the weights."""
    losses = Losses(stop_at)
    runner = build(folder, losses, **kwargs)
    if stop_at is None:
        runner.train()
    else:
        with pytest.raises(KeyboardInterrupt):
            runner.train()
    return losses, weights(runner)


def workers(count):
    return dict(num_workers=count, persistent_workers=count > 0)


@pytest.mark.parametrize(
    ('train_cfg', 'stop_at'),
    [(None, 3), (None, 8), (EPOCHS, 5), (EPOCHS, 8), (EPOCHS, 15)],
)
def test_a_resumed_training_is_the_uninterrupted_one(
    train_cfg, stop_at, tmp_path
):
    """Bit for bit, and with another number of workers."""
    kwargs = dict(train_cfg=train_cfg)
    whole, expected = train(tmp_path / 'a', **kwargs)
    folder = tmp_path / 'b'
    first, _ = train(folder, stop_at=stop_at, loader=workers(2), **kwargs)
    resumed, found = train(folder, resume=True, loader=workers(1), **kwargs)
    assert list(whole.seen) == list(range(1, len(whole.seen) + 1))
    assert first.seen.items() <= whole.seen.items()
    assert resumed.seen.items() <= whole.seen.items()
    assert {**first.seen, **resumed.seen} == whole.seen
    assert 0 < len(resumed.seen) < len(whole.seen)
    assert torch.equal(found, expected)


def test_workers_and_drawn_numbers_make_no_difference(tmp_path):
    whole, _ = train(tmp_path / 'a')
    many, _ = train(tmp_path / 'b', loader=workers(2))
    assert many.seen == whole.seen
    other, _ = train(tmp_path / 'c', randomness=dict(seed=6))
    assert set(other.seen.values()).isdisjoint(whole.seen.values())
    assert len(set(whole.seen.values())) == 12, 'the same noise again'


@pytest.mark.parametrize(
    'loader',
    [
        dict(sampler=dict(type='DefaultSampler', shuffle=True)),
        dict(sampler=dict(type='InfiniteSampler', shuffle=True)),
        dict(batch_sampler=dict(type='mmdet.AspectRatioBatchSampler')),
    ],
    ids=['epochs', 'infinite', 'aspect'],
)
def test_samplers_of_the_hosts_resume_too(loader, tmp_path, mmdet_scope):
    whole, expected = train(tmp_path / 'a', loader=loader)
    train(tmp_path / 'b', stop_at=10, loader=loader)
    resumed, found = train(tmp_path / 'b', resume=True, loader=loader)
    assert list(resumed.seen) == [10, 11, 12]
    assert resumed.seen.items() <= whole.seen.items()
    assert torch.equal(found, expected)


def test_batches_by_aspect_ratio_in_epochs(tmp_path, mmdet_scope):
    loader = dict(
        dataset=Noise(11),
        batch_sampler=dict(type='mmdet.AspectRatioBatchSampler'),
    )
    kwargs = dict(train_cfg=EPOCHS, loader=loader)
    whole, expected = train(tmp_path / 'a', **kwargs)
    train(tmp_path / 'b', stop_at=9, **kwargs)
    resumed, found = train(tmp_path / 'b', resume=True, **kwargs)
    assert next(iter(resumed.seen)) == 7 and len(whole.seen) == 24
    assert torch.equal(found, expected)


def test_no_sample_is_loaded_to_skip_it(tmp_path):
    loaded = []

    class Counting(Noise):
        def __getitem__(self, index):
            loaded.append(index)
            return super().__getitem__(index)

    loader = dict(dataset=Counting(), batch_size=2)
    train(tmp_path, stop_at=10, loader=loader)
    loaded.clear()
    train(tmp_path, resume=True, loader=loader)
    assert len(loaded) == 6


def test_the_seed_of_the_checkpoint_goes_on(tmp_path):
    """A training without a seed draws one; its second half must not."""
    _, expected = train(tmp_path / 'a', randomness=dict(seed=123))
    train(tmp_path / 'b', stop_at=7, randomness=dict(seed=123))
    _, found = train(tmp_path / 'b', resume=True, randomness=dict(seed=None))
    assert torch.equal(found, expected)


def test_a_missed_validation_is_made_up_for(tmp_path):
    class Killed(Losses):
        def before_val(self, runner):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, Killed()).train()
    resumed, _ = train(tmp_path, resume=True)
    assert resumed.validated == [6, 12]
    again, _ = train(tmp_path, resume=True)
    assert again.validated == [12] and not again.seen


def test_no_validation_where_none_was_due(tmp_path):
    train(tmp_path, stop_at=9)
    resumed, _ = train(tmp_path, resume=True)
    assert resumed.validated == [12]


def test_epochs_of_another_length(tmp_path, caplog):
    train(tmp_path, stop_at=9, train_cfg=EPOCHS)
    resumed, _ = train(
        tmp_path, resume=True, train_cfg=EPOCHS, loader=dict(batch_size=1)
    )
    # two epochs of 4 batches are done, and two of 7 follow
    assert list(resumed.seen) == list(range(9, 23))


def test_a_finished_loader_is_refused(tmp_path):
    loader = DataLoader(Noise(), batch_size=2)
    for loop, length in (
        (ResumableIterBasedTrainLoop, 3),
        (ResumableEpochBasedTrainLoop, 1),
    ):
        with pytest.raises(TypeError, match='as a config'):
            loop(build(tmp_path), loader, length)


def test_data_without_a_batch_is_refused(tmp_path):
    runner = build(tmp_path, loader=dict(batch_size=9, drop_last=True))
    with pytest.raises(ValueError, match='7 samples give no whole batch of 9'):
        runner.train()


def test_rounds_of_the_infinite_sampler():
    """Each round has all samples, in another order, wherever it begins."""
    sampler = ResumableInfiniteSampler(range(5), seed=1)
    drawn = [x for x, _ in zip(sampler, range(15), strict=False)]
    rounds = [drawn[i : i + 5] for i in (0, 5, 10)]
    assert all(sorted(x) == list(range(5)) for x in rounds)
    assert len({tuple(x) for x in rounds}) > 1
    sampler.start = 7
    assert [x for x, _ in zip(sampler, range(8), strict=False)] == drawn[7:]
    plain = ResumableInfiniteSampler(range(5), shuffle=False, seed=1)
    assert [x for x, _ in zip(plain, range(6), strict=False)] == [
        *range(5), 0,
    ]  # fmt: skip


def test_processes_share_one_order():
    alone = ResumableInfiniteSampler(range(5), seed=1)
    expected = [x for x, _ in zip(alone, range(40), strict=False)]
    for world_size in (2, 3, 7):
        ranks = []
        for rank in range(world_size):
            sampler = ResumableInfiniteSampler(range(5), seed=1)
            sampler.rank, sampler.world_size = rank, world_size
            ranks.append(iter(sampler))
        found = [next(ranks[i % world_size]) for i in range(40)]
        assert found == expected


def test_an_empty_data_set_is_refused():
    with pytest.raises(ValueError, match='no samples'):
        ResumableInfiniteSampler([])
