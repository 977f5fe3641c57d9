"""Predictions are those of the model, however images come in."""

import cv2
import numpy as np
import pytest
import torch
from untrained import DETECTOR, ESTIMATOR, SEGMENTOR

from uhrnet.apis import load
from uhrnet.apis.predictor import checked_loader
from uhrnet.errors import ConfigError, DataError


@pytest.fixture(scope='module')
def models(untrained):
    """Loaded models by the names of their configs."""
    loaded = {}

    def get(name):
        if name not in loaded:
            loaded[name] = load(untrained(name), device='cpu')
        return loaded[name]

    return get


@pytest.fixture(scope='module')
def images(scenes):
    return sorted((scenes / 'images/val').iterdir())


def rgb(path):
    return cv2.imread(str(path))[..., ::-1]


def test_what_a_model_says_of_itself(models):
    model = models(SEGMENTOR)
    assert (model.name, model.task) == (SEGMENTOR, 'segmentation')
    assert model.device == torch.device('cpu')
    assert model.weights.endswith('best_random_iter_1.pth')
    assert len(model.classes) == len(model.palette) == 11
    assert models(ESTIMATOR).task == 'depth'
    assert models(ESTIMATOR).classes == ()
    assert models(DETECTOR).classes == ('person', 'car', 'sign')


@pytest.mark.parametrize(
    ('name', 'key'),
    [(SEGMENTOR, 'labels'), (ESTIMATOR, 'depth'), (DETECTOR, 'boxes')],
)
def test_files_and_arrays(models, images, name, key):
    model = models(name)
    options = dict(focal=125) if name == ESTIMATOR else {}
    (file,) = model.predict(images[0], **options)
    (array,) = model.predict(rgb(images[0]), **options)
    assert np.array_equal(getattr(file, key), getattr(array, key))
    assert np.array_equal(file.image, rgb(images[0]))
    assert np.array_equal(array.image, file.image)
    assert (file.source, array.source) == (str(images[0]), '0')
    assert file.seconds > 0


def test_types_and_shapes(models, images):
    (labels,) = models(SEGMENTOR).predict(images[0])
    assert labels.labels.shape == (64, 96)
    assert labels.labels.dtype == np.uint8 and labels.labels.max() < 11
    (depth,) = models(ESTIMATOR).predict(images[0], focal=125)
    assert depth.depth.shape == (64, 96) and depth.depth.dtype == np.float32
    assert depth.depth.min() > 0
    (found,) = models(DETECTOR).predict(images[0])
    number = len(found.scores)
    assert found.boxes.shape == (number, 4) and number > 0
    assert found.masks.shape == (number, 64, 96) and found.masks.dtype == bool
    assert (np.diff(found.scores) <= 0).all()


def test_batches_of_equal_size_keep_the_order(models, images, monkeypatch):
    model = models(SEGMENTOR)
    inputs = [rgb(images[i]) for i in (0, 1, 2, 3, 0)]
    inputs[2] = inputs[2][:48]
    alone = list(model.predict(inputs))
    sizes = []
    step = model.model.test_step

    def count(data):
        sizes.append(len(data['inputs']))
        return step(data)

    monkeypatch.setattr(model.model, 'test_step', count)
    together = list(model.predict(inputs, batch=2))
    assert sizes == [2, 1, 2]
    for index, (one, other) in enumerate(zip(alone, together, strict=True)):
        assert one.source == other.source == str(index)
        assert other.labels.shape == inputs[index].shape[:2]
        # sums in another order
        assert (one.labels == other.labels).mean() > 0.99


def test_focal_length_scales_depth(models, images):
    model = models(ESTIMATOR)
    (near,) = model.predict(images[0], focal=125)
    (far,) = model.predict(images[0], focal=250)
    assert np.allclose(far.depth, 2 * near.depth)
    for wrong in (0, -5, float('nan')):
        with pytest.raises(ConfigError, match='give pixels, more than 0'):
            next(model.predict(images[0], focal=wrong))
    with pytest.raises(ConfigError, match='does not ask for a focal length'):
        next(models(SEGMENTOR).predict(images[0], focal=125))
    with pytest.warns(UserWarning, match='one of 125.0 pixels, give focal'):
        (unknown,) = model.predict(images[0])
    assert np.array_equal(unknown.depth, near.depth)


def test_a_broken_image_stops_or_is_skipped(models, images, tmp_path):
    model = models(SEGMENTOR)
    broken = tmp_path / 'half.png'
    broken.write_bytes(images[0].read_bytes()[:-50])
    with pytest.raises(DataError, match=r'half.png is truncated'):
        list(model.predict(broken))
    failed = {}
    found = model.predict(
        [broken, images[0], tmp_path / 'no.txt', images[1]],
        batch=2,
        on_error=failed.__setitem__,
    )
    with pytest.raises(DataError, match=r'no.txt does not exist'):
        list(found)
    (tmp_path / 'no.txt').write_text('no image')
    found = model.predict(
        [broken, images[0], tmp_path / 'no.txt', images[1]],
        batch=2,
        on_error=failed.__setitem__,
    )
    assert [x.source for x in found] == [str(x) for x in images[:2]]
    assert [*failed] == [str(broken), str(tmp_path / 'no.txt')]
    assert 'is no image' in str(failed[str(tmp_path / 'no.txt')])


@pytest.mark.parametrize(
    'array',
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_no_image(models, array):
    with pytest.raises(DataError, match='image 0 is .*of shape'):
        list(models(SEGMENTOR).predict([array]))


def test_too_large(models):
    huge = np.broadcast_to(np.uint8(0), (2**15, 2**14, 3))
    with pytest.raises(DataError, match='32768x16384'):
        list(models(SEGMENTOR).predict(huge))


def test_no_batch(models, images):
    with pytest.raises(ConfigError, match='batch=0'):
        list(models(SEGMENTOR).predict(images[0], batch=0))


def test_loader_of_a_pipeline():
    loading = dict(type='LoadImageFromFile', to_float32=True)
    checking = dict(type='CheckImageFile', max_pixels=100)
    loader = checked_loader('mine', loading, [checking])
    assert loader.to_float32 and loader.max_pixels == 100
    for other in (
        dict(type='LoadPackedImage'),
        dict(loading, color_type='grayscale'),
    ):
        with pytest.raises(ConfigError, match='pipeline of mine begins with'):
            checked_loader('mine', other, [])
