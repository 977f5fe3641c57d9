"""Image, true and predicted depth and their difference, with scales."""

import math
from typing import Any, NamedTuple

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
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_GAP = 4
_BAR = 12  # height of a scale; its text needs as much again


class Scale(NamedTuple):
    """What colours stand for.

    Attributes:
        low: Value at the beginning of the colour map. Above 0 the scale is
            logarithmic, so that near and far can be told apart; at 0 linear.
        high: Value at its end.
        unit: Of the values.
        colors: Name of a colour map of matplotlib.
    """

    low: float
    high: float
    unit: str
    colors: str

    def place(self, values: np.ndarray) -> np.ndarray:
        """Return where values are, from 0 at the beginning to 1."""
        if self.low > 0:
            values = np.log(np.maximum(values, self.low) / self.low)
            return values / math.log(self.high / self.low)
        return values / self.high

    def at(self, share: float) -> float:
        """Return the value at a share of the colour map."""
        if self.low > 0:
            return self.low * (self.high / self.low) ** share
        return share * self.high


ERROR = Scale(0, 50, '%', 'inferno')


def depth_scale(depth: np.ndarray) -> Scale:
    """Return a scale from the nearest to the farthest known depth."""
    known = depth[np.isfinite(depth) & (depth > 0)]
    low, high = (known.min(), known.max()) if len(known) else (1.0, 10.0)
    # one of a single depth needs some width
    return Scale(float(low), float(max(high, 1.01 * low)), 'm', DEPTH_COLORS)


def colorize(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Paint values (H, W), black where they are not a number; RGB uint8."""
    known = np.isfinite(values)
    place = scale.place(np.where(known, values, scale.high)).clip(0, 1)
    painted = matplotlib.colormaps[scale.colors](place, bytes=True)
    return np.where(known[..., None], painted[..., :3], 0).astype(np.uint8)


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
        legend[2 : 2 + _BAR] = colorize(ramp, scale)
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
class DepthVisualizer(SegLocalVisualizer):
    """Draw image, truth, prediction and error, each with its scale.

    Truth and prediction share a logarithmic scale in metres, from the
    nearest to the farthest true depth; the error is relative to the truth,
    in percent. Pixels without ground truth are black in both. Wide images
    stand below each other.
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
    panels: list[tuple[np.ndarray, str, Scale | None]] = []
    panels.append((image, 'image', None))
    for depth, title in ((truth, 'truth'), (prediction, 'prediction')):
        if depth is not None:
            scale = depth_scale(prediction if truth is None else truth)
            panels.append((colorize(depth, scale), title, scale))
    if truth is not None and prediction is not None:
        error = 100 * np.abs(prediction - truth) / truth
        panels.append((colorize(error, ERROR), 'error / truth', ERROR))
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
