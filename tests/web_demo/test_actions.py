"""What is predicted, at which size."""

import cv2
import numpy as np
import pytest

from uhrnet.apis.predictions import DepthPrediction
from uhrnet.web_demo import actions
from uhrnet.web_demo.offers import Offer


class Store:
    """A model that notes what it is given."""

    device = 'cpu'

    def get(self, offer):
        return self

    def predict(self, images, focal):
        (self.image,), self.focal = images, focal
        yield DepthPrediction(
            image=self.image,
            source='0',
            seconds=1.0,
            depth=np.ones(self.image.shape[:2], np.float32),
        )


def chosen(tmp_path, height, width):
    path = tmp_path / 'a.png'
    cv2.imwrite(str(path), np.zeros((height, width, 3), np.uint8))
    return actions.choose(path)


def offer(side=None, task='depth'):
    return Offer('mine', task, 'a.py', 'a.pth', side)


@pytest.mark.parametrize(
    ('side', 'longest', 'size'),
    [
        (160, actions.AS_TRAINED, (96, 160)),
        (800, actions.AS_TRAINED, (480, 800)),
        (None, actions.AS_TRAINED, (240, 400)),
        (160, 320, (192, 320)),
        (None, 1024, (240, 400)),
    ],
)
def test_the_size_that_is_predicted(tmp_path, side, longest, size):
    store = Store()
    picture = chosen(tmp_path, 240, 400)
    found, facts = actions.predict(
        picture, offer(side), store, focal=100, longest=longest
    )
    assert store.image.shape[:2] == found.depth.shape == size
    assert store.focal == pytest.approx(100 * size[1] / 400)
    assert '400 x 240 pixels' in facts
    assert ('Predicted at' in facts) == (size != (240, 400))


def test_a_large_picture_is_kept_small(tmp_path):
    store = Store()
    picture = chosen(tmp_path, 10, 2 * actions.SIDES[-1])
    assert picture.image.shape[:2] == (5, actions.SIDES[-1])
    facts = actions.predict(picture, offer(), store, focal=100)[1]
    assert f'{2 * actions.SIDES[-1]} x 10 pixels' in facts
    assert store.focal == 50


def test_the_focal_length_is_of_depth_alone(tmp_path):
    store = Store()
    picture = chosen(tmp_path, 6, 8)
    actions.predict(picture, offer(task='segmentation'), store, focal=100)
    assert store.focal is None


def test_without_a_picture():
    with pytest.raises(actions.Problem, match='Choose a picture first'):
        actions.predict(None, offer(), Store())


def test_what_visitors_are_told(capsys):
    def fail():
        raise KeyError('/home/somebody/secret')

    with pytest.raises(actions.Problem) as raised:
        actions.told(fail)
    assert 'KeyError' in str(raised.value)
    assert 'somebody' not in str(raised.value)
    assert 'somebody' in capsys.readouterr().err
