"""Curves of a training, from the file that mmengine writes."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from uhrnet.errors import ConfigError, DataError

_NOT_CURVES = ('step', 'iter', 'epoch')
# By the last part of a key's name, or how that begins.
_UNITS = {
    'mIoU': '%', 'mAcc': '%', 'aAcc': '%', 'mDice': '%', 'mFscore': '%',
    'acc': '%', 'bbox_mAP': 'average precision (0 to 1)',
    'segm_mAP': 'average precision (0 to 1)',
    'mAP': 'average precision (0 to 1)', 'a1': 'share of pixels (0 to 1)',
    'a2': 'share of pixels (0 to 1)', 'a3': 'share of pixels (0 to 1)',
    'rmse': 'm', 'silog': '100 x deviation of log depth',
    'rmse_log': 'error of log depth',
    'abs_rel': 'error / true depth', 'log10': 'error of log10 depth',
    'sq_rel': 'm',
    'lr': 'learning rate', 'base_lr': 'learning rate',
    'time': 's', 'data_time': 's', 'memory': 'MB',
    'grad_norm': 'norm of the gradient',
}  # fmt: skip
_MOST_LABELS = 10


class Curve(NamedTuple):
    """Values of a key.

    Attributes:
        steps: Iterations or epochs.
        values: One for each.
        by: ``'iteration'`` or ``'epoch'``.
        validation: Whether it was measured in validations.
    """

    steps: list[int]
    values: list[float]
    by: str
    validation: bool


def find_logs(path: str | Path) -> list[Path]:
    """Return a log, or all logs in a work dir, the oldest first.

    Raises:
        DataError: If there is none.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    # not those of other work dirs within
    logs = [
        log
        for start in ('', '*/')
        for log in sorted(path.glob(f'{start}vis_data/scalars.json'))
    ]
    if not logs:
        raise DataError(
            f'{path} is no log and has none in it: name a work dir or a '
            'vis_data/scalars.json'
        )
    return logs


def read_curves(path: str | Path) -> dict[str, Curve]:
    """Read all curves of a training.

    Args:
        path: A ``scalars.json``, or a work dir. Of several logs in that, a
            later one replaces all that earlier ones have from its first step
            on, as after ``--resume``.

    Raises:
        DataError: If there is no log, or something else in it.
    """
    curves: dict[str, Curve] = {}
    logs = [read_lines(log) for log in find_logs(path)]
    # A start may have done nothing but a validation.
    epochs = any('epoch' in line for lines in logs for line in lines)
    for lines in logs:
        found = _curves_of(lines, epochs)
        first = next((x for x in lines if 'iter' in x), {})
        start = dict(iteration=first.get('step'), epoch=first.get('epoch'))
        curves = {
            key: _before(curve, start[curve.by])
            for key, curve in curves.items()
        }
        for key, new in found.items():
            old = curves.get(key)
            if old is not None and old.by == new.by:
                old = _before(old, new.steps[0])
                new = new._replace(
                    steps=old.steps + new.steps,
                    values=old.values + new.values,
                )
            curves[key] = new
    curves = {key: curve for key, curve in curves.items() if curve.steps}
    if not curves:
        raise DataError(f'{path} has no values yet: train on')
    return curves


def _before(curve: Curve, step: int | None) -> Curve:
    """Return what a curve has before a step; all of it without one."""
    if step is None:
        return curve
    count = sum(1 for x in curve.steps if x < step)
    return curve._replace(
        steps=curve.steps[:count], values=curve.values[:count]
    )


