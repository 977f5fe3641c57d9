from .uhrnet import UHRNet
from .uhrnet_arch import ARCHS, UHRNetArch, resolve_arch

__all__ = ['ARCHS', 'UHRNet', 'UHRNetArch', 'resolve_arch']
