"""Boxes and arrows of a network: where each map stands, and what it is of."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import nn

from uhrnet.errors import ConfigError

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


def lay_out(
    model: nn.Module,
    shapes: dict[str, list[Shape]],
    size: tuple[int, int],
    title: str,
) -> Drawing:
    """Arrange a model of a config.

    Args:
        model: With ``backbone`` and perhaps ``neck`` and ``decode_head``.
        shapes: Of :func:`~uhrnet.analysis.network_trace.trace_shapes`.
        size: Of the input.
        title: Of the figure.
    """
    drawing = Drawing(title, size)
    drawing.box('image', 0, (3, *size))
    drawing.label(['image'], 'image')
    backbone = model.backbone
    if hasattr(backbone, 'stage9'):
        outputs = _uhrnet(drawing, backbone, shapes)
    elif hasattr(backbone, 'transition1'):
        outputs = _hrnet(drawing, backbone, shapes)
    else:
        outputs = _other(drawing, shapes)
    neck = getattr(model, 'neck', None)
    head = getattr(model, 'decode_head', None)
    if hasattr(neck, 'reduction_conv'):
        _pyramid(drawing, neck, shapes, outputs)
    elif hasattr(neck, 'mix'):
        outputs = [_mixed(drawing, shapes['neck.mix'], outputs, 'neck.mix')]
    if hasattr(head, 'upsampler'):
        _guided(drawing, head, shapes, outputs)
    elif head is not None:
        _dense(drawing, shapes, outputs)
    return drawing


def _uhrnet(
    drawing: Drawing, backbone: nn.Module, shapes: dict[str, list[Shape]]
) -> list[str]:
    stem1 = drawing.box('stem1', 1.2, shapes['backbone.stem1'][0])
    stem2 = drawing.box('stem2', 2.4, shapes['backbone.stem2'][0])
    drawing.arrow('image', stem1)
    drawing.arrow(stem1, stem2)
    drawing.label([stem1], 'stem')
    first = drawing.box('stage1', 3.5, shapes['backbone.stage1'][0])
    drawing.arrow(stem2, first)
    drawing.label(
        [stem2, first], f'stage 1\n{_times(backbone.stage1, "bottleneck")}'
    )
    waiting = {}  # skips, by the stage that takes them
    leaving = {}
    above, high = None, first
    for number in range(2, 9):
        stage = getattr(backbone, f'stage{number}')
        inner, outer = drawing.stage(
            f'stage{number}',
            2.15 * number + 0.2,
            shapes[f'backbone.stage{number}'],
            f'stage {number}\n{_times(stage.parts, "module")}',
        )
        if number <= 5:
            # from the low branch, or stage 1, to both
            drawing.arrow(high, inner[0])
            drawing.arrow(high, inner[1])
            waiting[10 - number] = outer[0]
            high = outer[0] if number == 5 else outer[1]
        else:
            drawing.arrow(high, inner[0])
            drawing.arrow(high, inner[1])
            drawing.arrow(waiting[number], inner[0], SKIP)
            high = outer[0]
        leaving[number] = outer[1]
        above = outer[0]
    last = drawing.box('stage9', 19.6, shapes['backbone.stage9'][0])
    drawing.arrow(above, last)
    drawing.label([last], f'stage 9\n{_times(backbone.stage9, "block")}')
    maps = shapes['backbone'][-5:]
    outputs = [
        drawing.box(f'out{i}', 20.8, shape) for i, shape in enumerate(maps)
    ]
    drawing.label(outputs, 'halved\nchannels')
    made_of = [last, *(leaving[number] for number in (8, 7, 6, 5))]
    for start, end in zip(made_of, outputs, strict=True):
        drawing.arrow(start, end)
    if len(shapes['backbone']) > 5:
        outputs.insert(0, stem1)
    return outputs


def _hrnet(
    drawing: Drawing, backbone: nn.Module, shapes: dict[str, list[Shape]]
) -> list[str]:
    stem1 = drawing.box('stem1', 1.2, shapes['backbone.conv1'][0])
    stem2 = drawing.box('stem2', 2.4, shapes['backbone.conv2'][0])
    drawing.arrow('image', stem1)
    drawing.arrow(stem1, stem2)
    drawing.label([stem1], 'stem')
    first = drawing.box('stage1', 3.5, shapes['backbone.layer1'][0])
    drawing.arrow(stem2, first)
    drawing.label(
        [stem2, first], f'stage 1\n{_times(backbone.layer1, "bottleneck")}'
    )
    before = [first]
    for number in (2, 3, 4):
        stage = getattr(backbone, f'stage{number}')
        inner, outer = drawing.stage(
            f'stage{number}',
            4.5 + 2.6 * (number - 2),
            shapes[f'backbone.stage{number}'],
            f'stage {number}\n{_times(stage, "module")}',
        )
        for start, end in zip(before, inner, strict=False):
            drawing.arrow(start, end)
        drawing.arrow(before[-1], inner[-1])  # the new branch
        before = outer
    if len(shapes['backbone']) > len(before):
        before = [stem1, *before]
    return before


def _other(drawing: Drawing, shapes: dict[str, list[Shape]]) -> list[str]:
    outputs = [
        drawing.box(f'out{i}', 2 + i, shape)
        for i, shape in enumerate(shapes['backbone'])
    ]
    for start, end in zip(['image', *outputs], outputs, strict=False):
        drawing.arrow(start, end)
    drawing.label(outputs[:1], 'backbone')
    return outputs


def _mixed(
    drawing: Drawing, mixed: list[Shape], outputs: list[str], key: str
) -> str:
    column = drawing.end + 1.5
    channels = sum(drawing.boxes[x].shape[0] for x in outputs)
    finest = min(outputs, key=lambda x: drawing.boxes[x].stride)
    joined = drawing.box(
        f'{key}.joined', column, (channels, *drawing.boxes[finest].shape[1:])
    )
    drawing.label([joined], 'enlarged and\nconcatenated')
    for output in outputs:
        drawing.arrow(output, joined)
    mix = drawing.box(key, column + 1.4, mixed[0])
    drawing.label([mix], '1x1\nconvolution')
    drawing.arrow(joined, mix)
    return mix


def _dense(
    drawing: Drawing, shapes: dict[str, list[Shape]], outputs: list[str]
) -> None:
    key = 'decode_head.convs.0'
    if key not in shapes:
        raise ConfigError(
            'the head of this config is none that can be drawn: name one of '
            'FCNHead, DepthHead or HFGDHead'
        )
    last = outputs[0]
    if len(outputs) > 1:
        last = _mixed(drawing, shapes[key], outputs, key)
    result = shapes['']
    box = drawing.box('result', drawing.end + 1.3, result[0])
    classes = result[0][0]
    drawing.label([box], 'depth' if classes == 1 else f'{classes} classes')
    drawing.arrow(last, box)


def _pyramid(
    drawing: Drawing,
    neck: nn.Module,
    shapes: dict[str, list[Shape]],
    outputs: list[str],
) -> None:
    mix = _mixed(drawing, shapes['neck.reduction_conv'], outputs, 'neck.mix')
    column = drawing.end + 1.4
    levels = []
    for i, shape in enumerate(shapes['neck']):
        conv = f'neck.fpn_convs.{0 if neck.share_conv else i}'
        channels = shapes[conv][0][0]
        level = drawing.box(f'level{i}', column, (channels, *shape[1:]))
        drawing.arrow(mix, level)
        levels.append(level)
    pooling = dict(avg='average', max='maximum')[neck.pooling]
    drawing.label(levels, f'{pooling} pooling,\n3x3 convolutions')


def _guided(
    drawing: Drawing,
    head: nn.Module,
    shapes: dict[str, list[Shape]],
    outputs: list[str],
) -> None:
    if head.detach_low or head.detach_high:
        drawing.dashed = 'skip connection; detached in the decoder'
    read = [outputs[i] for i in head.in_index]
    low, top = read[: head.top], [read[i] for i in head.high_index]
    column = drawing.end + 1.6
    high = drawing.box('cae', column, shapes['decode_head.cae'][0])
    drawing.label([high], 'context\naugmentation')
    for x in top:
        drawing.arrow(x, high)
    laterals = []
    for i, start in enumerate([*low, high]):
        shape = shapes[f'decode_head.upsampler.laterals.{i}'][0]
        end = drawing.box(f'lateral{i}', column + 1.4, shape)
        detached = head.detach_low if start in low else head.detach_high
        drawing.arrow(start, end, SKIP if detached else None)
        laterals.append(end)
    for coarse, fine in zip(laterals[:0:-1], laterals[-2::-1], strict=True):
        drawing.arrow(coarse, fine)
    drawing.label(laterals, 'upsampler:\npyramid')
    levels = []
    for i, start in enumerate(laterals):
        shape = shapes[f'decode_head.upsampler.levels.{i}.0'][0]
        end = drawing.box(f'level{i}', column + 2.8, shape)
        drawing.arrow(start, end)
        levels.append(end)
    drawing.label(levels, 'levels')
    shape = shapes['decode_head.upsampler'][0]
    total = drawing.box('sum', column + 4.2, shape)
    for level in levels:
        drawing.arrow(level, total)
    drawing.label([total], 'enlarged\nand summed')
    result = drawing.box('result', column + 5.6, shapes[''][0])
    drawing.arrow(total, result)
    classes = shapes[''][0][0]
    drawing.label([result], f'{classes} classes, by\nthe same kernels')
    guide = drawing.box(
        'high result',
        column + 5.6,
        (classes, *shapes['decode_head.cae'][0][1:]),
    )
    drawing.arrow(high, guide)
    drawing.label([guide], f'{classes} classes,\nin training')


def _times(modules: nn.Module, what: str) -> str:
    count = len(modules)
    return f'{count} {what}{"s" * (count > 1)}'
