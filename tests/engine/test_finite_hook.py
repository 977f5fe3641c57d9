import pytest
import torch
from mmengine.structures import BaseDataElement
from small_training import Losses, Model, Noise, build, weights

from uhrnet.engine.hooks import finite
from uhrnet.errors import TrainingError


class Bad(Model):
    """Meets a bad number in some iterations."""

    def __init__(self, where, at=(5,)):
        super().__init__()
        self.where, self.at, self.count = where, at, 0
        self.bias = torch.nn.Parameter(torch.zeros(()))

    def forward(self, inputs, data_samples=None, mode='tensor'):
        if mode == 'predict':
            return [dict(value=0.0) for _ in inputs]
        self.count += 1
        out = self.layer(torch.stack(inputs)).square().mean()
        bad = self.count in self.at
        losses = dict(loss_a=out, loss_b=out * 0 + self.bias * 0, acc=out)
        if bad and self.where == 'loss':
            losses['loss_b'] = losses['loss_b'] + float('nan')
        elif bad and self.where == 'infinite':
            losses['loss_b'] = losses['loss_b'] + float('inf')
        elif bad and self.where == 'gradient':
            # sqrt has an infinite slope at 0
            losses['loss_b'] = self.bias.square().sqrt()
        elif bad:
            losses['acc'] = losses['acc'] * float('nan')
        return losses


class Named(Noise):
    def __getitem__(self, index):
        sample = BaseDataElement(metainfo=dict(img_path=f'/data/{index}.png'))
        return dict(super().__getitem__(index), data_samples=sample)


def train(folder, model, *hooks, max_skips=0, **config):
    seen = Losses()
    runner = build(
        folder,
        dict(type='FiniteHook', max_skips=max_skips),
        seen,
        *hooks,
        loader=dict(
            dataset=Named(),
            sampler=dict(type='ResumableInfiniteSampler', shuffle=False),
        ),
        model=model,
        **config,
    )
    runner.train()
    return runner, seen


@pytest.mark.parametrize(
    ('where', 'said'),
    [
        ('loss', 'loss_b is nan'),
        ('infinite', 'loss_b is inf'),
        (
            'gradient',
            'finite, and the norms of the gradients of bias are not',
        ),
    ],
)
def test_it_names_loss_iteration_and_images(where, said, tmp_path):
    with pytest.raises(TrainingError) as found:
        train(tmp_path, Bad(where))
    text = str(found.value)
    assert text.startswith('iteration 5: ') and said in text
    assert 'loss_a' not in text
    # the fifth batch of two of seven images in order
    assert '/data/1.png, /data/2.png' in text
    assert [x.name for x in tmp_path.glob('*.pth')] == ['iter_3.pth']


def test_accuracies_may_be_undefined(tmp_path):
    train(tmp_path, Bad('accuracy'))


@pytest.mark.parametrize('where', ['loss', 'gradient'])
def test_steps_are_passed_over(where, tmp_path, capfd):
    model = Bad(where, at=(5, 8))
    runner, seen = train(tmp_path, model, max_skips=2)
    text = capfd.readouterr().out
    assert text.count('Step passed over') == 2
    assert 'Step passed over (2 of 2)' in text
    assert list(seen.seen) == list(range(1, 13))
    assert weights(runner).isfinite().all()
    with pytest.raises(TrainingError, match='iteration 8'):
        train(tmp_path / 'b', Bad(where, at=(5, 8)), max_skips=1)


@pytest.mark.parametrize('where', ['loss', 'gradient'])
def test_the_step_itself_does_not_happen(where, tmp_path):
    class Steps(Losses):
        def __init__(self):
            super().__init__()
            self.weights = {}

        def after_train_iter(self, runner, *args, **kwargs):
            self.weights[runner.iter + 1] = weights(runner)

    steps = Steps()
    train(tmp_path, Bad(where), steps, max_skips=1)
    assert torch.equal(steps.weights[4], steps.weights[5])
    assert not torch.equal(steps.weights[5], steps.weights[6])


def test_skipped_steps_are_counted_across_a_resume(tmp_path):
    seen = Losses(stop_at=7)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, Bad('loss'), seen, max_skips=1)
    with pytest.raises(TrainingError, match='iteration 8'):
        train(tmp_path, Bad('loss', at=(2,)), resume=True, max_skips=1)


class WithNorm(Bad):
    """Has running statistics, and meets NaN before them."""

    def __init__(self, **kwargs):
        super().__init__('nothing', **kwargs)
        self.norm = torch.nn.BatchNorm1d(4)

    def forward(self, inputs, data_samples=None, mode='tensor'):
        if mode == 'predict':
            return [dict(value=0.0) for _ in inputs]
        inputs = torch.stack(inputs)
        if self.count + 1 in self.at:
            inputs = inputs * float('nan')
        return super().forward([*self.norm(inputs)], mode=mode)


def test_statistics_of_norms_are_undone(tmp_path):
    runner, _ = train(tmp_path, WithNorm(), max_skips=1)
    norm = runner.model.norm
    assert norm.running_mean.isfinite().all()
    assert norm.running_var.isfinite().all()
    assert norm.num_batches_tracked == 11


def test_a_step_of_several_iterations(tmp_path, capfd):
    """One bad batch of three: one step is passed over, and counted once."""

    class Steps(Losses):
        def after_train_iter(self, runner, *args, **kwargs):
            self.seen[runner.iter + 1] = weights(runner)

    steps = Steps()
    wrapper = dict(optimizer=dict(type='SGD', lr=0.01), accumulative_counts=3)
    model = Bad('gradient', at=(5,))
    train(tmp_path, model, steps, max_skips=1, optim_wrapper=wrapper)
    assert torch.equal(steps.seen[3], steps.seen[6])
    assert not torch.equal(steps.seen[6], steps.seen[9])
    assert steps.seen[12].isfinite().all()
    assert 'passed over (1 of 1)' in capfd.readouterr().out


def test_loss_scaling_looks_after_gradients(tmp_path, monkeypatch):
    """What AmpOptimWrapper does with them, and it runs on GPUs alone."""
    monkeypatch.setattr(finite, 'AmpOptimWrapper', object)
    with pytest.raises(TrainingError, match='6: loss is nan, loss_b'):
        # here nobody scales, so weights are lost and the next loss tells
        train(tmp_path, Bad('gradient'))


def test_images_are_those_of_the_process_with_the_loss(tmp_path, monkeypatch):
    """The others see its gradients, and their own images are innocent."""
    guilty = finite.Finding(1, 'loss_b is nan', 'the gradients of x', 'b.png')
    monkeypatch.setattr(finite, 'get_world_size', lambda: 2)
    monkeypatch.setattr(finite, 'all_gather_object', lambda x: [x, guilty])
    with pytest.raises(TrainingError) as found:
        train(tmp_path, Bad('gradient'))
    text = str(found.value)
    assert 'loss_b is nan. Images of the batch of rank 1: b.png' in text
    assert '/data' not in text
