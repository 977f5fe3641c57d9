"""What a user may name, and what becomes of it."""

import numpy as np
import pytest
import test_videos

from uhrnet.apis.inputs import find_files, find_sources
from uhrnet.errors import DataError


@pytest.fixture
def folder(tmp_path):
    for name in (
        *('b.png', 'a.JPG', 'deep/c.jpeg', 'notes.txt', '.hidden.png'),
        '.previews/b.png',
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / 'folder.png').mkdir()
    return tmp_path


def names(inputs):
    return [source.name for source in find_sources(inputs)]


def test_a_folder(folder):
    expected = [folder / x for x in ('a.JPG', 'b.png', 'deep/c.jpeg')]
    assert find_files(str(folder)) == expected
    assert names(folder) == [str(x) for x in expected]


def test_patterns_and_several(folder):
    every = [folder / 'a.JPG', folder / 'deep' / 'c.jpeg']
    assert find_files(f'{folder}/**/*.[jJ]*') == every
    mixed = [f'{folder}/b.png', np.zeros((2, 2, 3), np.uint8), folder / 'deep']
    assert names(mixed) == [f'{folder}/b.png', '1', f'{folder}/deep/c.jpeg']


def test_arrays():
    images = [np.full((2, 3, 3), x, np.uint8) for x in range(3)]
    assert names(images[0]) == ['0']
    found = list(find_sources(iter(images)))
    assert [x.name for x in found] == ['0', '1', '2']
    assert all(x.image is y for x, y in zip(found, images, strict=True))


def test_a_video_among_images(folder):
    path = test_videos.write(folder / 'clip.avi', count=2)
    assert names([path, folder / 'b.png']) == [
        f'{path}#0',
        f'{path}#1',
        f'{folder}/b.png',
    ]


@pytest.mark.parametrize('name', ['none.png', '*.gif', 'empty'])
def test_nothing_there(folder, name):
    (folder / 'empty').mkdir()
    with pytest.raises(DataError, match='has no images|does not exist'):
        find_files(str(folder / name))


@pytest.mark.parametrize(
    ('inputs', 'message'),
    [
        (None, 'NoneType cannot be predicted'),
        (b'0', 'bytes cannot be predicted'),
        ('', "'' is no name"),
        (-1, '-1 does not exist'),
    ],
)
def test_no_input(inputs, message):
    with pytest.raises(DataError, match=message):
        list(find_sources(inputs))
