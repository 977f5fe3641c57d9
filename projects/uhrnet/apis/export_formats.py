"""Files that exported graphs are written to."""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch.export import ExportedProgram

from uhrnet.errors import MissingLibraryError

# Of the JSON in a file that describes its graph.
KEY = 'uhrnet'
SUFFIXES = {'onnx': '.onnx', 'openvino': '.xml', 'torch-export': '.pt2'}
OPSET = 20


def write_onnx(
    program: ExportedProgram, path: Path, names: list[str], description: str
) -> None:
    """Write ONNX, for ONNX Runtime, OpenVINO, TensorRT and others."""
    converted = to_onnx(program, names)
    converted.model.metadata_props[KEY] = description
    converted.save(path)


def write_openvino(
    program: ExportedProgram, path: Path, names: list[str], description: str
) -> None:
    """Write OpenVINO's pair of files, weights in float32, by way of ONNX."""
    openvino = import_library('openvino')
    source = path.with_suffix('.onnx')
    write_onnx(program, source, names, description)
    model = openvino.convert_model(source)
    model.set_rt_info(description, [KEY])
    openvino.save_model(model, path, compress_to_fp16=False)
    source.unlink()


def write_torch(
    program: ExportedProgram, path: Path, names: list[str], description: str
) -> None:
    """Write what ``torch.export.load`` reads, with ATen ops alone."""
    torch.export.save(program, path, extra_files={f'{KEY}.json': description})


def to_onnx(
    program: ExportedProgram, names: list[str]
) -> 'torch.onnx.ONNXProgram':
    """Translate a graph, SAME convolutions to ``auto_pad='SAME_UPPER'``."""
    import_library('onnxscript')
    from onnxscript import opset20 as op

    def same_conv2d(x, weight, bias, stride, dilation, groups):  # noqa: ANN001, ANN202
        return op.Conv(
            x,
            weight,
            bias,
            auto_pad='SAME_UPPER',
            strides=stride,
            dilations=dilation,
            group=groups,
        )

    # It warns of each op of torchvision, if that is not installed.
    logging.getLogger('torch.onnx._internal.exporter._registration').setLevel(
        logging.ERROR
    )
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return torch.onnx.export(
            program,
            opset_version=OPSET,
            input_names=['image'],
            output_names=names,
            custom_translation_table={
                torch.ops.uhrnet.same_conv2d.default: same_conv2d
            },
            dynamo=True,
            verbose=False,
        )


def import_library(name: str) -> object:
    """Import a library that only exported models need.

    Raises:
        MissingLibraryError: If it is missing. It says how to install it.
    """
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibraryError(
            f'exported models need {name}: pip install uhrnet[deployment]'
        ) from error


WRITERS: dict[str, Callable[[ExportedProgram, Path, list[str], str], None]] = {
    'onnx': write_onnx,
    'openvino': write_openvino,
    'torch-export': write_torch,
}
