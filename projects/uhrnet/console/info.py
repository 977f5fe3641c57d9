"""``uhrnet info``: versions, devices, and what is missing."""

import argparse
import functools
import importlib
import importlib.metadata
import importlib.util
import platform
from typing import Any

# Import names, and what installs them. Those of the second kind are optional.
LIBRARIES = {
    'torch': "'torch>=2.6'",
    'numpy': 'numpy',
    'cv2': 'opencv-python',
    'mmengine': "'mmengine>=0.10.7'",
    'mmcv': "'mmcv-lite>=2.0.1,<2.2'",
    'mmseg': "'mmsegmentation>=1.2.2' ftfy regex",
    'mmdet': "'mmdet>=3.3'",
}
OPTIONAL = {
    'kornia_rs': ('decodes PNGs faster', "'uhrnet[fast]'"),
    'onnx': ('exports to ONNX', "'uhrnet[deployment]'"),
    'onnxscript': ('exports to ONNX', "'uhrnet[deployment]'"),
    'onnxruntime': ('--backend onnxruntime', "'uhrnet[deployment]'"),
    'openvino': ('--backend openvino', "'uhrnet[deployment]'"),
    'gradio': ('uhrnet demo', "'uhrnet[demo]'"),
    'torchvision': ('NMS and RoIAlign in compiled form', 'torchvision'),
}


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        'info',
        help='show versions, devices, and what is missing',
        description='Show versions, devices, what runs the ops of mmcv, and '
        'what is missing and how to get it.',
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print one fact in a line."""
    for title, text in facts():
        print(f'{title:<13}{text}')


def facts() -> list[tuple[str, str]]:
    """Return titles and what there is to say."""
    from uhrnet.version import __version__

    found = [
        ('uhrnet', __version__),
        ('Python', f'{platform.python_version()}, {platform.platform()}'),
    ]
    found += [(name, describe_library(name)) for name in LIBRARIES]
    if is_there('torch'):
        found += [('device', text) for text in devices()]
    found.append(('ops of mmcv', describe_ops()))
    found.append(('PNG decoder', describe_decoder()))
    for name, (purpose, source) in OPTIONAL.items():
        if is_there(name):
            found.append((name, f'{version_of(name)} ({purpose})'))
        else:
            found.append((name, f'missing ({purpose}): pip install {source}'))
    return found


def is_there(name: str) -> bool:
    """Whether a library can be imported, without doing so."""
    return importlib.util.find_spec(name) is not None


def version_of(name: str) -> str:
    """Return a library's version, by what was installed.

    Of PyTorch with its build, such as +cu130, which that does not always say.
    """
    if name == 'torch':
        import torch

        return torch.__version__
    versions = {importlib.metadata.version(x) for x in sources_of(name)}
    return ', '.join(sorted(versions)) or 'unknown version'


def sources_of(name: str) -> list[str]:
    """Return what was installed that has a library of this name.

    Two builds of OpenCV, for example, which overwrite each other.
    """
    return sorted({*distributions().get(name, ())})


@functools.cache
def distributions() -> dict[str, list[str]]:
    """Return what is installed, by the names of the libraries."""
    return dict(importlib.metadata.packages_distributions())


def describe_library(name: str) -> str:
    """Return version and what was installed, or how to get it."""
    if not is_there(name):
        return f'missing: pip install {LIBRARIES[name]}'
    return f'{version_of(name)} ({", ".join(sources_of(name))})'


def devices() -> list[str]:
    """Describe the GPUs, and the CPU."""
    import torch

    found = [
        f'cuda:{index}, {torch.cuda.get_device_name(index)}'
        for index in range(torch.cuda.device_count())
    ]
    return [*found, f'cpu, {torch.get_num_threads()} threads']


def describe_ops() -> str:
    """Say what runs ``nms`` and the like."""
    from uhrnet.compat.mmcv_ext import ops_backend

    if not is_there('mmcv'):
        return 'missing with mmcv'
    backend = ops_backend()
    if backend == 'compiled':
        return "mmcv's own, compiled"
    return f'{backend}, in place of the compiled ones'


def describe_decoder() -> str:
    """Say what decodes plain PNGs; all else is decoded by OpenCV."""
    return 'kornia-rs' if is_there('kornia_rs') else 'OpenCV'
