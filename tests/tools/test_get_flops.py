import json

import pytest
from command_line import fail, succeed

CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_4xb2-80k_cityscapes-512x1024.py'
TOOL = 'tools/analysis_tools/get_flops.py'


def test_text_names_its_units():
    text = succeed(TOOL, CONFIG)
    assert '13,240,503 (13.241 M)' in text
    assert '(78.445 GMACs, 73.058 x 2^30)' in text
    assert 'backbone' in text and 'decode_head' in text


def test_json_and_options():
    line = succeed(
        TOOL, CONFIG, '--json', '--shape', 512, '--cfg-options',
        'model.backbone.arch=w18',
    ).splitlines()[-1]  # fmt: skip
    report = json.loads(line)
    assert report['input'] == [3, 512, 512]
    assert report['params'] == 25972735
    assert report['macs'] == pytest.approx(147.787e9 / 8, rel=1e-4)
    assert sum(report['macs_by_part'].values()) == report['macs']


def test_wrong_shape():
    assert '--shape takes' in fail(TOOL, CONFIG, '--shape', 1, 2, 3)
