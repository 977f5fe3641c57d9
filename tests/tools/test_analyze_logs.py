import json

import cv2
import pytest
from command_line import call_tool, import_tool

from uhrnet.errors import ConfigError

TOOL = 'tools/analysis_tools/analyze_logs.py'


@pytest.fixture
def tool(monkeypatch):
    module = import_tool(monkeypatch, TOOL)
    return lambda *arguments: call_tool(monkeypatch, module, *arguments)


@pytest.fixture
def work_dir(tmp_path):
    log = tmp_path / 'work/20260101_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    lines = [
        dict(loss=3.0 / i, lr=0.1, time=float(i), iter=10 * i, step=10 * i)
        for i in range(1, 5)
    ]
    lines.append(dict(mIoU=40.0, step=40))
    log.write_text('\n'.join(map(json.dumps, lines)))
    return tmp_path / 'work'


def test_curves(tool, work_dir, tmp_path, monkeypatch):
    """The tool hands the log's values to the figure that it saves."""
    from uhrnet.analysis import log_curves

    drawn = []
    whole = log_curves.draw_curves
    monkeypatch.setattr(log_curves, 'draw_curves', whole)
    module = import_tool(monkeypatch, TOOL)
    monkeypatch.setattr(
        module,
        'draw_curves',
        lambda *given: drawn.append(whole(*given)) or drawn[0],
    )
    out = tmp_path / 'pictures/curves.png'
    call_tool(
        monkeypatch, module, 'plot_curve', work_dir, '--keys', 'loss',
        'mIoU', '--title', 'Of a test', '--legend', 'mine', '--out', out,
    )  # fmt: skip
    lines = {
        panel.get_ylabel(): panel.lines[0].get_xydata().tolist()
        for panel in drawn[0].axes
    }
    assert lines == {
        'loss': [[10, 3], [20, 1.5], [30, 1], [40, 0.75]],
        '%': [[40, 40]],
    }
    height, width, _ = cv2.imread(str(out)).shape
    assert width > height > 200


def test_seconds(tool, work_dir, capsys):
    tool('cal_train_time', work_dir)
    out = capsys.readouterr().out
    assert 'slowest iteration 40, average time is 4.0000 s/iter' in out
    assert 'average iter time: 3.0000 s/iter' in out


def test_refused(tool, work_dir, tmp_path):
    with pytest.raises(ConfigError, match='no key .mAP'):
        tool('plot_curve', work_dir, '--keys', 'mAP', '--out', 'a.png')
    with pytest.raises(ConfigError, match='2 names for 1 logs'):
        tool('plot_curve', work_dir, '--legend', 'a', 'b')
    with pytest.raises(ConfigError, match='no display'):
        tool('plot_curve', work_dir)
