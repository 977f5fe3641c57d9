"""A folder holds predictions that were made in one way."""

import os
from pathlib import Path

import pytest

from uhrnet.console.record import (
    NAME,
    describe_file,
    is_complete,
    record_or_compare,
    without_outputs,
)
from uhrnet.errors import ConfigError


def test_other_predictions_are_refused(tmp_path):
    folder = tmp_path / 'out'
    made_by = dict(model='a', weights=('w', 1), tta=False)
    record_or_compare(folder, made_by, {})
    record_or_compare(folder, made_by, {})
    with pytest.raises(ConfigError, match='tta was False and is True. Name'):
        record_or_compare(folder, made_by | dict(tta=True), {})


def test_files_of_other_images_are_refused(tmp_path):
    record_or_compare(tmp_path, {}, {'a.png': '/x/a.jpg'})
    record_or_compare(tmp_path, {}, {'b.png': '/x/b.jpg'})
    (tmp_path / 'a.png').touch()
    record_or_compare(tmp_path, {}, {'a.png': '/x/a.jpg'})
    with pytest.raises(ConfigError, match='is of /x/b.jpg, and would be of /'):
        record_or_compare(tmp_path, {}, {'b.png': '/y/b.jpg'})


def test_what_is_no_prediction_is_not_replaced(tmp_path):
    (tmp_path / 'a.png').touch()
    with pytest.raises(ConfigError, match='a.png would be replaced'):
        record_or_compare(tmp_path, {}, {'a.png': '/x/a.jpg'})
    assert not (tmp_path / NAME).exists()


def test_predictions_are_no_inputs(tmp_path, monkeypatch):
    record_or_compare(tmp_path / 'out', {}, {'deep/a.png': '/x/a.jpg'})
    monkeypatch.chdir(tmp_path)
    files = [Path(x) for x in ('a.png', 'out/a.png', 'out/deep/a.png')]
    assert without_outputs(files) == files[:2]


@pytest.mark.parametrize('text', ['{"model"', '[]', '{"made_by": {}}'])
def test_a_damaged_record(tmp_path, text):
    (tmp_path / NAME).write_text(text)
    with pytest.raises(ConfigError, match=f'{NAME} is damaged'):
        record_or_compare(tmp_path, dict(model='a'), {})


def test_weights_that_were_written_again(tmp_path):
    path = tmp_path / 'w.pth'
    path.write_bytes(b'1')
    before = describe_file(str(path))
    assert describe_file(str(path)) == before
    path.write_bytes(b'12')
    assert describe_file(str(path)) != before
    assert describe_file('https://example.org/w') == 'https://example.org/w'


def test_complete(tmp_path):
    source, one, other = (tmp_path / x for x in ('s', 'a', 'b'))
    for path in (source, one):
        path.touch()
    assert is_complete(source, [one])
    assert not is_complete(source, [one, other])
    os.utime(one, (1, 1))
    assert not is_complete(source, [one])
