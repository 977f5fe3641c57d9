"""Pictures made smaller, or as large as a model wants them."""

import numpy as np
import pytest

from uhrnet.web_demo.sizing import bring_to, shrink


@pytest.mark.parametrize(
    ('size', 'smaller', 'exact'),
    [
        ((240, 400), (96, 160), (96, 160)),
        ((96, 160), (96, 160), (96, 160)),
        ((60, 30), (60, 30), (160, 80)),
        ((3000, 1), (160, 1), (160, 1)),
    ],
)
def test_sizes(size, smaller, exact):
    image = np.zeros((*size, 3), np.uint8)
    assert shrink(image, 160).shape == (*smaller, 3)
    assert bring_to(image, 160).shape == (*exact, 3)


def test_means_of_areas():
    image = np.zeros((2, 320, 3), np.uint8)
    image[:, ::2] = 200
    assert (bring_to(image, 160) == 100).all()
    # what grows has values between those of its neighbours
    grown = bring_to(np.uint8([[[0], [200]]]).repeat(3, 2), 8)
    assert len(np.unique(grown)) > 2
