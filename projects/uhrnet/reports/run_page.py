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

from mmengine.runner import Runner

from uhrnet.analysis.confusion import draw_confusion
from uhrnet.analysis.image_errors import write_figure
from uhrnet.analysis.log_curves import (
    Curve,
    draw_curves,
    find_logs,
    read_curves,
)
from uhrnet.engine.run_record import describe_run
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
    'uhrnet', 'torch', 'mmengine', 'mmcv', 'mmcv-lite', 'mmsegmentation',
    'mmdet', 'numpy', 'opencv-python',
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
    remarks: list[str],
) -> Page:
    """Gather what a page shows.

    Args:
        runner: Of a run that has ended.
        evaluation: Its last one, if any.
        began: When it was started, in seconds since 1970.
        remarks: On what is missing.
    """
    training = runner._train_loop is not None
    name = Path(runner.cfg.filename or runner.experiment_name).stem
    remarks = list(remarks)
    page = dict(
        title=f'{"Training" if training else "Evaluation"} of {name}',
        facts=_facts(runner, evaluation, began, training),
        environment=_environment(),
        config=runner.cfg.pretty_text,
    )
    try:
        page['curves'] = _draw(read_curves(runner.work_dir))
    except DataError as error:
        if training:
            remarks.append(f'No curves: {error}')
    if evaluation is not None:
        page['metrics'] = [
            (key, f'{value:.4g}')
            for key, value in evaluation.metrics.items()
            if isinstance(value, Real) and value != UNKNOWN
        ]
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
        table=summary.table(),
        confusion=draw_svg(
            draw_confusion,
            summary.counts,
            summary.names,
            'Confusion matrix',
            summary.unit,
        ),
        order=summary.order,
        panels=summary.panels,
    )
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
    training: bool,
) -> list[tuple[str, str]]:
    record = describe_run()
    duration = timedelta(seconds=round(time.time() - began))
    facts = [
        ('command', record['command']),
        ('config', str(runner.cfg.filename)),
        ('work dir', str(Path(runner.work_dir).absolute())),
        ('started', time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(began))),
        ('duration', str(duration)),
        ('seed', str(runner.seed)),
        ('git revision', record['git revision']),
        ('hardware', record['hardware']),
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
