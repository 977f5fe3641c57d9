"""Runs of several seeds become one row, and are compared with the paper."""

from collections.abc import Iterator

from uhrnet.errors import DataError

from .figures import METRICS, show, split_name, units
from .provenance import merge
from .runs import UNKNOWN, Run


def add_run(row: dict, run: Run) -> None:
    """Add a run to its row, or put it in the place of the same seed's.

    What the row's trained figures say is computed anew from all its runs.

    Args:
        row: Of a metafile.
        run: Of the row's config.

    Raises:
        DataError: If the row has runs of another recipe, with which a mean
            would mean nothing, or the run was not evaluated.
    """
    if not run.entry['Figures']:
        raise DataError(
            f'{run.config}: the run was never evaluated, run tools/test.py '
            'with --work-dir below its work dir'
        )
    seed = run.entry['Seed']
    entry = _completed(run.entry, row.get('Runs', []))
    others = [kept for kept in row.get('Runs', []) if kept['Seed'] != seed]
    for other in others:
        if other['Config Hash'] != run.entry['Config Hash']:
            raise DataError(
                f'{run.config}: seed {seed} was trained by '
                f'another recipe (config hash {run.entry["Config Hash"]}) '
                f'than seed {other["Seed"]} ({other["Config Hash"]}): remove '
                'those runs from the metafile, or leave this one out'
            )
    row['Runs'] = sorted(
        [*others, entry], key=lambda entry: str(entry['Seed'])
    )
    notes = {
        (result['Task'], result['Dataset']): result.get('Note')
        for result in row['Results']
        if result['Status'] == 'trained'
    }
    kept = [r for r in row['Results'] if r['Status'] != 'trained']
    trained = list(_results(row['Runs']))
    for result in trained:
        note = notes.get((result['Task'], result['Dataset']))
        if note:
            result['Note'] = note
    row['Results'] = [*kept, *trained]


def _completed(entry: dict, runs: list[dict]) -> dict:
    """Keep what the metafile knows of this very run and its work dir not."""
    same = ('Seed', 'Config Hash', 'Log', 'Figures')
    for kept in runs:
        if all(kept[key] == entry[key] for key in same):
            return entry | {key: kept[key] for key in unknown(entry)}
    return entry


def _results(runs: list[dict]) -> Iterator[dict]:
    """Means of the runs' figures, and ranges where there are several."""
    values: dict[tuple[str, str], dict[str, list[float]]] = {}
    for run in runs:
        for data, metrics in run['Figures'].items():
            for name, value in metrics.items():
                place = values.setdefault((task_of(name), data), {})
                place.setdefault(name, []).append(value)
    for (task, data), metrics in values.items():
        merged = {name: merge(name, found) for name, found in metrics.items()}
        result = {
            'Task': task,
            'Dataset': data,
            'Metrics': {name: mean for name, (mean, _) in merged.items()},
            'Unit': units(list(merged)),
            'Status': 'trained',
        }
        ranges = {name: span for name, (_, span) in merged.items() if span}
        if ranges:
            result['Range'] = ranges
        yield result


def task_of(name: str) -> str:
    """Return the task that a metric belongs to."""
    base = split_name(name)[0]
    if base == 'mask AP':
        return 'Instance Segmentation'
    if 'AP' in base:
        return 'Object Detection'
    known = ('mIoU', 'aAcc', 'mAcc')
    return 'Semantic Segmentation' if base in known else 'Depth Estimation'


def targets(row: dict) -> dict[tuple[str, str], float]:
    """Return the published figures that a config aims at.

    Those of another protocol (``Comparable: false``) are none.
    """
    found = {}
    for result in row['Results']:
        if result['Status'] == 'reported' and result.get('Comparable', True):
            for name, value in result['Metrics'].items():
                found.setdefault((result['Dataset'], name), value)
    return found


def distances(row: dict) -> Iterator[str]:
    """Say of each trained figure how far it is from the published one."""
    published = targets(row)
    for result in row['Results']:
        if result['Status'] != 'trained':
            continue
        for name, value in result['Metrics'].items():
            unit = METRICS[split_name(name)[0]].unit
            text = f'{result["Dataset"]} {name}: {show(name, value)} {unit}'
            span = result.get('Range', {}).get(name)
            if span:
                text += f' ({show(name, span[0])} to {show(name, span[1])})'
            target = published.get((result['Dataset'], name))
            if target is None:
                yield f'{text}, nothing published to compare with'
            else:
                miss = round(value - target, 4)
                yield f'{text}, {miss:+g} from the published {target:g}'


def unknown(entry: dict) -> list[str]:
    """Return what nothing in the work dir says of a run."""
    return [key for key, value in entry.items() if UNKNOWN in str(value)]
