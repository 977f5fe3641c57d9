"""Figures of segmentation."""

from .exact_iou_metric import ExactIoUMetric

__all__ = ['ExactIoUMetric']
