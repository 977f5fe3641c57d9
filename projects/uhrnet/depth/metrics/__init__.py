from .depth_metric import DepthMetric
from .evaluation_crop import CROPS, evaluation_crop

__all__ = ['CROPS', 'DepthMetric', 'evaluation_crop']
