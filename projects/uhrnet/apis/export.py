"""Write a trained model as a graph that runs without this package."""

import json
import os
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.nn import functional as F

from uhrnet.engine.hooks.checkpoint_fit import normalisation_of
from uhrnet.errors import ConfigError, UserError
from uhrnet.version import __version__

from .export_formats import SUFFIXES, WRITERS
from .export_graph import ExportGraph, input_channels, reference
from .exported_model import ExportedModel

# What a graph is traced with. At stride 128, the largest there is, maps still
# have more than one pixel, as tracing takes 1 for a size of its own kind. The
# files also work on smaller images, but for those of torch.export.
TRACED = (2, 256, 384)
LEAST = 129
TOLERANCE = 1e-4


class ExportError(UserError, RuntimeError):
    """A model that cannot be exported, or whose graph gives other results."""


def export_model(
    model: nn.Module,
    path: str | Path,
    file_format: str,
    shape: tuple[int, int] = (512, 1024),
    argmax: bool = False,
    fixed_size: bool = False,
) -> dict[str, float]:
    """Export a model, and compare the file's results with the model's.

    Batch norms are folded. The graph takes normalised images; how to
    normalise, classes, palette and what else its user has to know stand in
    the file as JSON under the key ``uhrnet``.

    Args:
        model: A segmentor, depth estimator or detector with weights, on the
            CPU, in float32. Of a detector, backbone and neck are exported.
            Its ``dataset_meta`` has classes and palette. It is left in
            evaluation mode.
        path: File to write; ``.onnx``, ``.xml`` (with a ``.bin`` beside it)
            or ``.pt2``. Folders are made, files replaced.
        file_format: ``'onnx'``, ``'openvino'`` or ``'torch-export'``.
        shape: Height and width of an image to compare with, and of every
            image if the size is fixed.
        argmax: Return labels (N, H, W) in place of logits.
        fixed_size: Take images of ``shape`` alone, any number of them.

    Returns:
        Size of the compared images, as ``'2x3x33x47'``, to the largest
        difference from the model's results, relative to the largest of them;
        with ``argmax``, how much less the chosen class has than the best.

    Raises:
        ExportError: If the model cannot be traced, or if results differ by
            more than 1e-4. No file is left behind.
        ConfigError: For another format or suffix, a model elsewhere or of
            another precision, or a shape that the format cannot take.
        MissingLibraryError: If a library is missing. It says which.
    """
    path = Path(path)
    if path.suffix != SUFFIXES.get(file_format):
        raise ConfigError(
            f'{path} of format {file_format!r}: formats and their suffixes '
            f'are {", ".join(f"{k} ({v})" for k, v in SUFFIXES.items())}'
        )
    _check(model, path, shape, file_format == 'torch-export', fixed_size)
    graph = ExportGraph(model, argmax, file_format != 'torch-export').eval()
    channels = input_channels(model)
    program = trace(graph, channels, shape if fixed_size else None)
    meta = describe(model, graph, shape if fixed_size else None)
    free = file_format == 'torch-export' and not fixed_size
    meta['least'] = LEAST if free else 1
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f'.{path.name}.', suffix='.unfinished', dir=path.parent
    ) as folder:
        unfinished = Path(folder) / path.name
        names = graph.names(len(program.graph_signature.user_outputs))
        WRITERS[file_format](program, unfinished, names, json.dumps(meta))
        differences = compare(model, graph, unfinished, shape, fixed_size)
        worst = max(differences.values())
        # NaN is not below it either.
        if not worst <= TOLERANCE:
            raise ExportError(
                f'the exported graph differs from the model by {worst:.1e} '
                f'of its largest value, more than {TOLERANCE:.0e}: '
                f'{differences}. Nothing was written.'
            )
        # The file that names the others comes last.
        for file in sorted(
            Path(folder).iterdir(), key=lambda x: x.name == path.name
        ):
            os.replace(file, path.parent / file.name)
    return differences