def read_lines(log: Path) -> list[dict]:
    """Read a log, line by line.

    The last one may be cut, where a run was killed or a disk is full.

    Raises:
        DataError: If a line is none of mmengine's.
    """
    lines = []
    text = log.read_text(errors='replace')
    for number, line in enumerate(text.split('\n'), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except json.JSONDecodeError:
            values = None
        if not isinstance(values, dict):
            if lines and line[0] == '{' and text.endswith(line):
                break
            raise DataError(
                f'{log}, line {number}: no JSON object. Name the '
                'vis_data/scalars.json of a run'
            )
        lines.append(values)
    return lines


def _curves_of(lines: list[dict], epochs: bool) -> dict[str, Curve]:
    curves: dict[str, Curve] = {}
    for line in lines:
        validation = 'iter' not in line
        by = 'epoch' if validation and epochs else 'iteration'
        for key, value in line.items():
            if key in _NOT_CURVES or type(value) not in (int, float):
                continue
            if validation and key in ('time', 'data_time'):
                continue  # of a validation's iterations
            curve = curves.setdefault(key, Curve([], [], by, validation))
            curve.steps.append(line.get('step', 0))
            curve.values.append(float(value))
    return curves


def choose_keys(
    curves: Mapping[str, Curve], keys: Sequence[str] | None = None
) -> list[str]:
    """Find curves by names, or all losses and what validations measured.

    Args:
        curves: All of a training.
        keys: Names; ``bbox_mAP`` also finds ``coco/bbox_mAP``.

    Raises:
        ConfigError: If there is no such curve.
    """
    if keys is None:
        losses = [key for key in curves if 'loss' in key]
        if len(losses) == 2 and 'loss' in losses:
            losses = ['loss']  # which is the other one
        return losses + [k for k, curve in curves.items() if curve.validation]
    found = []
    for key in keys:
        names = [x for x in curves if key in (x, x.rpartition('/')[2])]
        if not names:
            raise ConfigError(
                f'the log has no key {key!r}: use one of {", ".join(curves)}'
            )
        found += names
    return found


def unit_of(key: str) -> str:
    """Return the unit of a key, as the axis says it."""
    name = key.rpartition('/')[2].rpartition('.')[2]
    if 'loss' in name:
        return 'loss'
    if name.startswith('acc'):
        return '%'
    for start in (name, *(x for x in _UNITS if name.startswith(f'{x}_'))):
        if start in _UNITS:
            return _UNITS[start]
    return name.replace('_', ' ')


def draw_curves(
    runs: Mapping[str, Mapping[str, Curve]], title: str | None = None
) -> Figure:
    """Draw curves, those of one unit in one panel.

    Args:
        runs: For each training, by the name that the legend has, the curves
            to draw.
        title: Of the figure.
    """
    panels: dict[tuple[str, str, bool], list[tuple[str, Curve]]] = {}
    for run, curves in runs.items():
        for key, curve in curves.items():
            place = unit_of(key), curve.by, curve.validation
            label = key if len(runs) == 1 else f'{run}: {key}'
            panels.setdefault(place, []).append((label, curve))
    columns = min(len(panels), 3)
    rows = math.ceil(len(panels) / columns)
    figure = Figure(
        (5.2 * columns + 0.6, 3.8 * rows + 0.5), 110, layout='constrained'
    )
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for panel, (place, drawn) in zip(axes, panels.items(), strict=False):
        unit, by, validation = place
        for label, curve in drawn:
            panel.plot(
                curve.steps,
                curve.values,
                label=label,
                marker='o' if validation or len(curve.steps) == 1 else None,
                markersize=4,
                linewidth=1.2,
            )
        panel.set_xlabel(by)
        panel.xaxis.set_major_locator(
            MaxNLocator('auto', steps=(1, 2, 5, 10), integer=True)
        )
        panel.set_ylabel(unit)
        panel.set_title('validation' if validation else 'training')
        panel.grid(alpha=0.3)
        if len(drawn) > 1 or drawn[0][0] != unit:
            panel.legend(fontsize=7 if len(drawn) > _MOST_LABELS else 8)
        if all(value > 0 for _, c in drawn for value in c.values):
            values = [value for _, c in drawn for value in c.values]
            if unit == 'loss' and max(values) > 50 * min(values):
                panel.set_yscale('log')
    for panel in axes[len(panels) :]:
        panel.set_visible(False)
    if title:
        figure.suptitle(title)
    return figure
