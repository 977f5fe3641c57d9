"""Parameters of PaddleSeg's U-HRNet, renamed for an ``EncoderDecoder``.

Names on the left are those of PaddleSeg's ``FCN`` with a ``UHRNet`` backbone
(``paddleseg/models/backbones/uhrnet.py`` at d7975e7c), numbers 1-based.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import torch

from uhrnet.models.backbones import ARCHS, UHRNet, UHRNetArch

from .conversion import (
    Conversion,
    ConversionError,
    add_counters,
    check_keys,
    check_shapes,
    check_values,
    fold_bias,
)

# Registered by the original and never used.
DEAD_KEYS = {
    'backbone.last_layer.1.weight',
    'backbone.last_layer.1.bias',
    *(
        f'backbone.last_layer.0.{name}'
        for name in (
            '_conv.weight',
            '_conv.bias',
            '_batch_norm.weight',
            '_batch_norm.bias',
            '_batch_norm._mean',
            '_batch_norm._variance',
        )
    ),
}
# Paddle stores this table of names beside the arrays.
NAME_TABLE = 'StructuredToParameterName@@'
NORM_SUFFIXES = {
    'weight': 'weight',
    'bias': 'bias',
    '_mean': 'running_mean',
    '_variance': 'running_var',
}


def backbone_units(arch: UHRNetArch) -> Iterator[tuple[str, str]]:
    """Pair every convolution of the original with ours.

    Yields:
        ``(name in PaddleSeg, name in UHRNet)``, without ``backbone.``.
    """
    yield 'conv_layer1_1', 'stem1'
    yield 'conv_layer1_2', 'stem2'
    for block in range(arch.num_blocks):
        for conv in ('conv1', 'conv2', 'conv3'):
            yield (
                f'la1.bb_layer2_{block + 1}.{conv}',
                f'stage1.{block}.{conv}',
            )
    yield 'la1.bb_layer2_1.conv_down', 'stage1.0.shortcut'
    yield 'tr1.transition_tr1_layer_1', 'split'
    for number in range(1, 5):
        yield f'tr{number}.transition_tr{number}_layer_2', f'down{number}'
    for number in range(5, 8):
        yield (
            f'tr{number}.transition_tr{number}_layer_1',
            f'up{number}.reduce',
        )
    for stage, num_modules in enumerate(arch.num_modules, start=2):
        for module in range(num_modules):
            yield from _module_units(stage, module, arch.num_blocks)


def _module_units(
    stage: int, module: int, num_blocks: int
) -> Iterator[tuple[str, str]]:
    """Pair the convolutions of one module; stage 9 has one branch only."""
    number = f'st{stage}_{module + 1}'
    theirs = f'st{stage}.stage_{number}'
    for index, branch in enumerate(('high', 'low')[: 2 - (stage == 9)], 1):
        for block in range(num_blocks):
            ours = (
                f'stage9.{module * num_blocks + block}'
                if stage == 9
                else f'stage{stage}.parts.{module}.{branch}.{block}'
            )
            unit = f'bb_{number}_branch_layer_{index}_{block + 1}'
            for conv in ('conv1', 'conv2'):
                yield (
                    f'{theirs}.branches_func.{unit}.{conv}',
                    f'{ours}.{conv}',
                )
    if stage != 9:
        fuse = f'{theirs}.fuse_func.residual_{number}_layer'
        ours = f'stage{stage}.parts.{module}'
        yield f'{fuse}_1_2', f'{ours}.low_to_high'
        yield f'{fuse}_2_1_1', f'{ours}.high_to_low'


def key_pairs(arch: UHRNetArch) -> dict[str, str]:
    """Map every parameter of the backbone from PaddleSeg's name to ours."""
    pairs = {}
    for source, target in backbone_units(arch):
        theirs, ours = f'backbone.{source}', f'backbone.{target}'
        pairs[f'{theirs}._conv.weight'] = f'{ours}.conv.weight'
        for name, new_name in NORM_SUFFIXES.items():
            pairs[f'{theirs}._batch_norm.{name}'] = f'{ours}.bn.{new_name}'
    return pairs


