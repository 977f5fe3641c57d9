"""Metafiles are rewritten to the same bytes, comments included."""

import pytest
from config_files import ROOT

from uhrnet.apis.leaderboard.metafile import Metafile
from uhrnet.errors import DataError

TEXT = """# What this is.
Collections:
  - Name: A

  # about B
  - Name: B

Models:
  # about x
  - Name: x
    Config: x.py
    Results: []
  - Name: y
    Config: y.py
    Runs:
      - Seed: 0
        Duration: '1:10:22'
"""


def test_own_metafiles_are_in_this_form():
    paths = sorted((ROOT / 'configs').glob('*/metafile.yml'))
    assert len(paths) == 3
    for path in paths:
        assert Metafile(path).text() == path.read_text()


def test_comments_and_strings_survive(tmp_path):
    path = tmp_path / 'metafile.yml'
    path.write_text(TEXT)
    file = Metafile(path)
    assert file.text() == TEXT
    assert file.row('y')['Runs'] == [{'Seed': 0, 'Duration': '1:10:22'}]
    assert file.row('z') is None


def test_rows_are_sorted(tmp_path):
    path = tmp_path / 'metafile.yml'
    path.write_text(TEXT)
    file = Metafile(path)
    file.models.reverse()
    assert file.text() == TEXT


def test_a_comment_that_would_be_lost(tmp_path):
    path = tmp_path / 'metafile.yml'
    path.write_text(TEXT.replace('    Config: y', '    # why\n    Config: y'))
    with pytest.raises(DataError, match=r'metafile\.yml, line 15: move the'):
        Metafile(path)


@pytest.mark.parametrize('text', ['Models: []\n', '- x\n', 'a: [\n', ''])
def test_no_metafile(tmp_path, text):
    path = tmp_path / 'metafile.yml'
    path.write_text(text)
    with pytest.raises(DataError, match='is no metafile'):
        Metafile(path)


def test_an_entry_without_a_name(tmp_path):
    path = tmp_path / 'metafile.yml'
    path.write_text('Collections: []\nModels:\n  - Config: x.py\n')
    with pytest.raises(DataError, match="without Name: {'Config': 'x.py'}"):
        Metafile(path)
