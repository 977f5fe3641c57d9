"""What a check found, for people."""

from collections import defaultdict
from collections.abc import Iterator

from .defect import LEVELS, Defect
from .report import Report, Split

# Of one kind; the JSON has all.
SHOWN = 20
# Classes of more are not listed one by one.
_CLASSES = 40


def describe_report(report: Report) -> Iterator[str]:
    """Return the lines of a report."""
    groups = defaultdict(list)
    for defect in report.defects:
        groups[defect.level, defect.kind].append(defect)
    for level in LEVELS:
        for (found, kind), defects in groups.items():
            if found == level:
                yield from _describe_group(f'{level}: {kind}', defects)
    yield from _classes(report.splits)
    yield from _table(_rows(report.splits))
    samples = sum(
        x['samples']
        for split in report.splits.values()
        for x in split.datasets
    )
    yield (
        f'{samples} samples in {report.seconds:.1f} s, '
        f'{_number(max(report.workers, 1), "process", "es")}: '
        f'{_number(report.count("error"), "error")}, '
        f'{_number(report.count("warning"), "warning")}'
    )


def _number(count: int, noun: str, ending: str = 's') -> str:
    return f'{count} {noun}{"" if count == 1 else ending}'


def _describe_group(title: str, defects: list[Defect]) -> Iterator[str]:
    yield f'{title} ({len(defects)})'
    for defect in defects[:SHOWN]:
        yield f'  {defect.split}: {defect.message}'
    if len(defects) > SHOWN:
        yield f'  and {len(defects) - SHOWN} more: --json FILE lists all'
    yield ''


def _rows(splits: dict[str, Split]) -> Iterator[tuple[str, ...]]:
    yield 'split', 'images', 'content', 'errors', 'warnings', 'notes'
    for name, split in splits.items():
        if split.same_as is not None:
            yield name, '', f'that of {split.same_as}', '', '', ''
            continue
        yield (
            name,
            str(split.images),
            _content(split),
            *(str(split.levels[level]) for level in LEVELS),
        )


def _content(split: Split) -> str:
    if split.depth is not None and split.depth.known:
        depth = split.depth
        return (
            f'{depth.known} pixels of {depth.nearest:.3g} to '
            f'{depth.farthest:.3g} m, {depth.beyond} too far'
        )
    unit = 'pixels' if split.pixels else 'boxes'
    found = split.pixels or split.boxes
    if not found and not split.ignored:
        return 'nothing'
    present = sum(count > 0 for count in found.values())
    text = f'{sum(found.values())} {unit} of {present} classes'
    return text + (f', {split.ignored} ignored' if split.ignored else '')


def _classes(splits: dict[str, Split]) -> Iterator[str]:
    """Frequencies of classes, or of many those that never occur."""
    read = {k: x for k, x in splits.items() if x.pixels or x.boxes}
    names = [*dict.fromkeys(n for x in read.values() for n in x.classes)]
    if not names:
        return
    found = {k: x.pixels or x.boxes for k, x in read.items()}
    if len(names) > _CLASSES:
        for split, counts in found.items():
            absent = [name for name in names if not counts[name]]
            if absent:
                yield f'{split} never has: {", ".join(absent)}'
        return
    totals = {k: sum(counts.values()) for k, counts in found.items()}
    rows = [('class', *found)]
    for name in names:
        shares = (counts[name] / totals[k] for k, counts in found.items())
        rows.append((name, *(f'{share:.2%}' for share in shares)))
    yield from _table(rows)
    yield ''


def _table(rows: Iterator[tuple[str, ...]] | list) -> Iterator[str]:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (x.ljust(w) for x, w in zip(row, widths, strict=True))
        yield '  '.join(cells).rstrip()
