"""Run a graph that was exported."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from uhrnet.errors import ConfigError, DataError

from .export_formats import KEY, import_library

Run = Callable[[Tensor], list[Tensor]]


class ExportedModel(nn.Module):
    """An exported file as a function of images.

    Args:
        path: An ``.onnx``, ``.xml`` or ``.pt2`` file.
        backend: ``'onnxruntime'`` (.onnx), ``'openvino'`` (.onnx, .xml; in
            float32) or ``'torch'`` (.pt2). By default the format's own.
        trusted: Whether you know who wrote the file. To load a ``.pt2`` may
            run code that is in it; the others are data.

    Attributes:
        description: What the file says about its graph, see
            :func:`uhrnet.apis.export_model`.

    Raises:
        DataError: If the file is missing, damaged, or was not written by
            ``export_model``.
        ConfigError: If the backend does not read such files, or if a ``.pt2``
            is not said to be trusted.
    """

    def __init__(
        self,
        path: str | Path,
        backend: str | None = None,
        trusted: bool = False,
    ) -> None:
        super().__init__()
        self.path = Path(path)
        readers = READERS.get(self.path.suffix, {})
        backend = backend or next(iter(readers), None)
        if backend not in readers:
            known = ', '.join(
                f'{k} ({", ".join(v)})' for k, v in READERS.items()
            )
            raise ConfigError(
                f'{path} cannot be run by {backend}: files and what runs '
                f'them are {known}'
            )
        if backend == 'torch' and not trusted:
            raise ConfigError(
                f'to load {path} may run code that is in it: give '
                'trusted=True if you know who wrote it, or export to ONNX'
            )
        if not self.path.is_file():
            raise DataError(f'{path} does not exist: give an exported file')
        try:
            self.run, description = readers[backend](self.path)
        except ImportError:
            raise
        # Each library has errors of its own for damaged files.
        except Exception as error:
            raise DataError(
                f'{path} cannot be read by {backend}: {error}. Export the '
                'model again.'
            ) from error
        self.description = read_description(self.path, description)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Map normalised images (N, C, H, W) to the graph's outputs.

        Raises:
            ConfigError: If the graph takes another size alone.
        """
        size, least = self.description['size'], self.description['least']
        if min(image.shape[-2:]) < least:
            raise ConfigError(
                f'{self.path} takes images of at least {least} pixels on each '
                f'side, and got {image.shape[-2]}x{image.shape[-1]}'
            )
        if size and list(image.shape[-2:]) != size:
            raise ConfigError(
                f'{self.path} takes images of {size[0]}x{size[1]} alone, and '
                f'got {image.shape[-2]}x{image.shape[-1]}: export it without '
                '--fixed-size'
            )
        return tuple(x.to(image.device) for x in self.run(image))


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= 2**20


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) < 1e9


def _list_of(check: Callable, length: int | None = None) -> Callable:
    """Make the check of a list."""
    return lambda value: (
        isinstance(value, list)
        and length in (None, len(value))
        and all(map(check, value))
    )


def _or_none(check: Callable) -> Callable:
    return lambda value: value is None or check(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_normalisation(value: object) -> bool:
    numbers = _or_none(_list_of(_is_number))
    return (
        isinstance(value, dict)
        and numbers(value.get('mean'))
        and numbers(value.get('std'))
        and isinstance(value.get('bgr_to_rgb', False), bool)
    )


# What a description has to hold, and how it is told.
FIELDS: dict[str, Callable[[object], bool]] = {
    'task': _is_text,
    'outputs': _is_text,
    'classes': _or_none(_list_of(_is_text)),
    'palette': _or_none(_list_of(_list_of(_is_number, 3))),
    'normalisation': _or_none(_is_normalisation),
    'align_corners': lambda value: isinstance(value, bool),
    'size': _or_none(_list_of(_is_count, 2)),
    'least': _is_count,
}


def read_description(path: Path, text: str) -> dict:
    """Read what a file says about its graph.

    Raises:
        DataError: If it says nothing, or something else than
            ``export_model`` writes.
    """
    again = 'Export the model again (tools/deployment/export.py).'
    if not text:
        raise DataError(
            f'{path} was not written by tools/deployment/export.py: it has no '
            f'description under the key {KEY!r}. Export the model with that'
        )
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f'the description of {path} is damaged ({error}). {again}'
        ) from None
    wrong = [
        key
        for key, is_valid in FIELDS.items()
        if not isinstance(found, dict)
        or key not in found
        or not is_valid(found[key])
    ]
    if wrong:
        raise DataError(
            f'the description of {path} has no valid {", ".join(wrong)}. '
            f'{again}'
        )
    return found


def read_onnxruntime(path: Path) -> tuple[Run, str]:
    """Open an ONNX file; on a GPU where this ONNX Runtime has one."""
    library = import_library('onnxruntime')
    wanted = ('CUDAExecutionProvider', 'CPUExecutionProvider')
    available = library.get_available_providers()
    options = library.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = library.InferenceSession(
        path,
        options,
        providers=[x for x in wanted if x in available],
    )

    def run(image: Tensor) -> list[Tensor]:
        outs = session.run(None, dict(image=_array(image)))
        return [torch.from_numpy(x) for x in outs]

    properties = session.get_modelmeta().custom_metadata_map
    return run, properties.get(KEY, '')


def read_openvino(path: Path) -> tuple[Run, str]:
    """Open OpenVINO's own or an ONNX file, on the CPU.

    For the size of the first images the graph is compiled anew, which makes
    it a fifth faster; others take the general one.
    """
    library = import_library('openvino')
    model = library.Core().read_model(path)
    options = {
        # By default bfloat16, on CPUs that have it.
        'INFERENCE_PRECISION_HINT': 'f32',
        'INFERENCE_NUM_THREADS': torch.get_num_threads(),
        'PERFORMANCE_HINT': 'LATENCY',
    }
    compiled = {}
    # A compiled graph has one place for what goes in and comes out.
    one_at_a_time = threading.Lock()

    def compile_for(shape: tuple[int, ...]) -> Callable:
        if not compiled and model.is_dynamic():
            special = model.clone()
            special.reshape(list(shape))
            compiled[shape] = library.compile_model(special, 'CPU', options)
        key = shape if shape in compiled else None
        if key not in compiled:
            compiled[key] = library.compile_model(model, 'CPU', options)
        return compiled[key]

    def run(image: Tensor) -> list[Tensor]:
        with one_at_a_time:
            outs = compile_for(tuple(image.shape))(_array(image)).to_tuple()
            # They lie in memory that the next call writes to.
            return [torch.from_numpy(x.copy()) for x in outs]

    # An ONNX file's properties are under a name of their own.
    for place in ([KEY], ['framework', KEY]):
        if model.has_rt_info(place):
            return run, model.get_rt_info(place).astype(str)
    return run, ''


def read_torch(path: Path) -> tuple[Run, str]:
    """Open a file of ``torch.export``."""
    name = f'{KEY}.json'
    extra = {name: ''}
    module = torch.export.load(path, extra_files=extra).module()

    def run(image: Tensor) -> list[Tensor]:
        with torch.inference_mode():
            return list(module(image))

    return run, extra[name]


def _array(image: Tensor) -> np.ndarray:
    return image.detach().cpu().float().contiguous().numpy()


READERS: dict[str, dict[str, Callable[[Path], tuple[Run, str]]]] = {
    '.onnx': dict(onnxruntime=read_onnxruntime, openvino=read_openvino),
    '.xml': dict(openvino=read_openvino),
    '.pt2': dict(torch=read_torch),
}
