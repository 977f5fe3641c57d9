"""A segmentor that estimates depth."""

import torch
from mmengine.model import BaseTTAModel
from mmengine.structures import PixelData
from mmseg.models.segmentors import EncoderDecoder
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor
from torch.nn import functional as F

from uhrnet.errors import ConfigError

# That mmcv's RandomFlip has turned
AXES = dict(horizontal=(-1,), vertical=(-2,), diagonal=(-2, -1))


# mmsegmentation has another DepthEstimator.
@MODELS.register_module(name='MonoDepthEstimator')
class DepthEstimator(EncoderDecoder):
    """Backbone, neck and depth head; predicts metres for every pixel.

    Args:
        **kwargs: As for ``EncoderDecoder``. ``test_cfg`` has ``mode``,
            ``'whole'`` or, with ``crop_size`` and ``stride``, ``'slide'``,
            which averages where windows overlap; and ``flip``, whether to
            average with the prediction of the mirror image.

    Raises:
        ConfigError: For another ``test_cfg``.
    """

    def __init__(self, **kwargs: object) -> None:
        check_test_cfg(kwargs.get('test_cfg') or {})
        super().__init__(**kwargs)

    def inference(self, inputs: Tensor, batch_img_metas: list[dict]) -> Tensor:
        """Map images (N, 3, H, W) to depths (N, 1, H, W) in metres."""
        depth = super().inference(inputs, batch_img_metas)
        if self.test_cfg.get('flip', False):
            mirrored = super().inference(inputs.flip(-1), batch_img_metas)
            depth = (depth + mirrored.flip(-1)) / 2
        return depth

    def postprocess_result(
        self, seg_logits: Tensor, data_samples: list[SegDataSample] | None
    ) -> list[SegDataSample]:
        """Bring depths to the images' own sizes, as ``pred_depth_map``.

        Padding is cut off, a mirror image mirrored back, and the depth of a
        zoomed image multiplied by its ratio, see :class:`RandomZoom`.
        """
        if data_samples is None:
            data_samples = [SegDataSample() for _ in seg_logits]
        for depth, sample in zip(seg_logits, data_samples, strict=True):
            meta = sample.metainfo
            left, right, top, bottom = meta.get(
                'img_padding_size', meta.get('padding_size', [0] * 4)
            )
            height, width = depth.shape[-2:]
            depth = depth[:, top : height - bottom, left : width - right]
            if meta.get('flip'):
                depth = depth.flip(AXES[meta['flip_direction']])
            size = tuple(meta.get('ori_shape', depth.shape[-2:])[:2])
            if depth.shape[-2:] != size:
                depth = F.interpolate(
                    depth[None],
                    size,
                    mode='bilinear',
                    align_corners=self.align_corners,
                )[0]
            sample.pred_depth_map = PixelData(
                data=depth * meta.get('zoom', 1.0)
            )
        return data_samples


def check_test_cfg(test_cfg: dict) -> None:
    """Refuse what would fail at the first image, or have no effect."""
    mode = test_cfg.get('mode', 'whole')
    needed = {'whole': [], 'slide': ['crop_size', 'stride']}
    if mode not in needed:
        raise ConfigError(f"test_cfg.mode is 'whole' or 'slide', not {mode!r}")
    missing = [key for key in needed[mode] if key not in test_cfg]
    unknown = sorted({*test_cfg} - {'mode', 'flip', 'crop_size', 'stride'})
    if missing or unknown:
        fault = (
            f'needs {", ".join(missing)}'
            if missing
            else f'has no option {", ".join(unknown)}'
        )
        raise ConfigError(f'test_cfg of mode {mode!r} {fault}')


@MODELS.register_module()
class DepthTTAModel(BaseTTAModel):
    """Averages the depths of an image's versions: scales, mirror images."""

    def merge_preds(
        self, data_samples_list: list[list[SegDataSample]]
    ) -> list[SegDataSample]:
        """Return the first version of each image with the mean depth."""
        merged = []
        for versions in data_samples_list:
            depths = [x.pred_depth_map.data for x in versions]
            first = versions[0]
            first.pred_depth_map.data = torch.stack(depths).mean(dim=0)
            merged.append(first)
        return merged
