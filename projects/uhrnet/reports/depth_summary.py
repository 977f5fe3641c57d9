"""What is kept of an evaluation of depth maps."""

import numpy as np
from mmseg.structures import SegDataSample
from torch import Tensor

from uhrnet.analysis.image_errors import depth_map_figures

from .class_table import ClassTable, make_table
from .pictures import reduce_sample
from .summary import Summary, divide

# Borders of the ranges in metres; each is about twice as far as the last.
_BORDERS = (1, 2, 5, 10, 20, 40)
_NEAREST = 1e-3
_FARTHEST = 80.0


class DepthSummary(Summary):
    """Pixels by range of true and predicted depth; images by ``abs_rel``.

    Depths up to 80 m count, of the whole image.
    """

    unit = 'pixels'
    order = 'mean of |error| / truth (abs_rel) in an image'
    panels = 'image, truth, prediction, error'

    def __init__(self, pictures: int) -> None:
        borders = [0, *_BORDERS]
        names = [
            f'{low} to {high} m'
            for low, high in zip(borders, [*_BORDERS, 80], strict=True)
        ]
        super().__init__(names, pictures)
        self._relative = np.zeros(len(names))
        self._signed = np.zeros(len(names))

    def add(self, sample: SegDataSample, index: int) -> None:
        """Count the pixels of an image that have a depth."""
        truth = _metres(sample.gt_depth_map.data)
        prediction = _metres(sample.pred_depth_map.data)
        prediction = prediction.clip(_NEAREST, _FARTHEST)
        figures = depth_map_figures(truth, prediction, _NEAREST, _FARTHEST)
        known = (truth > _NEAREST) & (truth < _FARTHEST)
        truth, prediction = truth[known], prediction[known]
        rows, columns = (np.digitize(x, _BORDERS) for x in (truth, prediction))
        size = len(self.names)
        pairs = np.bincount(rows * size + columns, minlength=size**2)
        self.counts += pairs.reshape(size, size)
        error = (prediction - truth) / truth
        self._relative += np.bincount(rows, np.abs(error), size)
        self._signed += np.bincount(rows, error, size)
        self.images += 1
        self.gallery.offer(
            figures['abs_rel'], index, figures, lambda: reduce_sample(sample)
        )

    def table(self) -> ClassTable:
        """Return errors of each range of depths that occurs."""
        true = self.counts.sum(axis=1)
        hits = np.diagonal(self.counts)
        figures = {
            '|error| / truth (%)': divide(self._relative, true),
            'error / truth (%)': divide(self._signed, true),
            'in this range (%)': divide(hits, true),
            'share of pixels (%)': divide(true, true.sum()),
        }
        occurring = np.flatnonzero(true).tolist()
        notes = self._notes()
        return make_table(
            [self.names[i] for i in occurring],
            {k: values[occurring] for k, values in figures.items()},
            [notes[i] for i in occurring],
            higher_is_better=False,
            kind='true depth',
        )

    def merge(self, others: list['DepthSummary']) -> None:
        """Add what other processes have counted."""
        super().merge(others)
        for other in others:
            self._relative += other._relative
            self._signed += other._signed


def _metres(data: Tensor) -> np.ndarray:
    return data.squeeze(0).float().cpu().numpy()
