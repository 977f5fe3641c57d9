"""Necks and heads, arranged behind the maps that they read."""

from torch import nn

from uhrnet.errors import ConfigError

from .network_drawing import SKIP, Drawing
from .network_trace import Shape


def draw_mixed(
    drawing: Drawing, mixed: list[Shape], outputs: list[str], key: str
) -> str:
    """Draw maps at the size of the finest, concatenated and mixed."""
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


def draw_dense(
    drawing: Drawing, shapes: dict[str, list[Shape]], outputs: list[str]
) -> None:
    """Draw the head of FCN or depth."""
    key = 'decode_head.convs.0'
    if key not in shapes:
        raise ConfigError(
            'the head of this config is none that can be drawn: name one of '
            'FCNHead, DepthHead or HFGDHead'
        )
    last = outputs[0]
    if len(outputs) > 1:
        last = draw_mixed(drawing, shapes[key], outputs, key)
    result = shapes['']
    box = drawing.box('result', drawing.end + 1.3, result[0])
    classes = result[0][0]
    drawing.label([box], 'depth' if classes == 1 else f'{classes} classes')
    drawing.arrow(last, box)


def draw_pyramid(
    drawing: Drawing,
    neck: nn.Module,
    shapes: dict[str, list[Shape]],
    outputs: list[str],
) -> None:
    """Draw HRNetV2p."""
    mix = draw_mixed(
        drawing, shapes['neck.reduction_conv'], outputs, 'neck.mix'
    )
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


def draw_guided(
    drawing: Drawing,
    head: nn.Module,
    shapes: dict[str, list[Shape]],
    outputs: list[str],
) -> None:
    """Draw HFGD."""
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
