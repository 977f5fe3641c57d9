"""Accuracy against cost, as pictures that say of what they are made."""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .metafile import Rows

# Hollow is somebody else's figure, filled is ours.
_MARKS = {'reported': 'o', 'converted': 's', 'trained': '^'}
_COSTS = {'MACs': ('multiply-adds, GMACs', 1e9),
          'Parameters': ('parameters, millions', 1e6)}  # fmt: skip
_MADE_OF = re.compile(r'<dc:description>(.*?)</dc:description>', re.S)


class Point(NamedTuple):
    """A figure of a config.

    Attributes:
        family: Models of one family have one colour and are joined.
        label: Beside the point.
        row: The config's.
        value: The figure.
        status: Of the figure.
    """

    family: str
    label: str
    row: dict
    value: float
    status: str


class Plot(NamedTuple):
    """A picture with a panel for each cost.

    Attributes:
        title: Of the picture.
        data: The data set, as results name it.
        metric: Shown upwards.
        unit: Of it.
        name_of: Family and label of a row, or None for one to leave out.
    """

    title: str
    data: str
    metric: str
    unit: str
    name_of: Callable[[str], tuple[str, str] | None]


def _cityscapes(name: str) -> tuple[str, str] | None:
    found = re.match(r'(fcn|ocrnet)_(u?)hrnet-(w\d+(?:-small)?)(.*)', name)
    if not found:
        return None
    algorithm, u, size, rest = found.groups()
    family = f'{"U-" if u else ""}HRNet{" + OCR" * (algorithm == "ocrnet")}'
    schedule = '80k' if '80k' in rest else '120k'
    label = '-'.join(part.capitalize() for part in size.split('-'))
    return f'{family}, {schedule}', label


def _coco(name: str) -> tuple[str, str] | None:
    found = re.match(r'(.*?)_hrnetv2p-w\d+', name)
    if not found:
        return None
    algorithm = ' '.join(
        dict(rcnn='R-CNN', htc='HTC', fcos='FCOS').get(word, word.title())
        for word in found[1].split('-')
    )
    schedule = name.split('_')[-2].split('-', 1)[1]
    if found[1] == 'fcos':  # published so
        schedule = '2x (W18) and ms-2x'
    # Sizes are in the title: 22 labels would cover each other.
    return f'{algorithm}, {schedule}', ''


def _camvid(name: str) -> tuple[str, str] | None:
    if '500it' not in name or re.match(r'hfgd-', name):
        return None
    algorithm, backbone = name.split('_')[:2]
    title = dict(fcn='FCN', fpn='Semantic FPN', hfgd='HFGD')[algorithm]
    start = 'U-HRNet-W18-Small' if backbone.startswith('uhrnet') else 'R-50'
    return f'{title}, {start}', ''


PLOTS = {
    'leaderboard_cityscapes.svg': Plot(
        'Cityscapes val, whole images of 1024x2048',
        'Cityscapes val', 'mIoU', '%', _cityscapes,
    ),
    'leaderboard_coco.svg': Plot(
        'COCO val2017, HRNetV2p of W18, W32 and W48 from left to right; '
        'GMACs of backbone, neck and dense head at 800x1344',
        'COCO val2017', 'box AP', '%', _coco,
    ),
    'leaderboard_camvid.svg': Plot(
        'CamVid test, decoders after 500 iterations from scratch',
        'CamVid test', 'mIoU', '%', _camvid,
    ),
}  # fmt: skip


def points(rows: Rows, plot: Plot) -> list[Point]:
    """Return what a picture shows, the cheapest of a family first."""
    found = []
    for name, row in rows.items():
        named = plot.name_of(name)
        if named is None:
            continue
        for result in row['Results']:
            if result['Dataset'] != plot.data:
                continue
            if plot.metric not in result['Metrics']:
                continue
            if not result.get('Comparable', True):
                continue
            found.append(
                Point(
                    *named,
                    row,
                    result['Metrics'][plot.metric],
                    result['Status'],
                )
            )
    return sorted(found, key=lambda p: (p.family, p.row['Metadata']['MACs']))


