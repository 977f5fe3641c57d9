from .nearest_hrnet import NearestHRNet

__all__ = ['NearestHRNet']
