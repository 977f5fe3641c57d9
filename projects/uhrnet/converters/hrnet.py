"""Checkpoints of HRNet's authors, renamed for an ``EncoderDecoder``.

The body has the same names in the authors' code (github.com/HRNet) and in
mmsegmentation's and mmdetection's ``HRNet``. What they compute may differ:

* Fusions. The segmentation code upsamples bilinearly with
  ``align_corners=False`` (HRNet-Semantic-Segmentation, lib/models/seg_hrnet.py
  at 605d941f), as mmsegmentation does; the classification code takes the
  nearest (HRNet-Image-Classification, lib/models/cls_hrnet.py at 4ad13bb3), as
  mmdetection does. So ImageNet weights cross modes when a segmentation model
  starts from them, in the authors' training as well.
* Sizes. Values are equal where 32 divides height and width. Elsewhere
  mmsegmentation upsamples by a power of two and then resizes to the exact
  size, the authors do the latter alone, and mmdetection raises an error.
* Norms. The code for torch 0.4 normalises by InPlaceABN, which scales by
  ``abs(weight) + eps`` (lib/models/sync_bn/inplace_abn/src at 081bd42d). Taken
  for a batch norm's, its weights score lower (issues 59 and 112 there). Such
  files are those with a head and without ``num_batches_tracked``.
* Corners. The branch HRNet-OCR says of all its models that they upsample with
  ``align_corners=True`` (README at ff91de48; some of its yaml files say
  False). Those without OCR, such as hrnet_cs_8090_torch11.pth, look like all
  others: they are converted, and may not compute what was trained.
"""

import re
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from uhrnet.models.backbones.hrnet_arch import HRNET_ARCHS, HRNetArch

from .conversion import (
    Conversion,
    ConversionError,
    add_counters,
    check_keys,
    check_shapes,
    check_values,
    fold_bias,
    shown,
)

Shape = tuple[int, ...]


# Of DataParallel, and of the module that computes the loss.
_PREFIXES = re.compile(r'^(?:module\.|model\.)+')
# The loss's class weights, and the head of a classifier.
_UNUSED = (
    'loss.',
    'incre_modules.',
    'downsamp_modules.',
    'final_layer.',
    'classifier.',
)
_OCR = (
    'conv3x3_ocr.',
    'ocr_gather_head.',
    'ocr_distri_head.',
    'cls_head.',
    'aux_head.',
)
_HEAD = {
    'last_layer.0.': 'decode_head.convs.0.conv.',
    'last_layer.1.': 'decode_head.convs.0.bn.',
    'last_layer.3.': 'decode_head.conv_seg.',
}
_COUNTER = '.num_batches_tracked'
_ABN_EPS = 1e-5
ABN_NOTE = (
    'no num_batches_tracked, so taken for a file of torch 0.4: the weight of '
    'each norm became |weight| + 1e-5, as InPlaceABN has it'
)


def body_shapes(arch: HRNetArch) -> dict[str, Shape]:
    """Name every parameter and buffer of a body, with its shape."""
    shapes: dict[str, Shape] = {}
    for conv, norm, shape in _units(arch):
        shapes[f'{conv}.weight'] = shape
        shapes |= _norm_shapes(norm, shape[0])
    return shapes


def head_shapes(arch: HRNetArch, num_classes: int) -> dict[str, Shape]:
    """Name what the authors' segmentation head has, with its shapes."""
    width = 15 * arch.channels  # C + 2C + 4C + 8C
    return {
        'last_layer.0.weight': (width, width, 1, 1),
        'last_layer.0.bias': (width,),
        **_norm_shapes('last_layer.1', width),
        'last_layer.3.weight': (num_classes, width, 1, 1),
        'last_layer.3.bias': (num_classes,),
    }


def _norm_shapes(name: str, width: int) -> dict[str, Shape]:
    vectors = ('weight', 'bias', 'running_mean', 'running_var')
    return {f'{name}.{v}': (width,) for v in vectors} | {name + _COUNTER: ()}


def _units(arch: HRNetArch) -> Iterator[tuple[str, str, Shape]]:
    """Yield ``(convolution, its norm, shape of its weight)``."""
    widths = [arch.channels * 2**level for level in range(4)]
    inner, outer = arch.stage1_channels, arch.stage1_channels * 4
    yield 'conv1', 'bn1', (64, 3, 3, 3)
    yield 'conv2', 'bn2', (64, 64, 3, 3)
    for block in range(arch.stage1_blocks):
        name, before = f'layer1.{block}', outer if block else 64
        yield f'{name}.conv1', f'{name}.bn1', (inner, before, 1, 1)
        yield f'{name}.conv2', f'{name}.bn2', (inner, inner, 3, 3)
        yield f'{name}.conv3', f'{name}.bn3', (outer, inner, 1, 1)
    yield _sequential('layer1.0.downsample', (outer, 64, 1, 1))
    yield _sequential('transition1.0', (widths[0], outer, 3, 3))
    yield _sequential('transition1.1.0', (widths[1], outer, 3, 3))
    yield _sequential('transition2.2.0', (widths[2], widths[1], 3, 3))
    yield _sequential('transition3.3.0', (widths[3], widths[2], 3, 3))
    for stage, num_modules in enumerate(arch.num_modules, start=2):
        for module in range(num_modules):
            name = f'stage{stage}.{module}'
            yield from _module_units(name, widths[:stage], arch.num_blocks)


