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


def train(folder, model, *hooks, **hook):
    seen = Losses()
    runner = build(
        folder,
        dict(type='FiniteHook', **hook),
        seen,
        *hooks,
        loader=dict(
            dataset=Named(),
            sampler=dict(type='ResumableInfiniteSampler', shuffle=False),
        ),
    )
    runner.model = model
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
    kwargs = dict(max_skips=1)
    seen = Losses(stop_at=7)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, Bad('loss'), seen, **kwargs)
    checkpoint = torch.load(tmp_path / 'iter_6.pth', weights_only=False)
    hub = checkpoint['message_hub']['runtime_info']
    assert hub[finite.SKIPS] == 1


def test_loss_scaling_looks_after_gradients(tmp_path, monkeypatch):
    """What AmpOptimWrapper does with them, and it runs on GPUs alone."""
    monkeypatch.setattr(finite, 'AmpOptimWrapper', object)
    with pytest.raises(
        TrainingError, match='iteration 6: loss is nan, loss_b'
    ):
        # here nobody scales, so weights are lost and the next loss tells
        train(tmp_path, Bad('gradient'))


def test_several_processes_name_theirs(tmp_path, monkeypatch):
    monkeypatch.setattr(finite, 'get_world_size', lambda: 2)
    with pytest.raises(TrainingError, match='of the batch of rank 0: /data'):
        train(tmp_path, Bad('loss'))
