from .exact_hrnet import ExactHRNet

__all__ = ['ExactHRNet']
