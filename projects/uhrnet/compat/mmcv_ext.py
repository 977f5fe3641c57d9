"""The few mmcv ops that our models call, without mmcv's compiled extension.

mmseg and mmdet import ``mmcv.ops``, which loads ``mmcv._ext``, which
``mmcv-lite`` does not have and which must be compiled for most versions of
PyTorch. :func:`install` supplies a module of that name when, and only when,
there is none: its ``nms``, ``softnms``, RoIAlign and sigmoid focal loss run on
the kernels of torchvision or on plain PyTorch and NumPy, and every other op
raises an error that says what to install.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_NAME = 'mmcv._ext'


def install() -> None:
    """Offer the fallback for ``mmcv._ext``; calling it again does nothing.

    Only a finder is added, behind those that Python has. It is asked when
    they found no compiled extension, so it costs nothing before the first
    import of ``mmcv.ops`` and never hides an extension that exists, not even
    one that fails to load.
    """
    if not any(isinstance(f, _FallbackFinder) for f in sys.meta_path):
        sys.meta_path.append(_FallbackFinder())


def ops_backend() -> str:
    """Name what serves ``mmcv.ops``, or would if it were imported.

    Returns:
        ``'compiled'`` for mmcv's own extension, otherwise ``'torchvision'``
        or ``'pytorch'`` for the fallback with or without its kernels.
    """
    if _is_compiled():
        return 'compiled'
    return 'pytorch' if torchvision_ops('cpu') is None else 'torchvision'


@functools.cache
def torchvision_ops(device_type: str) -> Any | None:
    """Kernels of torchvision, if it imports and has them for a device.

    Args:
        device_type: ``'cpu'``, ``'cuda'``, ...

    Returns:
        The namespace ``torch.ops.torchvision``, or None.
    """
    import torch

    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError, OSError):
        # A build for another PyTorch fails in any of these ways.
        return None
    key = {'cpu': 'CPU', 'cuda': 'CUDA'}.get(device_type)
    names = ('nms', 'roi_align', '_roi_align_backward')
    has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key
    try:
        if key and all(has_kernel(f'torchvision::{n}', key) for n in names):
            return torch.ops.torchvision
    except RuntimeError:  # such an op is not even declared
        pass
    return None


def _is_compiled() -> bool:
    """Whether ``mmcv._ext`` comes from mmcv. Does not import mmcv."""
    module = sys.modules.get(_NAME)
    if module is not None:
        spec = module.__spec__
        return not (spec and isinstance(spec.loader, _FallbackLoader))
    parent = sys.modules.get('mmcv') or importlib.util.find_spec('mmcv')
    path = getattr(parent, '__path__', None) or getattr(
        parent, 'submodule_search_locations', None
    )
    if not path:
        return False
    return PathFinder.find_spec(_NAME, path) is not None


class _FallbackFinder(MetaPathFinder):
    """Finds ``mmcv._ext`` after every other finder has failed to."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the specification of the fallback for its name alone."""
        if fullname != _NAME:
            return None
        return ModuleSpec(fullname, _FallbackLoader(), origin=__name__)


class _FallbackLoader(Loader):
    """Fills the module that takes the place of the extension."""

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python create an ordinary module."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the ops in place and say who serves them."""
        from . import focal_loss, nms, roi_align, soft_nms

        module.__doc__ = 'Fallback for the compiled ops of mmcv.'
        module.nms = nms.nms
        module.softnms = soft_nms.softnms
        module.roi_align_forward = roi_align.roi_align_forward
        module.roi_align_backward = roi_align.roi_align_backward
        module.sigmoid_focal_loss_forward = (
            focal_loss.sigmoid_focal_loss_forward
        )
        module.sigmoid_focal_loss_backward = (
            focal_loss.sigmoid_focal_loss_backward
        )
        # Called for reports on the environment.
        module.get_compiler_version = _describe
        module.get_compiling_cuda_version = _describe
        module.__getattr__ = _missing_op
        _announce()


def _describe() -> str:
    """What a report says in place of the compiler's version."""
    return f'not available (fallback ops of uhrnet: {ops_backend()})'


def _missing_op(name: str) -> Callable[..., None]:
    """Stand in for an op without fallback; mmcv only asks whether it exists.

    Raises:
        AttributeError: For private names, which are none of mmcv's ops.
    """
    if name.startswith('_'):
        raise AttributeError(f'module {_NAME!r} has no attribute {name!r}')

    def unsupported(*args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            f"the op '{name}' of mmcv needs mmcv's compiled extension, which "
            'is not installed; uhrnet only replaces nms, softnms, '
            'roi_align and sigmoid_focal_loss. Uninstall mmcv-lite and '
            'install full mmcv with `mim install mmcv==2.1.0`. Where it '
            'has no wheel for this PyTorch, compile it (a C++ compiler and, '
            'for GPUs, the CUDA toolkit are needed): `pip install '
            'mmcv==2.1.0 --no-binary mmcv --no-build-isolation`. See '
            'https://mmcv.readthedocs.io/en/latest/get_started/build.html'
        )

    unsupported.__name__ = unsupported.__qualname__ = name
    return unsupported


def _announce() -> None:
    """Log, once per process, which backend serves which ops."""
    import logging

    from mmengine.logging import print_log

    if ops_backend() == 'torchvision':
        served = (
            'nms and roi_align by torchvision, the rest of them, soft-nms '
            'and the focal loss by PyTorch'
        )
    else:
        served = 'nms, soft-nms, roi_align and the focal loss by PyTorch'
    print_log(
        f'No compiled {_NAME}: {served}; other mmcv ops raise an error.',
        logger='current',
        level=logging.INFO,
    )