def _module_units(
    module: str, widths: list[int], num_blocks: int
) -> Iterator[tuple[str, str, Shape]]:
    """Go through the branches of a module, then from each j to each i."""
    for level, width in enumerate(widths):
        for block in range(num_blocks):
            name = f'{module}.branches.{level}.{block}'
            for number in (1, 2):
                shape = (width, width, 3, 3)
                yield f'{name}.conv{number}', f'{name}.bn{number}', shape
    for i, target in enumerate(widths):
        for j, source in enumerate(widths):
            name = f'{module}.fuse_layers.{i}.{j}'
            if j > i:
                yield _sequential(name, (target, source, 1, 1))
            for step in range(i - j):
                out = target if step == i - j - 1 else source
                yield _sequential(f'{name}.{step}', (out, source, 3, 3))


def _sequential(name: str, shape: Shape) -> tuple[str, str, Shape]:
    return f'{name}.0', f'{name}.1', shape


def detect_arch(arrays: Mapping[str, Tensor]) -> str:
    """Name the variant of this width with the nearest set of names.

    Raises:
        ConversionError: If there is none.
    """
    key = 'transition1.0.0.weight'
    shape = getattr(arrays.get(key), 'shape', ())
    if len(shape) != 4:
        raise ConversionError(
            f'not an HRNet checkpoint: {key}, a convolution, is missing. '
            'docs/official_weights.md names those that are converted'
        )
    names = [n for n, a in HRNET_ARCHS.items() if a.channels == shape[0]]
    if not names:
        raise ConversionError(
            f'no HRNet has {shape[0]} channels at stride 4: known are '
            f'{", ".join(HRNET_ARCHS)}'
        )
    return min(
        names,
        key=lambda n: len(arrays.keys() ^ body_shapes(HRNET_ARCHS[n]).keys()),
    )


def convert_state_dict(arrays: Mapping[str, Tensor]) -> Conversion:
    """Rename and check the parameters of an original checkpoint.

    Args:
        arrays: Name to tensor, of a segmentation model or a classifier; with
            or without the prefixes ``module.`` and ``model.``.

    Returns:
        The parameters of mmsegmentation's ``EncoderDecoder`` with ``HRNet``
        and, where the source has a segmentation head, ``FCNHead(num_convs=1,
        kernel_size=1, concat_input=False, input_transform='resize_concat')``.
        They share no memory with ``arrays``.

    Raises:
        ConversionError: If the model is none of these or is HRNet+OCR, or if
            names are missing or left over, or tensors have a wrong type or
            shape: the message lists all of them.
    """
    names = {_PREFIXES.sub('', key): key for key in arrays}
    if len(names) < len(arrays):
        twice = ', '.join(sorted(arrays.keys() - set(names.values())))
        raise ConversionError(f'there under two prefixes: {shown(twice)}')
    _refuse_ocr(names)
    dropped = tuple(k for n, k in names.items() if n.startswith(_UNUSED))
    source = {
        n: arrays[k] for n, k in names.items() if not n.startswith(_UNUSED)
    }

    name = detect_arch(source)
    arch, model = HRNET_ARCHS[name], f'HRNet {name}'
    has_head = any(key.startswith('last_layer.') for key in source)
    has_counters = any(key.endswith(_COUNTER) for key in source)
    shapes = body_shapes(arch) | (head_shapes(arch, 0) if has_head else {})
    if not has_counters:
        shapes = {k: v for k, v in shapes.items() if not k.endswith(_COUNTER)}
    check_keys(model, shapes, source)
    _check_types(model, source)
    num_classes = None
    if has_head:
        num_classes = source['last_layer.3.bias'].numel()
        shapes |= head_shapes(arch, num_classes)
    check_shapes(model, source, shapes)
    check_values(model, source)

    state = {_rename(k): v.detach().clone() for k, v in source.items()}
    notes = ()
    if has_head:
        mean = 'decode_head.convs.0.bn.running_mean'
        bias = state.pop('decode_head.convs.0.conv.bias')
        state[mean] = fold_bias(state[mean], bias)
        if not has_counters:
            _make_scales_positive(state)
            notes = (ABN_NOTE,)
    add_counters(state)
    return Conversion(state, name, num_classes, len(source), dropped, notes)


def _rename(key: str) -> str:
    for source, target in _HEAD.items():
        if key.startswith(source):
            return target + key.removeprefix(source)
    return f'backbone.{key}'


def _make_scales_positive(state: dict[str, Tensor]) -> None:
    """Write the scale that InPlaceABN makes of its weight: see above."""
    for key in [k for k in state if k.endswith('.running_var')]:
        weight = key.replace('running_var', 'weight')
        state[weight] = state[weight].abs() + _ABN_EPS


def _refuse_ocr(names: Mapping[str, str]) -> None:
    found = [key for name, key in names.items() if name.startswith(_OCR)]
    if found:
        raise ConversionError(
            f'HRNet+OCR is not converted (found {shown(found[0])}): its body '
            'upsamples with align_corners=True (lib/models/seg_hrnet_ocr.py '
            'and the default of MODEL.ALIGN_CORNERS, branch HRNet-OCR), which '
            "mmsegmentation's HRNet cannot do, so that results would differ"
        )


def _check_types(model: str, source: Mapping[str, Tensor]) -> None:
    wrong = []
    for key, value in source.items():
        expected = torch.int64 if key.endswith(_COUNTER) else torch.float32
        found = getattr(value, 'dtype', type(value).__name__)
        if not isinstance(value, Tensor) or found != expected:
            wrong.append(f'  {key}: {found} in place of {expected}')
    if wrong:
        raise ConversionError(
            f'parameters of {model} with wrong types:\n' + '\n'.join(wrong)
        )
