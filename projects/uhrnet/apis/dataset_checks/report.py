"""What a check found, for programs."""

from collections import Counter
from dataclasses import dataclass, field

from .defect import LEVELS, Defect
from .reading import DepthFigures, Reading

VERSION = 1
"""Rises when a key of the JSON changes its meaning or goes."""


@dataclass
class Split:
    """The sums of a split.

    Attributes:
        same_as: The split whose data sets it shares, and which was read.
        datasets: Type and number of listed samples of each data set.
        images: How many images could be read.
        classes: Names, in the order of their first data set.
        pixels: Label pixels by class.
        ignored: Label pixels of no class.
        boxes: Objects by class.
        depth: Figures of depth maps, if there are any.
        levels: Number of defects by level.
    """

    same_as: str | None = None
    datasets: list[dict] = field(default_factory=list)
    images: int = 0
    classes: tuple[str, ...] = ()
    pixels: Counter = field(default_factory=Counter)
    ignored: int = 0
    boxes: Counter = field(default_factory=Counter)
    depth: DepthFigures | None = None
    levels: Counter = field(default_factory=Counter)

    def add(self, reading: Reading, classes: tuple[str, ...]) -> None:
        """Take in what was read of a sample with these classes."""
        self.images += reading.identity is not None
        for index, count in reading.pixels.items():
            if index < 0:
                self.ignored += count
            else:
                self.pixels[_name(classes, index)] += count
        for index, count in reading.boxes.items():
            self.boxes[_name(classes, index)] += count
        if reading.depth is not None:
            self.depth = self.depth or DepthFigures()
            self.depth.add(reading.depth)

    def to_dict(self) -> dict:
        """Return it as JSON's types."""
        return dict(
            same_as=self.same_as,
            data_sets=self.datasets,
            images=self.images,
            label_pixels=_counts(self.classes, self.pixels),
            ignored_pixels=self.ignored,
            boxes=_counts(self.classes, self.boxes),
            depth=None if self.depth is None else _depth(self.depth),
            **{f'{level}s': self.levels[level] for level in LEVELS},
        )


@dataclass
class Report:
    """What was found in the data sets of a config.

    Attributes:
        splits: By name, in the order train, val, test.
        defects: All of them.
        seconds: That the check took.
        workers: Processes that read.
    """

    splits: dict[str, Split]
    defects: list[Defect]
    seconds: float
    workers: int

    def count(self, level: str) -> int:
        """Return the number of defects of a level."""
        return sum(defect.level == level for defect in self.defects)

    def to_dict(self) -> dict:
        """Return it as JSON's types; docs/datasets.md says what is where."""
        return dict(
            version=VERSION,
            seconds=round(self.seconds, 3),
            workers=self.workers,
            **{f'{level}s': self.count(level) for level in LEVELS},
            splits={name: x.to_dict() for name, x in self.splits.items()},
            defects=[
                dict(
                    level=x.level,
                    split=x.split,
                    kind=x.kind,
                    file=x.file,
                    message=x.message,
                    details=x.details,
                )
                for x in self.defects
            ],
        )


def _name(classes: tuple[str, ...], index: int) -> str:
    """Return the name of a class; one without a name has its index."""
    return classes[index] if index < len(classes) else str(index)


def _counts(classes: tuple[str, ...], found: Counter) -> dict[str, int]:
    if not found:
        return {}
    return {name: found[name] for name in dict.fromkeys((*classes, *found))}


def _depth(figures: DepthFigures) -> dict:
    known = figures.known > 0
    return dict(
        known_pixels=figures.known,
        beyond_max_depth=figures.beyond,
        mean=figures.total / figures.known if known else None,
        nearest=figures.nearest if known else None,
        farthest=figures.farthest if known else None,
    )
