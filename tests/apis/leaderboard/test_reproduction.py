"""Commands, ranges and hours of the published figures."""

import re

import pytest
from config_files import ROOT, named

from uhrnet.apis.leaderboard.collecting import targets
from uhrnet.apis.leaderboard.reproduction import commands, hours
from uhrnet.apis.leaderboard.rows import read_metafiles, rows_of

ROWS = rows_of(read_metafiles(ROOT))
NAME = 'fcn_uhrnet-w48-in1k-pre_4xb3-120k_cityscapes-512x1024'


def test_commands():
    config = f'configs/uhrnet/{NAME}.py'
    test = f'tools/dist_test.sh {config} work_dirs/{NAME}/iter_120000.pth 4'
    assert list(commands(ROWS[NAME])) == [
        f'tools/dist_train.sh {config} 4',
        f'{test} --work-dir work_dirs/{NAME}/test',
        f'{test} --tta-flip --work-dir work_dirs/{NAME}/flip',
        f'{test} --tta --work-dir work_dirs/{NAME}/ms+flip',
    ]
    detector = 'htc_hrnetv2p-w18-in1k-pre_8xb2-20e_coco'
    assert f'{detector}/epoch_20.pth 8 ' in list(commands(ROWS[detector]))[1]


def test_hours_by_hand():
    """A crop is a quarter of the image; 10 TFLOP/s are assumed."""
    macs = ROWS[NAME]['Metadata']['MACs']
    operations = 6 * macs / 4 * 12 * 120000
    assert hours(ROWS[NAME]) == pytest.approx(operations / 10e12 / 3600)


def test_every_target_has_a_row():
    text = (ROOT / 'docs/reproduce.md').read_text()
    rows = set(re.findall(r'^\| \[([\w-]+)\]\(', text, re.M))
    aimed = {name for name, row in ROWS.items() if targets(row)}
    assert rows == aimed
    assert len(rows) == 37
    for name in rows:
        assert f'tools/dist_train.sh {ROWS[name]["Config"]} ' in text
        if 'tta' in text.split(f'work_dirs/{name}/')[-1].splitlines()[0]:
            assert named(name).tta_model
