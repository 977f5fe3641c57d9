"""Pages are what metafiles say, and every defect is found."""

import shutil

import pytest
from config_files import ROOT

from uhrnet.apis.leaderboard.pages import (
    pages,
    problems,
    write_pages,
)
from uhrnet.apis.leaderboard.plots import PLOTS
from uhrnet.apis.leaderboard.rows import read_metafiles, rows_of

CONFIG = 'configs/uhrnet/fcn_uhrnet-w18_4xb3-120k_cityscapes-512x1024.py'
METAFILE = 'configs/hrnet/metafile.yml'


@pytest.fixture
def checkout(tmp_path):
    """What the leaderboard reads of this repository, to be changed."""
    for folder in ('hfgd', 'hrnet', 'uhrnet'):
        shutil.copytree(
            ROOT / 'configs' / folder, tmp_path / 'configs' / folder
        )
    (tmp_path / 'docs').mkdir()
    for name in (
        'docs/leaderboard.md',
        'docs/reproduce.md',
        'README.md',
        'model-index.yml',
        *(f'docs/{file}' for file in PLOTS),
    ):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_nothing_is_wrong_here():
    assert not list(problems(ROOT))


def test_pages_are_the_same_bytes(checkout):
    rows = rows_of(read_metafiles(checkout))
    for path, text in pages(rows, checkout).items():
        assert text == (ROOT / path.relative_to(checkout)).read_text()
    assert write_pages(rows, checkout) == []


@pytest.mark.parametrize(
    'file, old, new, problem',
    [
        (METAFILE, 'Source: arXiv 1908.07919 (TPAMI)\n', "Source: ''\n",
         'a reported figure without Source'),
        (METAFILE, 'mIoU: 81.1\n', 'mIoU: 81.2\n', 'is out of date'),
        (METAFILE, 'MACs: 747513053184\n', 'MACs: 747513053185\n',
         'docs/leaderboard_cityscapes.svg is out of date'),
        (METAFILE, 'In Collection: HRNet', 'In Collection: FCN',
         'In Collection must be HRNet, not FCN'),
        (METAFILE, 'Log:', 'Logs:', 'a run without Log'),
        (METAFILE, 'Metadata:\n      Training', 'Data:\n      Training',
         'no Metadata, run the tool'),
        (METAFILE, '    Results: []', '    Results:    []',
         'is not in its one form'),
        ('docs/leaderboard.md', '| 81.1 |', '| 81.2 |',
         'docs/leaderboard.md is out of date'),
        ('docs/reproduce.md', '81.1 %', '81.2 %',
         'docs/reproduce.md is out of date'),
        ('README.md', '| 27.40 |', '| 37.40 |', 'README.md is out of date'),
        ('configs/hfgd/README.md', '| 23.28 |', '| 24.28 |',
         'configs/hfgd/README.md is out of date'),
        ('model-index.yml', 'Import:', 'Imports:', 'does not name the'),
        ('docs/leaderboard_coco.svg', '41.3', '42.3',
         'docs/leaderboard_coco.svg is out of date'),
    ],
)  # fmt: skip
def test_defects(checkout, file, old, new, problem):
    change(checkout / file, old, new)
    found = list(problems(checkout))
    assert any(problem in text for text in found), found


def test_a_config_without_a_row(checkout):
    config = checkout / CONFIG
    shutil.copy(config, config.with_name('fcn_uhrnet-w18_4xb9-9k_lip-9x9.py'))
    assert list(problems(checkout)) == [
        'fcn_uhrnet-w18_4xb9-9k_lip-9x9: a config without a row, run the '
        'tool with --metafiles'
    ]


def test_a_row_without_a_config(checkout):
    path = checkout / CONFIG
    path.unlink()
    assert list(problems(checkout)) == [f'{path.stem}: a row without a config']


def test_writing_mends(checkout):
    change(checkout / METAFILE, 'mIoU: 81.1\n', 'mIoU: 81.3\n')
    changed = write_pages(rows_of(read_metafiles(checkout)), checkout)
    names = {str(path.relative_to(checkout)) for path in changed}
    assert names == {
        'docs/leaderboard.md',
        'docs/reproduce.md',
        'configs/hrnet/README.md',
        'docs/leaderboard_cityscapes.svg',
    }
    assert not list(problems(checkout))


def test_lost_marks_are_an_error(checkout):
    change(checkout / 'README.md', '<!-- end of sizes -->', '')
    with pytest.raises(ValueError, match='must have the blocks cityscapes'):
        list(problems(checkout))
