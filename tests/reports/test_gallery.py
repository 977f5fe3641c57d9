import math
import random

from uhrnet.reports.gallery import Gallery


def offer(gallery, errors, offset=0):
    made = []
    for index, error in enumerate(errors, offset):
        gallery.offer(
            error, index, dict(e=error), lambda i=index: made.append(i) or i
        )
    return made


def test_the_best_and_the_worst_of_many():
    errors = [random.random() for _ in range(500)]
    gallery = Gallery(3)
    made = offer(gallery, errors)
    order = sorted(range(500), key=errors.__getitem__)
    assert [x.index for x in gallery.best] == order[:3]
    assert [x.sample for x in gallery.worst] == order[:-4:-1]
    assert gallery.worst[0].figures == dict(e=max(errors))
    # little was ever copied
    assert len(made) < 60


def test_few_images_are_shown_once():
    gallery = Gallery(4)
    offer(gallery, [0.5, math.nan, 0.1, 0.9, 0.1])
    assert [x.index for x in gallery.worst] == [3, 0, 2, 4]
    assert gallery.best == []


def test_those_of_other_processes():
    first, second, both = Gallery(2), Gallery(2), Gallery(2)
    errors = [0.3, 0.9, 0.2, 0.8, 0.1, 0.7]
    offer(first, errors[:3])
    offer(second, errors[3:], offset=3)
    offer(both, errors)
    first.merge([second])
    assert (first.best, first.worst) == (both.best, both.worst)