def made_of(rows: Rows, plot: Plot) -> str:
    """Write down what a picture shows; it carries this as its description."""
    costs = 'MACs', 'Parameters'
    shown = [
        [
            p.row['Name'],
            p.family,
            p.label,
            p.value,
            p.status,
            *(p.row['Metadata'][cost] for cost in costs),
        ]
        for p in points(rows, plot)
    ]
    return json.dumps([plot.title, plot.metric, plot.unit, *shown])


def stated(path: Path) -> str | None:
    """Return what a picture on the disk was made of."""
    if not path.exists():
        return None
    found = _MADE_OF.search(path.read_text())
    return html.unescape(found[1]) if found else None


def draw(rows: Rows, plot: Plot, path: Path) -> None:
    """Draw a picture, the same bytes for the same rows and matplotlib."""
    import matplotlib

    matplotlib.use('svg')
    import matplotlib.pyplot as plt

    shown = points(rows, plot)
    families = list(dict.fromkeys(point.family for point in shown))
    colours = dict(zip(families, plt.get_cmap('tab10').colors, strict=False))
    with plt.rc_context({'svg.hashsalt': plot.title, 'font.size': 9}):
        picture, panels = plt.subplots(
            1, 2, figsize=(10, 4.6), sharey=True, layout='constrained'
        )
        for panel, (cost, (label, scale)) in zip(
            panels, _COSTS.items(), strict=True
        ):
            _draw_panel(panel, shown, colours, cost, scale)
            _join(panel, shown, colours, cost, scale)
            panel.set_xlabel(label)
            panel.grid(alpha=0.25)
        panels[0].set_ylabel(f'{plot.metric}, {plot.unit}')
        picture.suptitle(plot.title)
        picture.legend(
            handles=_legend(shown, colours),
            loc='outside lower center',
            ncols=4,
            frameon=False,
        )
        picture.savefig(
            path,
            metadata={'Date': None, 'Description': made_of(rows, plot)},
        )
        plt.close(picture)


def _draw_panel(
    panel: object,
    shown: list[Point],
    colours: dict[str, tuple],
    cost: str,
    scale: float,
) -> None:
    for point in shown:
        x = point.row['Metadata'][cost] / scale
        colour = colours[point.family]
        panel.plot(
            x,
            point.value,
            _MARKS[point.status],
            color=colour,
            markerfacecolor='white' if point.status == 'reported' else colour,
        )
        panel.annotate(
            point.label,
            (x, point.value),
            xytext=(6, -3),
            textcoords='offset points',
            fontsize=8,
            color=colour,
            bbox=dict(facecolor='white', edgecolor='none', alpha=0.8, pad=0.5),
        )
    panel.margins(x=0.16, y=0.08)


def _join(
    panel: object,
    shown: list[Point],
    colours: dict[str, tuple],
    cost: str,
    scale: float,
) -> None:
    for family, colour in colours.items():
        own = [point for point in shown if point.family == family]
        panel.plot(
            [point.row['Metadata'][cost] / scale for point in own],
            [point.value for point in own],
            color=colour,
            linewidth=0.8,
            alpha=0.6,
            zorder=1,  # below the marks
        )


def _legend(shown: list[Point], colours: dict[str, tuple]) -> list:
    from matplotlib.lines import Line2D

    families = [
        Line2D([], [], color=colour, label=family)
        for family, colour in colours.items()
    ]
    statuses = [
        Line2D(
            [], [],
            color='black',
            linestyle='none',
            marker=_MARKS[status],
            markerfacecolor='white' if status == 'reported' else 'black',
            label=status,
        )
        for status in _MARKS
        if status in {point.status for point in shown}
    ]  # fmt: skip
    return families + statuses
