"""What a model tells apart, with names and colours whatever files say."""

from untrained import DETECTOR, SEGMENTOR

from uhrnet.apis import load
from uhrnet.apis.class_names import class_count, colors_for, names_for


def test_names_of_classes(untrained):
    for name in (SEGMENTOR, DETECTOR):
        model = load(untrained(name), device='cpu')
        assert class_count(model.model) == len(model.classes)
    assert names_for(['a', 'b'], 2) == ('a', 'b')
    # what a checkpoint of another data set says, or nothing
    assert names_for(['a', 'b', 'c'], 2) == ('class 0', 'class 1')
    assert names_for(None, 1) == ('class 0',)


def test_colors():
    assert colors_for([[1, 2, 3]], 1) == [(1, 2, 3)]
    made = colors_for('random', 20)
    assert len(set(made)) == 20
    assert all(type(x) is int and 0 <= x < 256 for c in made for x in c)
    assert colors_for(None, 0) == []
