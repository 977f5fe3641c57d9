"""What makes the 2023 OpenMMLab toolboxes run on today's PyTorch.

Nothing here imports the rest of the package, and nothing is active before
the toolbox concerned is imported:

* :mod:`.mmcv_ext` stands in for mmcv's compiled ops where they are missing;
* :mod:`.checkpoint` loads checkpoints without running code from them.
"""

from . import checkpoint, mmcv_ext


def install() -> None:
    """Arrange both remedies. Calling it again changes nothing."""
    mmcv_ext.install()
    checkpoint.install()


__all__ = ['install']