HEAD_PAIRS = {
    'head.conv_1._conv.weight': 'decode_head.convs.0.conv.weight',
    **{
        f'head.conv_1._batch_norm.{source}': f'decode_head.convs.0.bn.{target}'
        for source, target in NORM_SUFFIXES.items()
    },
    'head.cls.weight': 'decode_head.conv_seg.weight',
    'head.cls.bias': 'decode_head.conv_seg.bias',
}
# mmcv's ConvModule has no bias before a norm: it is folded into the mean.
HEAD_BIAS = 'head.conv_1._conv.bias'
HEAD_MEAN = 'decode_head.convs.0.bn.running_mean'
CLASSIFIER_BIAS = 'decode_head.conv_seg.bias'


def detect_arch(arrays: Mapping[str, np.ndarray]) -> str:
    """Name the variant whose backbone has just these keys and width.

    Raises:
        ConversionError: If there is none.
    """
    width_key = 'backbone.tr1.transition_tr1_layer_1._conv.weight'
    if width_key not in arrays:
        raise ConversionError(
            f'not a U-HRNet checkpoint: {width_key} is missing. '
            'docs/official_weights.md names those that are converted'
        )
    width = next(iter(arrays[width_key].shape), 0)
    names = [n for n, a in ARCHS.items() if a.base_channels == width]
    if not names:
        raise ConversionError(
            f'no U-HRNet has {width} channels at stride 4: known are '
            f'{", ".join(ARCHS)}'
        )
    # Variants of equal width differ in depth: take the nearest, so that a
    # damaged file is reported by the keys it lacks.
    return min(
        names, key=lambda n: len(arrays.keys() ^ key_pairs(ARCHS[n]).keys())
    )


def convert_state_dict(
    arrays: Mapping[str, np.ndarray],
) -> Conversion:
    """Rename and check the parameters of an original checkpoint.

    Args:
        arrays: Parameter name to array, of a whole ``FCN`` or of a backbone
            alone; a backbone may lack the prefix ``backbone.``.

    Returns:
        The parameters of mmsegmentation's ``EncoderDecoder`` with ``UHRNet``
        and, where the source has a head, ``FCNHead(num_convs=1,
        kernel_size=1, concat_input=False, input_transform='resize_concat')``.
        They share no memory with ``arrays``.

    Raises:
        ConversionError: If a key is missing, left over, or of the wrong
            shape. The message lists all of them.
    """
    if not any(key.startswith('backbone.') for key in arrays):
        arrays = {f'backbone.{key}': value for key, value in arrays.items()}
    dropped = tuple(key for key in arrays if key in DEAD_KEYS)
    arrays = {k: v for k, v in arrays.items() if k not in DEAD_KEYS}

    arch = detect_arch(arrays)
    model = f'U-HRNet {arch}'
    pairs = key_pairs(ARCHS[arch])
    has_head = any(key.startswith('head.') for key in arrays)
    if has_head:
        # The bias is a parameter of its own until it was checked.
        pairs |= HEAD_PAIRS | {HEAD_BIAS: HEAD_BIAS}
    check_keys(model, pairs, arrays)
    renamed = {target: arrays[source] for source, target in pairs.items()}
    num_classes = renamed[CLASSIFIER_BIAS].size if has_head else None
    check_shapes(model, renamed, _shapes(arch, num_classes))

    state = {
        key: torch.from_numpy(np.array(value, order='C'))
        for key, value in renamed.items()
    }
    check_values(model, state)
    if has_head:
        state[HEAD_MEAN] = fold_bias(state[HEAD_MEAN], state.pop(HEAD_BIAS))
    add_counters(state)
    return Conversion(state, arch, num_classes, len(arrays), dropped)


def _shapes(arch: str, num_classes: int | None) -> dict[str, tuple[int, ...]]:
    """The shape that each parameter must have."""
    with torch.device('meta'):
        backbone = UHRNet(arch).state_dict()
    shapes = {f'backbone.{key}': tuple(x.shape) for key, x in backbone.items()}
    # C/2 + C + 2C + 4C + 8C, concatenated by the head.
    width = ARCHS[arch].base_channels * 31 // 2
    return shapes | {
        HEAD_BIAS: (width,),
        'decode_head.convs.0.conv.weight': (width, width, 1, 1),
        'decode_head.conv_seg.weight': (num_classes, width, 1, 1),
        CLASSIFIER_BIAS: (num_classes,),
        **{
            f'decode_head.convs.0.bn.{name}': (width,)
            for name in NORM_SUFFIXES.values()
        },
    }
