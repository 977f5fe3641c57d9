"""A folder holds predictions that were made in one way."""

import os

import pytest

from uhrnet.console.record import (
    NAME,
    describe_file,
    is_complete,
    record_or_compare,
)
from uhrnet.errors import ConfigError


def test_other_predictions_are_refused(tmp_path):
    folder = tmp_path / 'out'
    record_or_compare(folder, dict(model='a', weights=('w', 1), tta=False))
    record_or_compare(folder, dict(model='a', weights=('w', 1), tta=False))
    with pytest.raises(ConfigError, match='tta was False and is True. Name'):
        record_or_compare(folder, dict(model='a', weights=('w', 1), tta=True))


def test_a_damaged_record(tmp_path):
    (tmp_path / NAME).write_text('{"model"')
    with pytest.raises(ConfigError, match=f'{NAME} is damaged'):
        record_or_compare(tmp_path, dict(model='a'))


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
