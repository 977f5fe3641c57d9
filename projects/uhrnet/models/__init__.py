"""Backbones, necks and layers for any OpenMMLab toolbox."""

from .backbones import UHRNet
from .necks import HRNetV1, HRNetV1h, HRNetV2, HRNetV2p

__all__ = ['HRNetV1', 'HRNetV1h', 'HRNetV2', 'HRNetV2p', 'UHRNet']
