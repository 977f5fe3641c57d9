"""A few pictures of each validation, made by a stand-in for the drawing."""

import numpy as np
import pytest
from mmseg.structures import SegDataSample
from small_training import Model, build
from torch.utils.data import DataLoader

from uhrnet.engine.hooks import ExamplePredictionsHook
from uhrnet.errors import ConfigError
from uhrnet.reports import pictures


class Backend:
    """Notes what it gets."""

    def __init__(self):
        self.images = []

    def add_image(self, name, image, step):
        self.images.append((name, image.shape, step))

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


class Naming(Model):
    """Predicts samples that name their images."""

    def forward(self, inputs, mode='tensor'):
        if mode != 'predict':
            return super().forward(inputs, mode)
        name = f'folder/{int(inputs[0][0])}.png'
        return [SegDataSample(metainfo=dict(img_path=name, value=1.0))]


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Trains 12 iterations with 2 validations; returns what was drawn."""
    monkeypatch.setattr(
        pictures,
        'draw_sample',
        lambda visualizer, sample: np.zeros((4, 6, 3), np.uint8),
    )

    def train(count, **options):
        hook = ExamplePredictionsHook(**options)
        runner = build(tmp_path, hook, model=Naming())
        dataset = runner.val_dataloader.dataset
        dataset.size = count
        runner.val_loop.dataloader = DataLoader(
            dataset, collate_fn=runner.val_dataloader.collate_fn
        )
        runner.visualizer._vis_backends = dict(a=Backend())
        runner.train()
        return runner.visualizer._vis_backends['a'].images

    return train


def test_the_same_images_in_every_validation(trained):
    assert trained(9, images=3) == [
        (f'val_{i}_{i}', (4, 6, 3), step)
        for step in (6, 12)
        for i in (0, 3, 6)
    ]


def test_few_images_and_an_interval(trained):
    assert [x[0] for x in trained(2, interval=2)] == ['val_0_0', 'val_1_1']


def test_a_failure_ends_no_training(trained, monkeypatch, capfd):
    def fail(*args):
        raise OSError('the image is gone')

    monkeypatch.setattr(pictures, 'draw_sample', fail)
    assert trained(5) == []
    said = capfd.readouterr()
    assert 'Examples are not drawn: the image is gone' in said.out + said.err


@pytest.mark.parametrize('option', ['images', 'interval'])
def test_none_at_all(option):
    with pytest.raises(ConfigError, match=f'{option}=0 is below 1'):
        ExamplePredictionsHook(**{option: 0})
