"""The pictures show every comparable figure, and can be drawn again."""

import json

import pytest
from config_files import ROOT

from uhrnet.apis.leaderboard.plots import PLOTS, draw, made_of, points, stated
from uhrnet.apis.leaderboard.rows import read_metafiles, rows_of

ROWS = rows_of(read_metafiles(ROOT))
NUM_POINTS = dict(cityscapes=7, coco=22, camvid=6)


@pytest.mark.parametrize('file', PLOTS)
def test_points(file):
    name = file.removeprefix('leaderboard_').removesuffix('.svg')
    found = points(ROWS, PLOTS[file])
    assert len(found) == NUM_POINTS[name]
    plot = PLOTS[file]
    for point in found:
        results = [
            result
            for result in point.row['Results']
            if result['Dataset'] == plot.data
            and result['Metrics'].get(plot.metric) == point.value
        ]
        assert any(result['Status'] == point.status for result in results)
        assert any(result.get('Comparable', True) for result in results)


def test_the_same_bytes_twice(tmp_path):
    plot = PLOTS['leaderboard_camvid.svg']
    first, second = tmp_path / 'a.svg', tmp_path / 'b.svg'
    draw(ROWS, plot, first)
    draw(ROWS, plot, second)
    assert first.read_bytes() == second.read_bytes()
    assert stated(first) == made_of(ROWS, plot)
    title, _, _, *shown = json.loads(stated(first))
    assert title == plot.title
    assert len(shown) == NUM_POINTS['camvid']
    renamed = plot._replace(title='Other')
    assert stated(first) != made_of(ROWS, renamed)
    assert stated(tmp_path / 'none.svg') is None


def test_statuses_are_marked_apart():
    import matplotlib.pyplot as plt

    from uhrnet.apis.leaderboard.plots import _draw_panel

    plot = PLOTS['leaderboard_camvid.svg']
    (sample, *_) = points(ROWS, plot)
    shown = [
        sample._replace(status=status)
        for status in ('reported', 'converted', 'trained')
    ]
    picture, panel = plt.subplots()
    _draw_panel(panel, shown, {sample.family: 'blue'}, 'MACs', 1e9)
    marks = {
        (line.get_marker(), line.get_markerfacecolor()) for line in panel.lines
    }
    plt.close(picture)
    assert len(marks) == 3
