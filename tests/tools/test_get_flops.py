import json

import pytest
from command_line import fail, succeed

CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_4xb2-80k_cityscapes-512x1024.py'
DETECTOR = 'configs/hrnet/faster-rcnn_hrnetv2p-w18-in1k-pre_8xb2-1x_coco.py'
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


def test_detector():
    """By hand: neck and dense head of Faster R-CNN at strides 4 to 64."""
    line = succeed(TOOL, DETECTOR, '--json', '--shape', 128, 192).splitlines()[
        -1
    ]
    report = json.loads(line)
    assert report['params'] == 27482676
    levels = [(32 >> i) * (48 >> i) for i in range(6)]
    convs = 256 * 256 * 9 * (sum(levels[:4]) + 2 * 3)
    # of W18's maps the lowest alone is wide, and convolved at its size
    mixing = 256 * ((18 + 36 + 72) * levels[0] + 144 * levels[3])
    parts = report['macs_by_part']
    assert parts['neck'] == convs + mixing
    boxes = 256 * 3 * (1 + 4) * (sum(levels[:4]) + 2 * 3)
    assert parts['rpn_head'] == convs + boxes


def test_wrong_shape():
    assert '--shape takes' in fail(TOOL, CONFIG, '--shape', 1, 2, 3)
