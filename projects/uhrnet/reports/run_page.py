"""From a run and what its evaluation showed to a page."""

import math
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from numbers import Real
from pathlib import Path

import numpy as np
from mmengine.runner import Runner
from torch import Tensor

from uhrnet.analysis.confusion import draw_confusion
from uhrnet.analysis.image_errors import write_figure
from uhrnet.analysis.log_curves import (
    Curve,
    draw_curves,
    find_logs,
    read_curves,
)
from uhrnet.errors import DataError

from .charts import draw_svg
from .gallery import Entry
from .page import Page, Picture
from .pictures import draw_sample, jpeg_uri
from .summary import Summary

# Of what a training logs, what is drawn beside its losses.
_BESIDE = ('lr', 'grad_norm')
# COCO's figure of sizes of which there is no object.
UNKNOWN = -1
_LIBRARIES = (
    'uhrnet', 'torch', 'mmengine', 'onedl-mmengine', 'mmcv', 'mmcv-lite',
    'onedl-mmcv', 'mmsegmentation', 'onedl-mmsegmentation', 'mmdet',
    'onedl-mmdetection', 'numpy', 'opencv-python',
)  # fmt: skip


@dataclass
class Evaluation:
    """The last evaluation of a run.

    Attributes:
        name: Of the page's fact, such as ``validation at iteration 500``.
        metrics: What the evaluator returned.
        summary: What was kept; None without truth, or of another task.
    """

    name: str
    metrics: Mapping[str, object]
    summary: Summary | None


def make_page(
    runner: Runner,
    evaluation: Evaluation | None,
    began: float,
    record: Mapping[str, str],
    remarks: list[str],
) -> Page:
    """Gather what a page shows.

    Args:
        runner: Of a run that has ended.
        evaluation: Its last one, if any.
        began: When it was started, in seconds since 1970.
        record: Of :func:`describe_run`, at the start.
        remarks: On what is missing. What fails here is added to a copy, and
            the page has all else.
    """
    training = runner._train_loop is not None
    name = Path(runner.cfg.filename or runner.experiment_name).stem
    remarks = list(remarks)
    page = dict(
        title=f'{"Training" if training else "Evaluation"} of {name}',
        facts=_facts(runner, evaluation, began, record, training),
        environment=_environment(),
        config=runner.cfg.pretty_text,
    )
    try:
        page['curves'] = _draw(read_curves(runner.work_dir))
    except Exception as error:
        if training or not isinstance(error, DataError):
            remarks.append(f'No curves: {error}')
    if evaluation is not None:
        page['metrics'] = _write_metrics(evaluation.metrics)
        if evaluation.summary is not None:
            page |= _show(runner, evaluation.summary, remarks)
    return Page(**page, remarks=remarks)


def choose_curves(
    curves: Mapping[str, Curve],
) -> tuple[dict[str, Curve], dict[str, Curve]]:
    """Return what trainings and what validations have measured."""
    training, validation = {}, {}
    for key, curve in curves.items():
        if not any(_is_known(value) for value in curve.values):
            continue
        if curve.validation:
            validation[key] = curve
        elif 'loss' in key or 'acc' in key or key in _BESIDE:
            training[key] = curve
    return training, validation


def _write_metrics(metrics: Mapping[str, object]) -> list[tuple[str, str]]:
    """Write the numbers among what an evaluator returned, of any type."""
    written = []
    for key, value in metrics.items():
        if isinstance(value, Tensor | np.ndarray) and not value.shape:
            value = value.item()
        if isinstance(value, Real) and value != UNKNOWN:
            written.append((key, f'{value:.4g}'))
    return written


def _is_known(value: float) -> bool:
    return math.isfinite(value) and value != UNKNOWN


def _draw(curves: Mapping[str, Curve]) -> list[tuple[str, str]]:
    captions = ('Curves of the training', 'Curves of the validations')
    return [
        (caption, draw_svg(draw_curves, {'': chosen}))
        for caption, chosen in zip(
            captions, choose_curves(curves), strict=True
        )
        if chosen
    ]


def _show(runner: Runner, summary: Summary, remarks: list[str]) -> dict:
    """Return what the page has of a summary."""
    shown = dict(
        table=summary.table(), order=summary.order, panels=summary.panels
    )
    try:
        shown['confusion'] = draw_svg(
            draw_confusion,
            summary.counts,
            summary.names,
            'Confusion matrix',
            summary.unit,
        )
    except Exception as error:
        remarks.append(f'No confusion matrix: {error}')
    for key in ('worst', 'best'):
        shown[key] = []
        for entry in getattr(summary.gallery, key):
            try:
                shown[key].append(_picture(runner, entry))
            except Exception as error:
                path = entry.sample.get('img_path')
                remarks.append(f'{path} could not be drawn: {error}')
    return shown


def _picture(runner: Runner, entry: Entry) -> Picture:
    return Picture(
        jpeg_uri(draw_sample(runner.visualizer, entry.sample)),
        str(entry.sample.img_path),
        [write_figure(*figure) for figure in entry.figures.items()],
    )


def _facts(
    runner: Runner,
    evaluation: Evaluation | None,
    began: float,
    record: Mapping[str, str],
    training: bool,
) -> list[tuple[str, str]]:
    duration = timedelta(seconds=round(time.time() - began))
    facts = [
        ('command', record.get('command', '')),
        ('config', str(runner.cfg.filename)),
        ('work dir', str(Path(runner.work_dir).absolute())),
        ('started', time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(began))),
        ('duration', str(duration)),
        ('seed', str(runner.seed)),
        ('git revision', record.get('git revision', '')),
        ('hardware', record.get('hardware', '')),
    ]
    if training:
        facts.insert(4, ('iterations', f'{runner.iter} of {runner.max_iters}'))
        starts = _starts(Path(runner.work_dir))
        if len(starts) > 1:
            facts.insert(4, ('all starts here', ', '.join(starts)))
    elif runner._load_from:
        facts.insert(2, ('checkpoint', str(runner._load_from)))
    if evaluation is not None:
        summary = evaluation.summary
        images = f', {summary.images} images' if summary else ''
        facts.append(('evaluated', evaluation.name + images))
    return facts


def _starts(work_dir: Path) -> list[str]:
    try:
        return [log.parents[1].name for log in find_logs(work_dir)]
    except DataError:
        return []


def _environment() -> list[tuple[str, str]]:
    found = [('Python', platform.python_version()),
             ('system', platform.platform())]  # fmt: skip
    for library in _LIBRARIES:
        try:
            found.append((library, version(library)))
        except PackageNotFoundError:
            continue
    return found
