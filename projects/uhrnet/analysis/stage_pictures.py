"""Pictures of samples on their way through a data pipeline."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from uhrnet.painting import DEPTH_COLORS, depth_scale, paint_labels

from .confusion import shorten
from .error_pictures import annotate_box, depth_ticks, legend_columns
from .pipeline_stages import Stage

_ACROSS = 3.4  # inches of a panel
_COLUMNS = 4


def draw_stages(
    stages: Sequence[Stage],
    classes: Sequence[str],
    palette: Sequence,
    title: str,
) -> Figure:
    """Draw stages side by side, each with its truth below or on it.

    Args:
        stages: In their order.
        classes: Names.
        palette: RGB colour of each class; others are chosen if there are
            fewer.
        title: Of the figure.
    """
    maps = any(x.labels is not None or x.depth is not None for x in stages)
    across = _ACROSS if len(stages) > 1 else 2 * _ACROSS
    columns = min(len(stages), _COLUMNS)
    rows = math.ceil(len(stages) / columns) * (2 if maps else 1)
    alone = len(stages) == 1 and maps  # side by side
    shape = (1, 2) if alone else (rows, columns)
    height = max(x.image.shape[0] / x.image.shape[1] for x in stages)
    palette = full_palette(palette, len(classes))
    seen = sorted(
        {i for x in stages for i in _classes_of(x) if i < len(classes)}
    )
    names = [shorten(classes[i]) for i in seen]
    inches = max(across * shape[1] + 0.8, 5)
    side_by_side = legend_columns(names, inches)
    figure = Figure(
        (
            inches,
            (across * height + 0.35) * shape[0]
            + 0.22 * math.ceil(len(seen) / side_by_side)
            + 0.9,
        ),
        110,
        layout='constrained',
    )
    axes = figure.subplots(*shape, squeeze=False).reshape(rows, columns)
    for axis in axes.flat:
        axis.set_axis_off()
    norm = _norm(stages)
    before = None
    for index, stage in enumerate(stages):
        row, column = divmod(index, columns)
        row *= 2 if maps else 1
        top = axes[row, column]
        top.set_axis_on()
        _bare(top)
        top.imshow(stage.image)
        kept = before is not None and stage.same_as(before)
        size = f'{stage.image.shape[1]} x {stage.image.shape[0]}'
        number = f'{index + 1}. ' if len(stages) > 1 else ''
        top.set_title(
            f'{number}{stage.step}\n{size} px' + ', no change' * kept,
            fontsize=9,
            color='0.45' if kept else 'black',
        )
        if stage.boxes is not None:
            _draw_boxes(top, stage, classes, palette)
        if maps:
            _draw_map(axes[row + 1, column], stage, palette, norm)
        before = stage
    if norm is not None:
        bar = figure.colorbar(
            _mappable(norm), ax=axes, shrink=0.6, aspect=40, pad=0.01
        )
        ticks = depth_ticks(norm.vmin, norm.vmax)
        bar.set_ticks(ticks, labels=[f'{x:g}' for x in ticks])
        bar.minorticks_off()
        bar.set_label('depth, m (black: unknown)')
    if seen:
        figure.legend(
            handles=[
                Patch(
                    facecolor=np.array(palette[i]) / 255,
                    edgecolor='black',
                    linewidth=0.4,
                    label=name,
                )
                for i, name in zip(seen, names, strict=True)
            ],
            loc='outside lower center',
            ncols=side_by_side,
            fontsize=8,
            frameon=False,
        )
    figure.suptitle(title, fontsize=11)
    return figure


def full_palette(palette: Sequence, count: int) -> list:
    """Return a palette of at least ``count`` colours, RGB from 0 to 255."""
    palette = [list(map(int, color)) for color in palette]
    if len(palette) >= count:
        return palette
    colors = colormaps['hsv'](np.arange(count) / max(count, 1), bytes=True)
    return colors[:, :3].tolist()


def _classes_of(stage: Stage) -> list[int]:
    if stage.labels is not None:
        return np.unique(stage.labels).tolist()
    if stage.boxes is not None and stage.box_labels is not None:
        return np.unique(stage.box_labels).tolist()
    return []


def _norm(stages: Sequence[Stage]) -> LogNorm | None:
    depths = [x.depth.ravel() for x in stages if x.depth is not None]
    if not depths:
        return None
    low, high, *_ = depth_scale(np.concatenate(depths))
    return LogNorm(low, high)


def _mappable(norm: LogNorm) -> object:
    from matplotlib.cm import ScalarMappable

    return ScalarMappable(norm, DEPTH_COLORS)


def _draw_map(
    axis: object, stage: Stage, palette: list, norm: LogNorm | None
) -> None:
    if stage.labels is None and stage.depth is None:
        return
    axis.set_axis_on()
    _bare(axis)
    if stage.labels is not None:
        axis.imshow(
            paint_labels(stage.labels, palette), interpolation='nearest'
        )
    else:
        axis.set_facecolor('black')
        depth = np.where(stage.depth > 0, stage.depth, np.nan)
        axis.imshow(depth, DEPTH_COLORS, norm=norm, interpolation='nearest')


def _draw_boxes(
    axis: object, stage: Stage, classes: Sequence[str], palette: list
) -> None:
    labels = stage.box_labels.tolist()
    if stage.masks is not None and len(stage.masks):
        overlay = np.zeros((*stage.image.shape[:2], 4), np.uint8)
        for mask, label in zip(stage.masks, labels, strict=True):
            overlay[mask] = (*palette[label], 130)
        axis.imshow(overlay, interpolation='nearest')
    for box, label in zip(stage.boxes, labels, strict=True):
        color = tuple(np.array(palette[label]) / 255)
        annotate_box(axis, box, shorten(classes[label]), color, '-')


def _bare(axis: object) -> None:
    axis.set_xticks([])
    axis.set_yticks([])
