import numpy as np
import pytest
from PIL import Image

from uhrnet.transforms.hue_shift import shift_hue


def by_pillow(image, delta):
    """There, and back again."""
    hue, *rest = Image.fromarray(image).convert('HSV').split()
    hue = hue.point([int(level + delta) % 256 for level in range(256)])
    return np.asarray(Image.merge('HSV', (hue, *rest)).convert('RGB'))


@pytest.mark.parametrize('delta', [7.3, -0.6, -17.9])
def test_equals_pillow_for_every_colour(delta):
    """A fifth of all colours for each delta, another one each time."""
    colours = np.arange(int(10 * abs(delta)) % 5, 2**24, 5, dtype='>u4')
    image = colours.view(np.uint8).reshape(1, -1, 4)[..., 1:].copy()
    np.testing.assert_array_equal(
        shift_hue(image, delta), by_pillow(image, delta)
    )


def test_turns_in_256ths():
    red = np.full((1, 1, 3), (255, 0, 0), np.uint8)
    green = shift_hue(red, 256 / 3)[0, 0]
    assert green[1] == 255 and green[0] < 6 and green[2] < 6
    back = shift_hue(shift_hue(red, 200), -200)
    assert abs(back.astype(int) - red).max() <= 6
