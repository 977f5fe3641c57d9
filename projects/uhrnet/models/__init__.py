"""Backbones and layers for any OpenMMLab toolbox."""

from .backbones import UHRNet

__all__ = ['UHRNet']
