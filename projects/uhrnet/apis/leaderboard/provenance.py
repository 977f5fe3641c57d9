"""What every figure has to say of itself, and what is wrong with one."""

import statistics
from collections.abc import Iterator

from .figures import METRICS, split_name, units

STATUSES = ('reported', 'converted', 'trained')
TASKS = (
    'Semantic Segmentation',
    'Object Detection',
    'Instance Segmentation',
    'Depth Estimation',
)
_OF_ALL = ('Task', 'Dataset', 'Metrics', 'Unit', 'Status')
# What a figure of each status needs beside, and what it may have. Trained
# figures are those of the row's runs.
_NEEDED = {
    'reported': ('Source',),
    'converted': ('Source', 'Weights SHA256', 'Command', 'Git Revision'),
    'trained': (),
}
_OPTIONAL = {
    'reported': ('Note', 'Comparable'),
    'converted': ('Note',),
    'trained': ('Note', 'Range'),
}
RUN = (
    'Seed',
    'Command',
    'Hardware',
    'Git Revision',
    'Config Hash',
    'Iterations',
    'Duration',
    'Log',
    'Figures',
)


def problems_of(row: dict) -> Iterator[str]:
    """Say what is wrong with the figures of a row."""
    name = row['Name']
    for problem in _of_runs(row.get('Runs', [])):
        yield f'{name}: {problem}'
    if not isinstance(row.get('Results'), list):
        yield f'{name}: Results must be a list, empty without figures'
        return
    for result in row['Results']:
        where = f'{name}, {result.get("Dataset")}'
        for problem in _of_result(result, row.get('Runs', [])):
            yield f'{where}: {problem}'


def _of_result(result: dict, runs: list[dict]) -> Iterator[str]:
    status = result.get('Status')
    if status not in STATUSES:
        yield f'Status must be one of {", ".join(STATUSES)}, not {status}'
        return
    for key in (*_OF_ALL, *_NEEDED[status]):
        if not result.get(key):
            yield f'a {status} figure without {key}'
    allowed = {*_OF_ALL, *_NEEDED[status], *_OPTIONAL[status]}
    for key in result.keys() - allowed:
        yield f'{key} does not belong to a {status} figure'
    if result.get('Task') not in TASKS:
        yield f'Task must be one of {", ".join(TASKS)}'
    metrics = result.get('Metrics') or {}
    yield from _of_metrics(metrics)
    known = [name for name in metrics if _is_known(name)]
    if known and result.get('Unit') != units(known):
        yield f'Unit must be {units(known)}'
    if status == 'trained':
        yield from _of_trained(result, runs)


def _of_metrics(metrics: dict) -> Iterator[str]:
    for name, value in metrics.items():
        if not _is_known(name):
            yield f'{name} is no metric of the leaderboard'
        elif isinstance(value, bool) or not isinstance(value, int | float):
            yield f'{name} must be a number, not {value}'
        elif value <= 0 or (value > 100 and units([name]) == '%'):
            yield f'{name} cannot be {value}'


def _of_trained(result: dict, runs: list[dict]) -> Iterator[str]:
    """The mean of the runs, and where there are several their range."""
    figures = [run.get('Figures', {}) for run in runs]
    for name, value in (result.get('Metrics') or {}).items():
        of_runs = [
            shown[result['Dataset']][name]
            for shown in figures
            if name in shown.get(result.get('Dataset'), {})
        ]
        if not of_runs:
            yield f'{name} is trained, and no run of the row has it'
            continue
        mean, span = merge(name, of_runs)
        if value != mean:
            yield f'{name} is {value}, and the mean of its runs {mean}'
        if result.get('Range', {}).get(name) != span:
            yield f'{name}: Range must be {span}, as its runs are'


def merge(name: str, values: list[float]) -> tuple[float, list | None]:
    """Return mean and range of a metric; of one value there is no range."""
    digits = METRICS[split_name(name)[0]].digits
    mean = round(statistics.fmean(values), digits)
    return mean, [min(values), max(values)] if len(values) > 1 else None


def _of_runs(runs: list[dict]) -> Iterator[str]:
    identities = [(run.get('Seed'), run.get('Config Hash')) for run in runs]
    if len(set(identities)) < len(identities):
        yield 'two runs of the same seed and config'
    for run in runs:
        for key in RUN:
            if run.get(key) in (None, '', {}):
                yield f'a run without {key}: say so if it is not known'
        for key in run.keys() - set(RUN):
            yield f'{key} does not belong to a run'
        for metrics in (run.get('Figures') or {}).values():
            yield from _of_metrics(metrics)


def _is_known(name: str) -> bool:
    try:
        split_name(name)
    except KeyError:
        return False
    return True
