import numpy as np
import pytest
from PIL import Image

from uhrnet.transforms import RandomColorDistortion


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)


def apply(name, amount, image):
    """Apply one distortion by a certain amount."""
    transform = RandomColorDistortion(prob=1)
    transform.ranges = {name: (amount, amount)}
    return transform(dict(img=image))['img']


def test_brightness_multiplies(image):
    y = apply('brightness', 0.6, image)
    assert abs(y.astype(float) - image * 0.6).max() <= 1


def test_contrast_keeps_the_mean_grey(image):
    y = apply('contrast', 0.6, image)
    grey = np.array(Image.fromarray(image[..., ::-1]).convert('L')).mean()
    expected = grey + 0.6 * (image.astype(float) - grey)
    assert abs(y - expected).max() <= 1.5


def test_saturation_keeps_the_grey_of_each_pixel(image):
    y = apply('saturation', 0.6, image)
    grey = np.array(Image.fromarray(image[..., ::-1]).convert('L'))[..., None]
    expected = grey + 0.6 * (image.astype(float) - grey)
    assert abs(y - expected).max() <= 1.5


def test_bgr_order_is_respected():
    blue_bgr = np.full((1, 1, 3), (255, 0, 0), np.uint8)
    y = apply('saturation', 0.6, blue_bgr)
    # Grey of blue is 29 of 255; of red it would be 76.
    assert abs(int(y[0, 0, 1]) - 0.4 * 29) <= 2


def test_a_mirrored_view_is_what_its_copy_is():
    image = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    for view in (image[:, ::-1], image[::-1], image[:, ::2]):
        one, other = (apply('saturation', 0.6, x) for x in (view, view.copy()))
        np.testing.assert_array_equal(one, other)


def test_probability_and_order():
    np.random.seed(0)
    transform = RandomColorDistortion()
    draws = [[name for name, _ in transform.draw()] for _ in range(2000)]
    for name in transform.ranges:
        share = np.mean([name in names for names in draws])
        assert 0.45 < share < 0.55
    assert {'hue', 'contrast'} <= {names[0] for names in draws if names}
    assert RandomColorDistortion(prob=0).draw() == []


def test_amounts_fill_the_ranges():
    np.random.seed(0)
    transform = RandomColorDistortion()
    drawn = [step for _ in range(3000) for step in transform.draw()]
    for name, (low, high) in dict(
        brightness=(0.6, 1.4),
        contrast=(0.6, 1.4),
        saturation=(0.6, 1.4),
        hue=(-18, 18),
    ).items():
        amounts = [amount for n, amount in drawn if n == name]
        width = high - low
        assert low <= min(amounts) < low + width / 50
        assert high >= max(amounts) > high - width / 50
