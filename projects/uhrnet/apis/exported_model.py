"""Run a graph that was exported."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from uhrnet.errors import DataError

from .export_formats import KEY, import_library

Run = Callable[[Tensor], list[Tensor]]


class ExportedModel(nn.Module):
    """An exported file as a function of images.

    Args:
        path: An ``.onnx``, ``.xml`` or ``.pt2`` file.
        backend: ``'onnxruntime'`` (.onnx), ``'openvino'`` (.onnx, .xml; in
            float32) or ``'torch'`` (.pt2). By default the format's own.

    Attributes:
        description: What the file says about its graph, see
            :func:`uhrnet.apis.export_model`.

    Raises:
        DataError: If the file is missing, damaged, or was not written by
            ``export_model``.
        ValueError: If the backend does not read such files.
    """

    def __init__(self, path: str | Path, backend: str | None = None) -> None:
        super().__init__()
        self.path = Path(path)
        readers = READERS.get(self.path.suffix, {})
        backend = backend or next(iter(readers), None)
        if backend not in readers:
            known = ', '.join(
                f'{k} ({", ".join(v)})' for k, v in READERS.items()
            )
            raise ValueError(
                f'{path} cannot be run by {backend}: files and what runs '
                f'them are {known}'
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
        if not description:
            raise DataError(
                f'{path} was not written by tools/deployment/export.py: it '
                f'has no description under the key {KEY!r}'
            )
        self.description = json.loads(description)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Map normalised images (N, C, H, W) to the graph's outputs.

        Raises:
            ValueError: If the graph takes another size alone.
        """
        size = self.description.get('size')
        if size and list(image.shape[-2:]) != list(size):
            raise ValueError(
                f'{self.path} takes images of {size[0]}x{size[1]} alone, and '
                f'got {image.shape[-2]}x{image.shape[-1]}: export it without '
                '--fixed-size'
            )
        return tuple(x.to(image.device) for x in self.run(image))


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
