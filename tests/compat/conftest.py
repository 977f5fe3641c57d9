"""What our ops are compared with, and the kernels they may run on."""

from pathlib import Path

import numpy as np
import pytest

from uhrnet.compat import mmcv_ext, nms, roi_align

BACKENDS = ['pytorch']
if mmcv_ext.torchvision_ops('cpu') is not None:
    BACKENDS.append('torchvision')


@pytest.fixture(params=BACKENDS)
def backend(request, monkeypatch):
    """Run a test without and, if they exist, with torchvision's kernels."""
    if request.param == 'pytorch':
        for module in (nms, roi_align):
            monkeypatch.setattr(module, 'torchvision_ops', lambda device: None)


@pytest.fixture(scope='session')
def reference():
    """Stored results of mmcv's compiled ops, by name of the case."""
    path = Path(__file__).parents[1] / 'data' / 'mmcv_ops.npz'
    with np.load(path) as results:
        return dict(results)


@pytest.fixture(scope='session')
def compiled():
    """mmcv's compiled ops themselves, None if they are not installed."""
    if mmcv_ext.ops_backend() != 'compiled':
        return None
    from mmcv import _ext

    return _ext
