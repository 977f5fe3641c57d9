"""Names of outputs: short where that is enough, and never the same twice."""

from pathlib import Path

import pytest

from uhrnet.console.output_names import output_names, root_of
from uhrnet.errors import ConfigError

ENDINGS = ('.png', '_overlay.png')


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ('a/x.png', 'a/deep/x.png', 'b/x.png'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ('inputs', 'root'),
    [
        (['a'], 'a'),
        (['a/x.png'], 'a'),
        (['a', 'b'], '.'),
        (['a/deep/x.png', 'a/x.png'], 'a'),
        (['a/*.png'], 'a'),
        (['a/**/*.png'], 'a'),
        (['*/x.png'], '.'),
        (['x.png'], '.'),
        (['.'], '.'),
    ],
)
def test_root(folder, inputs, root):
    expected = folder / root
    assert root_of(inputs) == expected
    absolute = [str(folder / x) for x in inputs]
    assert root_of(absolute) == expected


def names(folder, *files, **kwargs):
    paths = [Path(x) for x in files]
    found = output_names(paths, folder, ENDINGS, **kwargs)
    return [found[path] for path in paths]


def test_folders_are_mirrored(folder):
    assert names(folder, 'a/x.png', 'a/deep/x.png', 'b/x.png') == [
        'a/x',
        'a/deep/x',
        'b/x',
    ]
    assert names(folder / 'a', folder / 'a' / 'x.png') == ['x']


def test_equal_stems(folder):
    assert names(folder, 'c.png', 'c.jpg', 'd.jpg') == [
        'c.png',
        'c.jpg',
        'd',
    ]


def test_an_image_called_as_an_output(folder):
    assert names(folder, 'c.jpg', 'c_overlay.jpg', 'd.jpg') == [
        'c.jpg',
        'c_overlay.jpg',
        'd',
    ]
    reserved = dict(reserved=['detections.png'])
    assert names(folder, 'detections.jpg', **reserved) == ['detections.jpg']


def test_no_name_left(folder):
    with pytest.raises(ConfigError, match='same names for c, c_overlay: pre'):
        names(folder, 'c', 'c_overlay')
