"""Check all data sets of a config."""

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Sequence

from mmengine.config import Config
from mmengine.registry import init_default_scope

from .defect import Defect
from .duplicates import find_duplicates
from .reading import Reading
from .report import Report, Split
from .sources import Source, open_sources
from .workers import read_all

SPLITS = ('train', 'val', 'test')
SCOPES = ('mmseg', 'mmdet')


def check_datasets(
    cfg: Config,
    splits: Sequence[str] | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Report:
    """Read every image and annotation that a config names.

    Args:
        cfg: Of segmentation, depth or detection.
        splits: ``'train'``, ``'val'`` and ``'test'``, or some of them; by
            default those that the config has.
        workers: Processes that read, by default one for each CPU; with 0,
            this one reads.
        progress: Called with the number of samples that were read and of all.

    Returns:
        What was found.

    Raises:
        ValueError: If the config has no such split, or is of another task.
    """
    begin = time.perf_counter()
    if workers is None:
        workers = os.cpu_count() or 1
    names = choose_splits(cfg, splits)
    init_default_scope(cfg.default_scope)
    found = {name: Split(same_as=_twin(cfg, names, name)) for name in names}
    sources = [
        source
        for name, split in found.items()
        if split.same_as is None
        for source in open_sources(cfg, name)
    ]
    readings = _read(sources, workers, progress)
    defects = _collect(found, sources, readings)
    for defect in defects:
        found[defect.split].levels[defect.level] += 1
    seconds = time.perf_counter() - begin
    return Report(found, defects, seconds, workers)


def choose_splits(cfg: Config, splits: Sequence[str] | None) -> list[str]:
    """Return the splits to check, in order.

    Raises:
        ValueError: If the config has no such split, or is of another task.
    """
    if cfg.get('default_scope') not in SCOPES:
        raise ValueError(
            f'default_scope is {cfg.get("default_scope")!r}: what can be '
            'checked are data of segmentation and depth (mmseg) and of '
            'detection (mmdet)'
        )
    present = [x for x in SPLITS if cfg.get(f'{x}_dataloader')]
    for split in splits or ():
        if split not in present:
            raise ValueError(
                f'the config has no {split}_dataloader, but those of '
                f'{", ".join(present) or "no split"}'
            )
    names = [x for x in present if splits is None or x in splits]
    if not names:
        raise ValueError('the config has no dataloader to check')
    return names


def _twin(cfg: Config, names: list[str], name: str) -> str | None:
    """Return an earlier split with the same data sets."""
    dataset = cfg[f'{name}_dataloader'].get('dataset')
    for other in names[: names.index(name)]:
        if cfg[f'{other}_dataloader'].get('dataset') == dataset:
            return other
    return None


def _read(
    sources: list[Source],
    workers: int,
    progress: Callable[[int, int], object] | None,
) -> list[list[Reading]]:
    """Read all samples and return what was found in each."""
    readings = [[None] * len(source.samples) for source in sources]
    total = sum(map(len, readings))
    # Closed at once if interrupted, which ends its processes.
    with contextlib.closing(read_all(sources, workers)) as results:
        for done, (source, number, reading) in enumerate(results, 1):
            readings[source][number] = reading
            if progress is not None:
                progress(done, total)
    return readings


def _collect(
    found: dict[str, Split],
    sources: list[Source],
    readings: list[list[Reading]],
) -> list[Defect]:
    """Sum up the splits and return all defects, in order."""
    defects = []
    by_split = {name: [] for name in found}
    for source, items in zip(sources, readings, strict=True):
        split = found[source.split]
        split.classes = tuple(dict.fromkeys((*split.classes, *source.classes)))
        split.datasets.append(
            dict(
                config=source.key,
                type=source.kind,
                samples=len(source.samples),
            )
        )
        listed = list(source.defects)
        for reading in items:
            split.add(reading, source.classes)
            listed += reading.defects
        defects += [
            dataclasses.replace(defect, split=source.split)
            for defect in listed
        ]
        by_split[source.split] += items
    return defects + find_duplicates(by_split)
