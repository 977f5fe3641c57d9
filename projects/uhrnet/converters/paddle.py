"""Parameters of PaddleSeg's U-HRNet, renamed for an ``EncoderDecoder``.

Names on the left are those of PaddleSeg's ``FCN`` with a ``UHRNet`` backbone
(``paddleseg/models/backbones/uhrnet.py`` at d7975e7c), numbers 1-based.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from uhrnet.models.backbones import ARCHS, UHRNet, UHRNetArch

# Registered by the original and never used.
DEAD_PREFIX = 'backbone.last_layer.'
# Structure-to-parameter names that Paddle stores beside the arrays.
NAME_TABLE = 'StructuredToParameterName@@'
NORM_SUFFIXES = {
    'weight': 'weight',
    'bias': 'bias',
    '_mean': 'running_mean',
    '_variance': 'running_var',
}


class ConversionError(ValueError):
    """A checkpoint that is not, or not completely, a U-HRNet."""


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
    for theirs, ours in backbone_units(arch):
        theirs, ours = f'backbone.{theirs}', f'backbone.{ours}'
        pairs[f'{theirs}._conv.weight'] = f'{ours}.conv.weight'
        for source, target in NORM_SUFFIXES.items():
            pairs[f'{theirs}._batch_norm.{source}'] = f'{ours}.bn.{target}'
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
# mmcv's ConvModule has no bias before a norm; see convert_state_dict.
HEAD_BIAS = 'head.conv_1._conv.bias'


def detect_arch(arrays: Mapping[str, np.ndarray]) -> str:
    """Name the variant whose backbone has just these keys and width.

    Raises:
        ConversionError: If there is none.
    """
    width_key = 'backbone.tr1.transition_tr1_layer_1._conv.weight'
    if width_key not in arrays:
        raise ConversionError(
            f'not a U-HRNet checkpoint: {width_key} is missing'
        )
    width = arrays[width_key].shape[0]
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
) -> dict[str, Tensor]:
    """Rename and check the parameters of an original checkpoint.

    Args:
        arrays: Parameter name to array, of a whole ``FCN`` or of a backbone
            alone; a backbone may lack the prefix ``backbone.``.

    Returns:
        The state dict of mmsegmentation's ``EncoderDecoder`` with ``UHRNet``
        and, where the source has a head, ``FCNHead(num_convs=1,
        kernel_size=1, concat_input=False, input_transform='resize_concat')``.
        The bias before the head's norm, which that has not, is folded into
        the running mean: ``(x + b - mean) = (x - (mean - b))``.

    Raises:
        ConversionError: If a key is missing, left over, or of the wrong
            shape. The message lists all of them.
    """
    arrays = {k: v for k, v in arrays.items() if k != NAME_TABLE}
    if not any(key.startswith('backbone.') for key in arrays):
        arrays = {f'backbone.{key}': value for key, value in arrays.items()}
    arrays = {k: v for k, v in arrays.items() if not k.startswith(DEAD_PREFIX)}

    arch = detect_arch(arrays)
    pairs = key_pairs(ARCHS[arch])
    has_head = any(key.startswith('head.') for key in arrays)
    if has_head:
        pairs |= HEAD_PAIRS
    expected = set(pairs) | ({HEAD_BIAS} if has_head else set())
    _check_keys(arch, expected, set(arrays))

    state = {
        target: torch.from_numpy(np.array(arrays[source]))
        for source, target in pairs.items()
    }
    if has_head:
        mean = state['decode_head.convs.0.bn.running_mean']
        mean -= torch.from_numpy(np.array(arrays[HEAD_BIAS]))
    for key in [k for k in state if k.endswith('.running_mean')]:
        counter = key.replace('running_mean', 'num_batches_tracked')
        state[counter] = torch.tensor(0)
    _check_shapes(arch, state)
    return state


def _check_keys(arch: str, expected: set[str], found: set[str]) -> None:
    problems = [f'  missing: {key}' for key in sorted(expected - found)]
    problems += [f'  not placed: {key}' for key in sorted(found - expected)]
    if problems:
        raise ConversionError(
            f'the checkpoint looks like U-HRNet {arch} but does not match '
            'it:\n' + '\n'.join(problems)
        )


def _check_shapes(arch: str, state: Mapping[str, Tensor]) -> None:
    with torch.device('meta'):
        backbone = UHRNet(arch).state_dict()
    shapes = {f'backbone.{key}': x.shape for key, x in backbone.items()}
    if 'decode_head.conv_seg.weight' in state:
        classes = len(state['decode_head.conv_seg.bias'])
        # C/2 + C + 2C + 4C + 8C, concatenated by the head.
        width = ARCHS[arch].base_channels * 31 // 2
        shapes |= {
            'decode_head.convs.0.conv.weight': (width, width, 1, 1),
            'decode_head.conv_seg.weight': (classes, width, 1, 1),
            'decode_head.conv_seg.bias': (classes,),
            'decode_head.convs.0.bn.num_batches_tracked': (),
            **{
                f'decode_head.convs.0.bn.{name}': (width,)
                for name in NORM_SUFFIXES.values()
            },
        }
    assert shapes.keys() == state.keys(), shapes.keys() ^ state.keys()
    wrong = [
        f'  {key}: {tuple(value.shape)} in place of {tuple(shapes[key])}'
        for key, value in state.items()
        if tuple(value.shape) != tuple(shapes[key])
    ]
    if wrong:
        raise ConversionError(
            f'parameters of U-HRNet {arch} with wrong shapes:\n'
            + '\n'.join(wrong)
        )
