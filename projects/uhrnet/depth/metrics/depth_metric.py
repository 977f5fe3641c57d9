"""The figures of monocular depth estimation."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS
from prettytable import PrettyTable

from uhrnet.errors import ConfigError

from .evaluation_crop import check_crop, crop_mask

FIGURES = (
    'a1', 'a2', 'a3', 'abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'log10',
    'silog',
)  # fmt: skip
# KITTI's server takes 16-bit PNGs of metres times this.
KITTI_SCALE = 256
LARGEST = 65535


# mmsegmentation has another DepthMetric.
@METRICS.register_module(name='MonoDepthMetric')
class DepthMetric(BaseMetric):
    """Nine figures of depth maps, each a mean over images.

    Of every image nine numbers are kept and no pixel. Predictions are
    clamped to the range. An image without ground truth in range and crop has
    no figures; it is passed over, and the log says how many are.

    Source: Eigen et al., arXiv 1406.2283, section 4, and the scripts of BTS
    (arXiv 1907.10326), as :func:`depth_figures` writes out.

    Args:
        min_depth: Smallest depth to evaluate and to predict, in metres.
        max_depth: Largest one.
        crop: Part of the map to evaluate: ``'garg'`` or ``'eigen'`` for
            KITTI, ``'nyu'`` for NYU v2; None for all of it.
        output_dir: Where to save predictions, as 16-bit PNGs of metres times
            256, what the server of KITTI takes; None not to.
        format_only: Whether to save them without evaluating.
        **kwargs: As for ``BaseMetric``.

    Raises:
        ConfigError: For another crop, an empty range, one that PNGs cannot
            hold, ``format_only`` without a folder, a prediction that is not a
            number or has another size than the ground truth, and if an image
            comes without a map of ground truth, or none has any in range.
        OSError: If a prediction cannot be saved.
    """

    default_prefix = None

    def __init__(
        self,
        min_depth: float = 1e-3,
        max_depth: float = 80.0,
        crop: str | None = None,
        output_dir: str | None = None,
        format_only: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        check_crop(crop)
        if not 0 < min_depth < max_depth:
            raise ConfigError(
                f'depths from min_depth={min_depth} to max_depth={max_depth} '
                'are none: make max_depth larger'
            )
        if format_only and output_dir is None:
            raise ConfigError('format_only needs output_dir, to save to')
        if output_dir and max_depth * KITTI_SCALE > LARGEST:
            raise ConfigError(
                f'PNGs of 16 bits hold up to {LARGEST / KITTI_SCALE:.0f} m, '
                f'not max_depth={max_depth}'
            )
        self.min_depth = min_depth
        self.max_depth = max_depth
        self.crop = crop
        self.output_dir = output_dir and Path(output_dir)
        self.format_only = format_only

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Reduce each image of a batch to its figures."""
        for sample in data_samples:
            path = sample.get('img_path')
            prediction = _as_array(sample['pred_depth_map'])
            if np.isnan(prediction).any():
                raise ConfigError(
                    f'depth predicted for {path} is not a number'
                )
            prediction = prediction.clip(self.min_depth, self.max_depth)
            if self.output_dir:
                name = sample.get('out_name') or Path(path).stem
                self._save(prediction, name)
            if self.format_only:
                self.results.append(None)
                continue
            if 'gt_depth_map' not in sample:
                raise ConfigError(
                    f'{path} has no ground truth to evaluate: name '
                    'data_prefix.depth_map_path of the data set, or only save '
                    'predictions, with --format-only'
                )
            truth = _as_array(sample['gt_depth_map'])
            if prediction.shape != truth.shape:
                raise ConfigError(
                    f'depth predicted for {path} is {prediction.shape}, its '
                    f'ground truth {truth.shape}'
                )
            valid = (truth > self.min_depth) & (truth < self.max_depth)
            valid &= crop_mask(self.crop, truth.shape)
            self.results.append(
                depth_figures(prediction[valid], truth[valid])
                if valid.any()
                else None
            )

    def compute_metrics(self, results: list[tuple | None]) -> dict:
        """Average over images; a1, a2, a3 are shares, rmse is in metres."""
        if self.format_only:
            print_log(f'saved to {self.output_dir}', logger='current')
            return {}
        known = [x for x in results if x is not None]
        if not known:
            raise ConfigError(
                f'none of {len(results)} images has ground truth from '
                f'{self.min_depth} to {self.max_depth} m in crop {self.crop!r}'
            )
        means = np.mean(np.array(known), axis=0)
        metrics = dict(zip(FIGURES, means.tolist(), strict=True))
        table = PrettyTable(metrics)
        table.add_row([f'{x:.4f}' for x in means])
        message = f'Depth of {len(known)} images'
        if len(known) < len(results):
            message += f', {len(results) - len(known)} without ground truth'
        print_log(f'{message}:\n{table}', logger='current')
        return metrics

    def _save(self, prediction: np.ndarray, name: str) -> None:
        self.output_dir.mkdir(parents=True, exist_ok=True)
        file = self.output_dir / f'{name}.png'
        # 0 would say that there is no depth.
        scaled = np.rint(prediction * KITTI_SCALE).clip(1, LARGEST)
        if not cv2.imwrite(str(file), scaled.astype(np.uint16)):
            raise OSError(f'{file} cannot be written')


def depth_figures(
    prediction: np.ndarray, truth: np.ndarray
) -> tuple[float, ...]:
    """Return :data:`FIGURES` of positive depths (M,) in metres."""
    prediction = prediction.astype(np.float64)
    truth = truth.astype(np.float64)
    ratio = np.maximum(prediction / truth, truth / prediction)
    error = prediction - truth
    log_error = np.log(prediction) - np.log(truth)
    return (
        *((ratio < 1.25**power).mean() for power in (1, 2, 3)),
        (np.abs(error) / truth).mean(),
        (error**2 / truth).mean(),
        np.sqrt((error**2).mean()),
        np.sqrt((log_error**2).mean()),
        np.abs(log_error).mean() / np.log(10),
        # a variance; the difference of means could be below zero
        100 * log_error.std(),
    )


def _as_array(data: dict) -> np.ndarray:
    return data['data'].squeeze(0).float().cpu().numpy()
