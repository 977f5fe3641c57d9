"""The documentation's figures are those of the models as they are built."""

from functools import cache

import pytest
from command_line import ROOT, import_tool

from uhrnet.analysis.network_figure import (
    draw_network,
    made_of,
    save_svg,
    stated,
)
from uhrnet.analysis.network_layout import lay_out
from uhrnet.analysis.network_trace import trace_shapes
from uhrnet.engine.config_file import read_config

TOOL = 'tools/analysis_tools/draw_network.py'
SMALL = 'fcn_uhrnet-w18-small_1xb4-500it_camvid-192x192'


@cache
def layout(config, size, title='A test'):
    return lay_out(*trace_shapes(read_config(config), size), size, title)


@pytest.fixture
def docs(monkeypatch):
    return import_tool(monkeypatch, TOOL).DOCS


@pytest.mark.parametrize(
    'kind',
    [
        'uhrnet',
        *(
            pytest.param(kind, marks=pytest.mark.slow)
            for kind in ('hrnet', 'hfgd', 'v2p')
        ),
    ],
)
def test_documentation(docs, kind):
    """If this fails: tools/analysis_tools/draw_network.py --docs docs."""
    name = f'network_{kind}.svg'
    config, title, size = docs[name]
    assert stated(ROOT / 'docs' / name) == made_of(layout(config, size, title))


def test_shapes_and_strides():
    """By hand, of the small U-HRNet."""
    boxes = layout(SMALL, (96, 160)).boxes
    assert boxes['stem1'][2:4] == (2, (64, 48, 80))
    assert boxes['stage3.0'][2:4] == (8, (36, 12, 20))
    assert boxes['stage5.1'][2:4] == (64, (288, 2, 3))
    outputs = [boxes[f'out{i}'] for i in range(5)]
    assert [x.shape[0] for x in outputs] == [9, 18, 36, 72, 144]
    assert [x.stride for x in outputs] == [4, 8, 16, 32, 64]
    assert boxes['decode_head.convs.0.joined'].shape[0] == 279
    assert boxes['result'].shape == (11, 24, 40)


def test_arrows():
    drawing = layout(SMALL, (96, 160))
    kinds = {(x.start, x.end): x.kind for x in drawing.arrows}
    assert kinds['stage2.0', 'stage8.in0'] == 'skip'
    assert kinds['stage2.1', 'stage3.in1'] == 'down'
    assert kinds['stage5.0', 'stage6.in0'] == 'up'
    assert kinds['stage5.1', 'out4'] == 'same'
    assert kinds['stage4.in1', 'stage4.0'] == 'up'  # fusion
    assert set(sum(kinds, ())) == set(drawing.boxes)


@pytest.mark.parametrize(
    ('variant', 'low', 'high'),
    [('', 'skip', 'skip'), ('-attached', 'same', 'same')],
)
def test_what_the_decoder_detaches(variant, low, high):
    config = f'hfgd{variant}_uhrnet-w18-small_1xb4-500it_camvid-192x192'
    kinds = {
        (x.start, x.end): x.kind for x in layout(config, (96, 160)).arrows
    }
    assert kinds['out0', 'lateral0'] == low
    assert kinds['cae', 'lateral3'] == high


def test_the_same_bytes_twice(tmp_path):
    drawing = layout(SMALL, (96, 160))
    first, second = tmp_path / 'a.svg', tmp_path / 'b.svg'
    save_svg(drawing, first)
    save_svg(drawing, second)
    assert first.read_bytes() == second.read_bytes()
    assert stated(first) == made_of(drawing)


def test_figure_says_the_shapes():
    drawing = layout(SMALL, (96, 160))
    figure = draw_network(drawing)
    texts = [x.get_text() for x in figure.axes[0].texts]
    assert 'A test, input 96 x 160' in texts
    assert '279' in texts and '24 x 40' in texts
    rows = [x for x in texts if x.startswith('stride')]
    assert rows == [f'stride {2**i}' for i in range(7)]
    shown = [x for x in drawing.boxes.values() if not x.plain]
    assert sum(text == '36' for text in texts) == sum(
        box.shape[0] == 36 for box in shown
    )
