"""Image, true and predicted depth and their difference, with scales."""

from typing import Any

import cv2
import numpy as np
from mmseg.registry import VISUALIZERS
from mmseg.structures import SegDataSample

from uhrnet.painting import Scale, depth_scale, paint_values
from uhrnet.segmentation.panel_visualizer import PanelVisualizer

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_GAP = 4
_BAR = 12  # height of a scale; its text needs as much again


ERROR = Scale(0, 50, '%', 'inferno')


def draw_legend(width: int, title: str, scale: Scale | None) -> np.ndarray:
    """Draw what stands below a panel: a bar of colours, ticks, the title.

    Args:
        width: Of the panel, in pixels.
        title: Of the panel.
        scale: That it is painted by; None for the title alone.
    """
    legend = np.full((4 * _BAR, width, 3), 255, np.uint8)
    texts = [(title, 0, 4 * _BAR - 6)]
    if scale is not None:
        ramp = np.linspace(0, 1, width)
        ramp = np.array([scale.at(x) for x in ramp])[None].repeat(_BAR, 0)
        legend[2 : 2 + _BAR] = paint_values(ramp, scale)
        for share in (0, 0.5, 1):
            text = f'{scale.at(share):.3g} {scale.unit}'
            length = cv2.getTextSize(text, _FONT, 0.4, 1)[0][0]
            texts.append((text, int(share * (width - length)), 2 * _BAR + 4))
    for text, left, bottom in texts:
        cv2.putText(
            legend, text, (left, bottom), _FONT, 0.4, 0, 1, cv2.LINE_AA
        )
    return legend


@VISUALIZERS.register_module()
class DepthVisualizer(PanelVisualizer):
    """Draw image, truth, prediction and error, each with its scale.

    Truth and prediction share a logarithmic scale in metres, from the
    nearest to the farthest true depth; the error is relative to the truth,
    in percent. Pixels without ground truth are black in both. Wide images
    stand below each other.
    """

    def make_picture(
        self,
        image: np.ndarray,
        sample: SegDataSample,
        draw_gt: bool,
        draw_pred: bool,
    ) -> np.ndarray:
        """Draw ``gt_depth_map``, ``pred_depth_map`` and their difference."""
        truth = prediction = None
        if draw_gt and 'gt_depth_map' in sample:
            truth = _metres(sample.gt_depth_map.data)
            truth[truth <= 0] = np.nan
        if draw_pred and 'pred_depth_map' in sample:
            prediction = _metres(sample.pred_depth_map.data)
        top, bottom, left, right = sample.get('window', (0, None, 0, None))
        return draw_panels(image[top:bottom, left:right], truth, prediction)


def draw_panels(
    image: np.ndarray, truth: np.ndarray | None, prediction: np.ndarray | None
) -> np.ndarray:
    """Draw what there is beside the image (H, W, 3), or below a wide one.

    Args:
        image: RGB.
        truth: Depth (H, W) in metres, not a number where unknown.
        prediction: Depth (H, W) in metres.
    """
    height, width = image.shape[:2]
    panels: list[tuple[np.ndarray, str, Scale | None]] = []
    panels.append((image, 'image', None))
    for depth, title in ((truth, 'truth'), (prediction, 'prediction')):
        if depth is not None:
            scale = depth_scale(prediction if truth is None else truth)
            panels.append((paint_values(depth, scale), title, scale))
    if truth is not None and prediction is not None:
        error = 100 * np.abs(prediction - truth) / truth
        panels.append((paint_values(error, ERROR), 'error / truth', ERROR))
    drawn = [
        np.vstack((panel, draw_legend(width, title, scale)))
        for panel, title, scale in panels
    ]
    axis = 0 if width > 2 * height else 1
    shape = list(drawn[0].shape)
    shape[axis] = _GAP
    gap = np.full(shape, 255, np.uint8)
    return np.concatenate([x for d in drawn for x in (gap, d)][1:], axis)


def _metres(data: Any) -> np.ndarray:
    return data.squeeze(0).float().cpu().numpy().copy()
