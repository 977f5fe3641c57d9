"""Figures of each class, those that are furthest behind first."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ClassRow:
    """A class.

    Attributes:
        name: Of the class.
        figures: By name of the column; not a number where unknown.
        gap_to_mean: How far the main figure is behind the mean of all
            classes; below zero if it is ahead.
        gap_to_best: How far it is behind the best class.
        note: What else there is to say of it.
    """

    name: str
    figures: dict[str, float]
    gap_to_mean: float
    gap_to_best: float
    note: str


@dataclass(frozen=True)
class ClassTable:
    """All classes.

    Attributes:
        kind: What the rows are, such as ``'class'``.
        main: The column by which they are ordered.
        columns: Names of all columns, the main one first.
        rows: The one with the largest gap first, without a figure last.
    """

    kind: str
    main: str
    columns: list[str]
    rows: list[ClassRow]


def make_table(
    names: Sequence[str],
    figures: Mapping[str, Sequence[float]],
    notes: Sequence[str],
    higher_is_better: bool = True,
    kind: str = 'class',
) -> ClassTable:
    """Sort classes by their gaps.

    Args:
        names: Of the classes.
        figures: Columns, a number for each class; the first is the main one.
        notes: One for each class.
        higher_is_better: Of the main column.
        kind: What the rows are.
    """
    main = next(iter(figures))
    known = [x for x in figures[main] if not math.isnan(x)]
    mean = sum(known) / len(known) if known else math.nan
    sign = 1 if higher_is_better else -1
    best = max(known, key=lambda x: sign * x) if known else math.nan
    rows = [
        ClassRow(
            name,
            {column: float(values[i]) for column, values in figures.items()},
            float(sign * (mean - figures[main][i])),
            float(sign * (best - figures[main][i])) + 0.0,  # no -0
            notes[i],
        )
        for i, name in enumerate(names)
    ]
    rows.sort(
        key=lambda row: (
            math.isnan(row.gap_to_best),
            -row.gap_to_best if row.gap_to_best == row.gap_to_best else 0,
        )
    )
    return ClassTable(kind, main, list(figures), rows)
