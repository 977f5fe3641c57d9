"""Files that a data set names."""

import os

import pytest

from uhrnet.data_files import check_inside, read_file
from uhrnet.errors import DataError


def test_a_file(tmp_path):
    path = tmp_path / 'a'
    path.write_bytes(b'abc')
    assert read_file(str(path)) == b'abc'
    assert read_file(str(path), max_bytes=3) == b'abc'
    with pytest.raises(DataError, match='a has 3 bytes, and 2 are the most'):
        read_file(str(path), max_bytes=2)


def test_missing(tmp_path):
    with pytest.raises(DataError, match=r'b is missing, although l\.txt na'):
        read_file(str(tmp_path / 'b'), named_by='l.txt')


def test_what_has_no_end(tmp_path):
    """A pipe would be waited for, a device read until memory is full."""
    os.mkfifo(tmp_path / 'pipe')
    (tmp_path / 'link').symlink_to('/dev/zero')
    for path in (tmp_path / 'pipe', tmp_path / 'link', tmp_path, '/dev/zero'):
        with pytest.raises(DataError, match='is no plain file'):
            read_file(str(path))


def test_names_that_no_file_has():
    for name in ('a\0b', '\udc80' * 3 + '\ud800'):
        with pytest.raises(DataError, match='is no name of a file'):
            read_file(name)
    with pytest.raises(DataError, match='cannot be read'):
        read_file('x' * 5000)


@pytest.mark.parametrize(
    'name', ['a.jpg', 'a/b.jpg', './a', 'a..b', '..a/b', 'a:b.png']
)
def test_names_inside(name):
    check_inside(name, 'list')


@pytest.mark.parametrize(
    'name',
    ['../a', 'a/../../b', '/etc/passwd', 'C:\\a', '\\\\host\\a', 'a\\..\\b',
     'http://host/a', 's3://bucket/a', 'a\0'],
)  # fmt: skip
def test_names_that_lead_out(name):
    with pytest.raises(DataError, match='list names .* leads out of the fold'):
        check_inside(name, 'list')
