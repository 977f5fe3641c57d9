"""A network as the papers draw it: resolutions from top to bottom."""

import html
import json
import math
import re
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from .network_drawing import DOWN, SAME, SKIP, UP, Box, Drawing

# Of strides 1, 2, 4, ...
_FILLS = (
    '#eeeeee', '#dfe7ef', '#cfe0f3', '#cdeac8', '#fdf0b5', '#fbd3a5',
    '#f3b7b0', '#d9c3e6',
)  # fmt: skip
_LINES = {
    SAME: ('#444444', '-', 'same size'),
    DOWN: ('#1f5fa8', '-', 'smaller, by strides or pooling'),
    UP: ('#c0392b', '-', 'larger, by interpolation'),
    SKIP: ('#7a7a7a', '--', None),
}
_WIDE, _HIGH = 0.92, 0.5  # of a box; columns and rows are 1 apart
_NARROW = 0.3
_INCHES = 0.8, 0.95  # of a column, of a row


def draw_network(drawing: Drawing) -> Figure:
    """Draw boxes and arrows; each row has one resolution.

    Args:
        drawing: Of :func:`~uhrnet.analysis.network_layout.lay_out`.
    """
    strides = sorted({box.stride for box in drawing.boxes.values()})
    rows = {stride: -row for row, stride in enumerate(strides)}
    width = drawing.end + 2.6
    height = len(strides) + 1.1
    figure = Figure((_INCHES[0] * width, _INCHES[1] * height))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_xlim(-1.6, drawing.end + 1)
    axis.set_ylim(-len(strides) + 0.3 - 0.4, 0.3 + 0.7)
    axis.set_axis_off()
    for stride, row in rows.items():
        axis.axhline(row, color='#f2f2f2', linewidth=14, zorder=0)
        axis.text(
            -1.5, row, f'stride {stride}', fontsize=9, va='center',
            color='#555555',
        )  # fmt: skip
    for arrow in drawing.arrows:
        start, end = drawing.boxes[arrow.start], drawing.boxes[arrow.end]
        hidden = start.stride == end.stride and any(
            box.stride == start.stride
            and start.column < box.column < end.column
            for box in drawing.boxes.values()
        )
        _draw_arrow(axis, start, end, arrow.kind, rows, hidden)
    for box in drawing.boxes.values():
        _draw_box(axis, box, rows[box.stride])
    for label in drawing.labels:
        axis.text(
            label.column,
            rows[label.stride] + _HIGH / 2 + 0.03,
            label.text,
            fontsize=7.5,
            ha='center',
            va='bottom',
            linespacing=1.05,
        )
    tall, wide = drawing.size
    axis.text(
        -1.5, 0.8, f'{drawing.title}, input {tall} x {wide}', fontsize=13
    )
    _draw_legend(axis, drawing)
    return figure


def save_svg(drawing: Drawing, path: Path) -> None:
    """Draw into a file, the same bytes for the same matplotlib.

    Args:
        drawing: Of :func:`~uhrnet.analysis.network_layout.lay_out`.
        path: Where to.
    """
    options = {'svg.hashsalt': drawing.title, 'svg.fonttype': 'path'}
    with matplotlib.rc_context(options):
        draw_network(drawing).savefig(
            path,
            format='svg',
            metadata={'Date': None, 'Description': made_of(drawing)},
        )


def made_of(drawing: Drawing) -> str:
    """Write down what a figure shows; its file carries this."""
    return json.dumps(
        [drawing.title, drawing.size, list(drawing.boxes.values()),
         drawing.arrows, drawing.labels]
    )  # fmt: skip


def stated(path: Path) -> str:
    """Return what a figure in a file was made of."""
    text = path.read_text()
    found = re.search(r'<dc:description>(.*?)</dc:description>', text, re.S)
    return html.unescape(found[1]) if found else ''


def _size(box: Box) -> tuple[float, float]:
    return (_NARROW, _HIGH * 0.8) if box.plain else (_WIDE, _HIGH)


def _draw_box(axis: object, box: Box, row: float) -> None:
    wide, high = _size(box)
    level = min(int(math.log2(box.stride)), len(_FILLS) - 1)
    axis.add_patch(
        FancyBboxPatch(
            (box.column - wide / 2, row - high / 2),
            wide,
            high,
            boxstyle='round,pad=0,rounding_size=0.06',
            facecolor=_FILLS[level],
            edgecolor='#333333',
            linewidth=0.8,
            zorder=3,
        )
    )
    if box.plain:
        return
    channels, tall, across = box.shape
    for text, up, size, weight in (
        (f'{channels}', 0.09, 10, 'bold'),
        (f'{tall} x {across}', -0.12, 7, 'normal'),
    ):
        axis.text(
            box.column, row + up, text, fontsize=size, weight=weight,
            ha='center', va='center', zorder=4,
        )  # fmt: skip


def _draw_arrow(
    axis: object,
    start: Box,
    end: Box,
    kind: str,
    rows: dict[int, float],
    hidden: bool,
) -> None:
    color, line, _ = _LINES[kind]
    a, b = rows[start.stride], rows[end.stride]
    bend = 'arc3'
    if hidden:  # by boxes in between: around them, below
        ends = tuple(
            (box.column, rows[box.stride] - _HIGH / 2) for box in (start, end)
        )
        bend = 'arc3,rad=0.13'
    elif start.column == end.column:  # one above the other
        up = 1 if b > a else -1
        ends = (
            (start.column, a + up * _size(start)[1] / 2),
            (end.column, b - up * _size(end)[1] / 2),
        )
    else:
        ends = (
            (start.column + _size(start)[0] / 2, a),
            (end.column - _size(end)[0] / 2, b),
        )
    axis.add_patch(
        FancyArrowPatch(
            *ends,
            arrowstyle='-|>',
            connectionstyle=bend,
            mutation_scale=6,
            shrinkA=0,
            shrinkB=0,
            color=color,
            linestyle=line,
            linewidth=0.9,
            zorder=2,
        )
    )


def _draw_legend(axis: object, drawing: Drawing) -> None:
    used = {arrow.kind for arrow in drawing.arrows}
    handles = [
        Line2D(
            [], [], color=color, linestyle=line,
            label=name or drawing.dashed,
        )
        for kind, (color, line, name) in _LINES.items()
        if kind in used
    ]  # fmt: skip
    axis.legend(
        handles=handles,
        loc='lower left',
        bbox_to_anchor=(0.005, 0.0),
        ncols=len(handles),
        fontsize=9,
        frameon=False,
        title='Boxes: channels, height x width. Arrows:',
        title_fontsize=9,
        alignment='left',
    )