def _check(
    model: nn.Module,
    path: Path,
    shape: tuple[int, int],
    by_torch: bool,
    fixed_size: bool,
) -> None:
    """Refuse what would fail after a minute."""
    kinds = {(x.device.type, x.dtype) for x in model.parameters()}
    if kinds != {('cpu', torch.float32)}:
        raise ConfigError(
            f'the model has parameters of {kinds}: move it to the CPU, in '
            'float32, to export it'
        )
    if path.is_dir():
        raise ConfigError(f'{path} is a folder: give the name of a file')
    if by_torch and not fixed_size and min(shape) < LEAST:
        raise ConfigError(
            f'a file of torch.export takes images of at least {LEAST} pixels '
            f'on each side: give another --shape than {shape}, or --fixed-size'
        )


def trace(
    graph: nn.Module, channels: int, shape: tuple[int, int] | None
) -> ExportedProgram:
    """Capture a graph for any number of images, of any or of one size.

    Raises:
        ExportError: If it depends on the size in a way that has no formula.
    """
    batch, height, width = TRACED
    sizes = {0: Dim('batch')}
    if shape is None:
        sizes |= {2: Dim('height', min=LEAST), 3: Dim('width', min=LEAST)}
    else:
        height, width = shape
    try:
        with torch.no_grad():
            return torch.export.export(
                graph,
                (torch.zeros(batch, channels, height, width),),
                dynamic_shapes=dict(image=sizes),
                strict=False,
                prefer_deferred_runtime_asserts_over_guards=True,
            )
    except Exception as error:
        hint = ''
        if shape is None:
            hint = (
                ' If it is about sizes, as of models with align_corners=True, '
                'fix them: fixed_size=True, --fixed-size.'
            )
        raise ExportError(
            f'the model cannot be traced: {error}{hint}'
        ) from error


def describe(
    model: nn.Module, graph: ExportGraph, shape: tuple[int, int] | None
) -> dict:
    """Return what the user of a file has to know, as plain data."""
    dataset = getattr(model, 'dataset_meta', None) or {}
    return dict(
        task=graph.task,
        arch=getattr(model.backbone, 'name', None),
        outputs='labels' if graph.argmax else graph.names(1)[0],
        classes=_plain(dataset.get('classes')),
        palette=_plain(dataset.get('palette')),
        normalisation=normalisation_of(model),
        align_corners=graph.align_corners,
        size=list(shape) if shape else None,
        threshold=getattr(_last_head(model), 'threshold', None),
        uhrnet_version=__version__,
    )


def _last_head(model: nn.Module) -> nn.Module | None:
    head = getattr(model, 'decode_head', None)
    return head[-1] if isinstance(head, nn.ModuleList) else head


def _plain(values: object) -> list | None:
    """Tuples and arrays of a data set's description as lists."""
    return None if values is None else json.loads(json.dumps(list(values)))


def compare(
    model: nn.Module,
    graph: ExportGraph,
    path: Path,
    shape: tuple[int, int],
    fixed_size: bool,
) -> dict[str, float]:
    """Compare a file's results with the unfolded model's.

    One image of ``shape``, then two of another, odd size if the size is free.
    """
    exported = ExportedModel(path, trusted=True)
    generator = torch.Generator().manual_seed(0)
    channels = input_channels(model)
    least = exported.description['least']
    odd = tuple(max(side * 2 // 3 | 1, least) for side in shape)
    if fixed_size:
        odd = shape
    differences = {}
    for size in ((1, channels, *shape), (2, channels, *odd)):
        image = torch.randn(size, generator=generator)
        with torch.inference_mode():
            expected = reference(model.eval(), image, graph.task)
        found = exported(image)
        if graph.argmax:
            logits = F.interpolate(
                expected[0],
                image.shape[-2:],
                mode='bilinear',
                align_corners=graph.align_corners,
            )
            chosen = logits.gather(1, found[0][:, None].long())
            found, expected = [chosen], [logits.amax(dim=1, keepdim=True)]
        differences['x'.join(map(str, size))] = max(
            difference(x, y) for x, y in zip(found, expected, strict=True)
        )
    return differences


def difference(found: Tensor, expected: Tensor) -> float:
    """Return the largest difference, relative to the largest value."""
    scale = expected.abs().max().clamp(min=1e-12)
    return ((found - expected).abs().max() / scale).item()
