"""Arrange the backbone of a network, and what comes behind it."""

from torch import nn

from .network_drawing import SKIP, Drawing
from .network_heads import draw_dense, draw_guided, draw_mixed, draw_pyramid
from .network_trace import Shape


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
        draw_pyramid(drawing, neck, shapes, outputs)
    elif hasattr(neck, 'mix'):
        outputs = [
            draw_mixed(drawing, shapes['neck.mix'], outputs, 'neck.mix')
        ]
    if hasattr(head, 'upsampler'):
        draw_guided(drawing, head, shapes, outputs)
    elif head is not None:
        draw_dense(drawing, shapes, outputs)
    return drawing


def _start(
    drawing: Drawing,
    backbone: nn.Module,
    shapes: dict[str, list[Shape]],
    names: tuple[str, str, str],
) -> tuple[str, str]:
    """Draw both convolutions of the stem and stage 1, by their names.

    Returns:
        The boxes of the first convolution and of stage 1.
    """
    sizes = [shapes[f'backbone.{name}'][0] for name in names]
    stem1 = drawing.box('stem1', 1.2, sizes[0])
    stem2 = drawing.box('stem2', 2.4, sizes[1])
    drawing.arrow('image', stem1)
    drawing.arrow(stem1, stem2)
    drawing.label([stem1], 'stem')
    first = drawing.box('stage1', 3.5, sizes[2])
    drawing.arrow(stem2, first)
    bottlenecks = _times(getattr(backbone, names[2]), 'bottleneck')
    drawing.label([stem2, first], f'stage 1\n{bottlenecks}')
    return stem1, first


def _uhrnet(
    drawing: Drawing, backbone: nn.Module, shapes: dict[str, list[Shape]]
) -> list[str]:
    stem1, first = _start(
        drawing, backbone, shapes, ('stem1', 'stem2', 'stage1')
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
    stem1, first = _start(
        drawing, backbone, shapes, ('conv1', 'conv2', 'layer1')
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


def _times(modules: nn.Module, what: str) -> str:
    count = len(modules)
    return f'{count} {what}{"s" * (count > 1)}'
