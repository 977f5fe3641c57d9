"""U-HRNet, the HRNet representations and HFGD for OpenMMLab toolboxes.

Importing the package is cheap: it only arranges that the toolboxes, once
somebody imports them, run on today's PyTorch (see :mod:`uhrnet.compat`).
Import ``uhrnet.models`` for the backbones and necks, or one of the task
packages (``uhrnet.segmentation``, ``uhrnet.detection``) for everything that a
config of the task names.
"""

from .compat import install as _install_compat
from .host_inferencers import install as _install_names
from .version import __version__

_install_compat()
_install_names()

__all__ = ['__version__']
