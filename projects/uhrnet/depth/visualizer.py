"""Image, true and predicted depth and their difference, with scales."""

from typing import Any

import cv2
import matplotlib
import mmcv
import numpy as np
from mmengine.dist import master_only
from mmseg.registry import VISUALIZERS
from mmseg.structures import SegDataSample
from mmseg.visualization import SegLocalVisualizer

# Near is red, far is blue.
DEPTH_COLORS = 'turbo_r'
ERROR_COLORS = 'inferno'
# The relative error at the end of its scale, in percent.
LARGEST_ERROR = 50
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_GAP = 4
_BAR = 12  # height of a scale; its text needs as much again


def colorize(values: np.ndarray, high: float, colors: str) -> np.ndarray:
    """Paint values by a colour map of matplotlib.

    Args:
        values: (H, W); not a number where nothing is known, painted black.
        high: Value at the end of the colour map, which begins at 0.
        colors: Name of the colour map.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    known = np.isfinite(values)
    share = np.where(known, values, 0) / high
    painted = matplotlib.colormaps[colors](share.clip(0, 1), bytes=True)
    return np.where(known[..., None], painted[..., :3], 0).astype(np.uint8)


def draw_scale(
    width: int, high: float, unit: str, title: str, colors: str | None
) -> np.ndarray:
    """Draw what stands below a panel: a bar of colours, ticks, a title.

    Args:
        width: Of the panel, in pixels.
        high: Value at the end of the bar, which begins at 0.
        unit: Of the values.
        title: Of the panel.
        colors: Colour map; None for a title alone.
    """
    scale = np.full((4 * _BAR, width, 3), 255, np.uint8)
    if colors is not None:
        ramp = np.linspace(0, high, width)[None].repeat(_BAR, axis=0)
        scale[2 : 2 + _BAR] = colorize(ramp, high, colors)
        for share in (0, 0.5, 1):
            text = f'{share * high:.4g} {unit}'
            length = cv2.getTextSize(text, _FONT, 0.4, 1)[0][0]
            left = int(share * (width - length))
            cv2.putText(
                scale, text, (left, 2 * _BAR + 4), _FONT, 0.4, 0, 1,
                cv2.LINE_AA,
            )  # fmt: skip
    cv2.putText(scale, title, (0, 4 * _BAR - 6), _FONT, 0.4, 0, 1, cv2.LINE_AA)
    return scale


@VISUALIZERS.register_module()
class DepthVisualizer(SegLocalVisualizer):
    """Draw image, truth, prediction and error, each with its scale.

    Truth and prediction share a scale in metres, from 0 to the largest true
    depth; the error is relative to the truth, in percent. Pixels without
    ground truth are black in both. Wide images stand below each other.
    """

    @master_only
    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: SegDataSample | None = None,
        draw_gt: bool = True,
        draw_pred: bool = True,
        show: bool = False,
        wait_time: float = 0,
        out_file: str | None = None,
        step: int = 0,
        **kwargs: Any,
    ) -> None:
        """Draw one sample and hand it to the backends.

        Args:
            name: Identifier, also the file name; that of the sample, where
                it has one, as images of many folders share names.
            image: (H, W, 3) uint8, RGB, as in its file.
            data_sample: Holds ``gt_depth_map`` and ``pred_depth_map``, each
                optional.
            draw_gt: Whether to draw the truth, and the error with it.
            draw_pred: Whether to draw the prediction.
            show: Open a window instead of saving.
            wait_time: Seconds to show the window.
            out_file: Save here instead of to the backends.
            step: Step value for the backends.
            **kwargs: What only the host's visualiser uses.
        """
        truth = prediction = None
        if data_sample is not None:
            if draw_gt and 'gt_depth_map' in data_sample:
                truth = _metres(data_sample.gt_depth_map.data)
                truth[truth <= 0] = np.nan
            if draw_pred and 'pred_depth_map' in data_sample:
                prediction = _metres(data_sample.pred_depth_map.data)
            top, bottom, left, right = data_sample.get(
                'window', (0, None, 0, None)
            )
            image = image[top:bottom, left:right]
            if 'out_name' in data_sample:
                mode = name.split('_', 1)[0]
                name = f'{mode}_{data_sample.out_name}'
        picture = draw_panels(image, truth, prediction)
        self.set_image(picture)  # where inferencers look for it
        if show:
            self.show(picture, win_name=name, wait_time=wait_time)
        elif out_file is not None:
            mmcv.imwrite(mmcv.rgb2bgr(picture), out_file)
        else:
            self.add_image(name, picture, step)


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
    reference = prediction if truth is None else truth
    known = [] if reference is None else reference[np.isfinite(reference)]
    high = float(np.max(known)) if len(known) else 1.0
    panels = [(image, 0, '', 'image', None)]
    for depth, title in ((truth, 'truth'), (prediction, 'prediction')):
        if depth is not None:
            painted = colorize(depth, high, DEPTH_COLORS)
            panels.append((painted, high, 'm', title, DEPTH_COLORS))
    if truth is not None and prediction is not None:
        error = 100 * np.abs(prediction - truth) / truth
        painted = colorize(error, LARGEST_ERROR, ERROR_COLORS)
        title = 'error / truth'
        panels.append((painted, LARGEST_ERROR, '%', title, ERROR_COLORS))
    drawn = [
        np.vstack((panel, draw_scale(width, *scale)))
        for panel, *scale in panels
    ]
    axis = 0 if width > 2 * height else 1
    shape = list(drawn[0].shape)
    shape[axis] = _GAP
    gap = np.full(shape, 255, np.uint8)
    return np.concatenate([x for d in drawn for x in (gap, d)][1:], axis)


def _metres(data: Any) -> np.ndarray:
    return data.squeeze(0).float().cpu().numpy().copy()
