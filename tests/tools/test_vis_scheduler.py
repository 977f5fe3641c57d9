import cv2
import pytest
from command_line import call_tool, import_tool

TOOL = 'tools/analysis_tools/vis_scheduler.py'
ITERATIONS = 'fcn_uhrnet-w18-small_1xb4-500it_camvid-192x192'
EPOCHS = 'faster-rcnn_uhrnetv2p-w18-small_1xb4-6e_bccd-240x320'


@pytest.mark.parametrize(
    ('config', 'options', 'count'),
    [(ITERATIONS, (), 500), (EPOCHS, ('-d', 205, '-n', 2), 6 * 26)],
)
def test_picture(monkeypatch, tmp_path, capsys, config, options, count):
    out = tmp_path / 'new/lr.png'
    call_tool(
        monkeypatch, import_tool(monkeypatch, TOOL), config, *options, '-s',
        out,
    )  # fmt: skip
    assert f'lr of {count} iterations' in capsys.readouterr().out
    assert cv2.imread(str(out)).std() > 10
