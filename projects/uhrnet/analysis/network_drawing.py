"""Boxes and arrows of a network: where each map stands, and what it is of."""

from collections.abc import Sequence
from typing import NamedTuple

from .network_trace import Shape

# Kinds of arrows.
SAME, DOWN, UP, SKIP = 'same', 'down', 'up', 'skip'


class Box(NamedTuple):
    """A map.

    Attributes:
        key: Name of it, by which arrows find it.
        column: Place from left to right.
        stride: Of the map, the place from top to bottom.
        shape: Channels, height and width.
        plain: Whether it is drawn small and without its shape: the inside of
            a stage, whose maps have the shapes of those that leave it.
    """

    key: str
    column: float
    stride: int
    shape: Shape
    plain: bool = False


class Arrow(NamedTuple):
    """From a map to one that is made of it, by a kind of step."""

    start: str
    end: str
    kind: str


class Label(NamedTuple):
    """What stands above the boxes of a column."""

    column: float
    stride: int
    text: str


class Drawing:
    """What :func:`~uhrnet.analysis.network_figure.draw_network` draws.

    Args:
        title: Of the figure.
        size: Height and width of the input.

    Attributes:
        dashed: What dashed arrows are.
    """

    def __init__(self, title: str, size: tuple[int, int]) -> None:
        self.title = title
        self.size = size
        self.boxes: dict[str, Box] = {}
        self.arrows: list[Arrow] = []
        self.labels: list[Label] = []
        self.dashed = 'skip connection'

    @property
    def end(self) -> float:
        """The rightmost column so far."""
        return max(box.column for box in self.boxes.values())

    def box(
        self, key: str, column: float, shape: Shape, plain: bool = False
    ) -> str:
        """Add a box at the stride that its height says."""
        stride = 1
        while -(-self.size[0] // stride) > shape[1]:
            stride *= 2
        self.boxes[key] = Box(key, column, stride, shape, plain)
        return key

    def arrow(self, start: str, end: str, kind: str | None = None) -> None:
        """Add an arrow, of the kind that the strides of both ends say."""
        if kind is None:
            before, after = (self.boxes[key].stride for key in (start, end))
            kind = SAME if before == after else UP if before > after else DOWN
        self.arrows.append(Arrow(start, end, kind))

    def label(self, keys: Sequence[str], text: str) -> None:
        """Write above the highest of some boxes, in the middle of them."""
        boxes = [self.boxes[key] for key in keys]
        columns = [box.column for box in boxes]
        self.labels.append(
            Label(
                (min(columns) + max(columns)) / 2,
                min(box.stride for box in boxes),
                text,
            )
        )

    def stage(
        self, name: str, column: float, maps: Sequence[Shape], text: str
    ) -> tuple[list[str], list[str]]:
        """Add a stage: branches, then maps that are fused of all branches.

        Returns:
            Keys of what goes into the branches and of what leaves the stage,
            from the finest to the coarsest.
        """
        count = range(len(maps))
        inner = [
            self.box(f'{name}.in{i}', column, maps[i], True) for i in count
        ]
        gap = 0.9 + 0.1 * len(maps)  # for the arrows
        outer = [self.box(f'{name}.{i}', column + gap, maps[i]) for i in count]
        for start in inner:
            for end in outer:
                self.arrow(start, end)
        self.label(inner + outer, text)
        return inner, outer
