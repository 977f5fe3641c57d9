"""Image, truth and prediction side by side, with a legend."""

import cv2
import numpy as np
from mmseg.registry import VISUALIZERS
from mmseg.structures import SegDataSample

from uhrnet.painting import paint_labels

from .panel_visualizer import PanelVisualizer

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_ROW = 18


def draw_legend(classes: list[str], palette: list, width: int) -> np.ndarray:
    """Name the colours, in as many rows as ``width`` pixels need."""
    cell = 24 + max(
        cv2.getTextSize(name, _FONT, 0.4, 1)[0][0] for name in classes
    )
    columns = max(1, width // cell)
    rows = -(-len(classes) // columns)
    legend = np.full((rows * _ROW + 4, width, 3), 255, np.uint8)
    for index, (name, color) in enumerate(zip(classes, palette, strict=True)):
        x, y = index % columns * cell + 4, index // columns * _ROW + 4
        cv2.rectangle(
            legend, (x, y), (x + 11, y + 11), tuple(map(int, color)), -1
        )
        cv2.putText(
            legend, name, (x + 15, y + 10), _FONT, 0.4, 0, 1, cv2.LINE_AA
        )
    return legend


@VISUALIZERS.register_module()
class SideBySideVisualizer(PanelVisualizer):
    """Draw image, truth and prediction in a row and the classes below.

    The host's visualiser mixes image and labels, and writes class names into
    the picture; here each stands for itself. Pixels without a true class are
    black in the truth. Only classes that occur in the picture are named.
    """

    def make_picture(
        self,
        image: np.ndarray,
        sample: SegDataSample,
        draw_gt: bool,
        draw_pred: bool,
    ) -> np.ndarray:
        """Draw ``gt_sem_seg`` and ``pred_sem_seg`` beside the image."""
        classes = list(self.dataset_meta['classes'])
        palette = list(self.dataset_meta['palette'])
        panels, seen = [image], set()
        for wanted, key in (
            (draw_gt, 'gt_sem_seg'),
            (draw_pred, 'pred_sem_seg'),
        ):
            if wanted and key in sample:
                labels = sample.get(key).data.cpu().numpy().squeeze()
                panels.append(paint_labels(labels, palette))
                seen.update(np.unique(labels).tolist())
        gap = np.full((image.shape[0], 4, 3), 255, np.uint8)
        row = np.hstack([x for p in panels for x in (gap, p)][1:])
        seen = sorted(label for label in seen if label < len(classes))
        if seen:
            legend = draw_legend(
                [classes[label] for label in seen],
                [palette[label] for label in seen],
                row.shape[1],
            )
            row = np.vstack((row, legend))
        return row
