"""What visualisers have in common that draw a picture of panels."""

from typing import Any

import mmcv
import numpy as np
from mmengine.dist import master_only
from mmseg.structures import SegDataSample
from mmseg.visualization import SegLocalVisualizer


class PanelVisualizer(SegLocalVisualizer):
    """Hands to the backends what a subclass draws of a sample."""

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
            data_sample: Holds truth and prediction, each optional.
            draw_gt: Whether to draw the truth.
            draw_pred: Whether to draw the prediction.
            show: Open a window instead of saving.
            wait_time: Seconds to show the window.
            out_file: Save here instead of to the backends.
            step: Step value for the backends.
            **kwargs: What only the host's visualiser uses.
        """
        sample = SegDataSample() if data_sample is None else data_sample
        picture = self.make_picture(image, sample, draw_gt, draw_pred)
        self.set_image(picture)  # where inferencers look for it
        if 'out_name' in sample:
            mode = name.split('_', 1)[0]
            name = f'{mode}_{sample.out_name}'
        if show:
            self.show(picture, win_name=name, wait_time=wait_time)
        elif out_file is not None:
            mmcv.imwrite(mmcv.rgb2bgr(picture), out_file)
        else:
            self.add_image(name, picture, step)

    def make_picture(
        self,
        image: np.ndarray,
        sample: SegDataSample,
        draw_gt: bool,
        draw_pred: bool,
    ) -> np.ndarray:
        """Return a picture (H', W', 3) uint8, RGB, of what a sample has."""
        raise NotImplementedError
