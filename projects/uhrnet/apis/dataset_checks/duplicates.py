"""Images that are there more than once."""

import os
from collections import defaultdict

from .defect import Defect
from .reading import Reading


def find_duplicates(readings: dict[str, list[Reading]]) -> list[Defect]:
    """Compare all images with each other.

    An image that is trained on and evaluated makes figures wrong. Within a
    split it counts twice. That validation and test share files is a choice;
    copies under other names are none.

    Args:
        readings: By split, in the order train, val, test.

    Returns:
        A defect for every image that equals an earlier one.
    """
    groups = defaultdict(list)
    for split, found in readings.items():
        for reading in found:
            if reading.identity is not None:
                groups[reading.identity].append((split, reading.file))
    return [
        defect
        for group in groups.values()
        if len(group) > 1
        for defect in _compare(group)
    ]


def _compare(group: list[tuple[str, str]]) -> list[Defect]:
    """Report the equal images of a group, but for the first."""
    defects = []
    first = {}
    for split, file in group:
        if split in first:
            defects.append(_repeated(split, file, first[split]))
        for other, earlier in first.items():
            shared = 'train' not in (split, other) and _same(file, earlier)
            if other != split and not shared:
                defects.append(_between(split, file, other, earlier))
                break
        first.setdefault(split, file)
    return defects


def _between(split: str, file: str, other: str, earlier: str) -> Defect:
    message = (
        f'{file} of {split} has the pixels of {earlier}, which is in {other}: '
        'figures would be too good'
    )
    details = dict(other_split=other, other_file=earlier)
    return Defect('between_splits', file, message, split, details)


def _repeated(split: str, file: str, earlier: str) -> Defect:
    if _same(file, earlier):
        message = f'{file} is listed twice'
    else:
        message = f'{file} has the pixels of {earlier}'
    return Defect('repeated', file, message, split, dict(other_file=earlier))


def _same(file: str, other: str) -> bool:
    return os.path.realpath(file) == os.path.realpath(other)
