"""Segmentors that predict without logits of full size."""

from collections.abc import Iterator
from itertools import pairwise

import torch
from mmengine.structures import PixelData
from mmseg.models.decode_heads.cascade_decode_head import BaseCascadeDecodeHead
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.segmentors import CascadeEncoderDecoder, EncoderDecoder
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from mmseg.utils import OptSampleList, SampleList
from torch import Tensor, nn

from uhrnet.errors import ConfigError

from .coarse_logits import CoarseLogits, Restoration, Window
from .hfgd_head import HFGDHead
from .late_logits import LateLogits

# Of heads that only enlarge what forward() returns.
_PREDICT = (BaseDecodeHead.predict, BaseCascadeDecodeHead.predict)
_BY_FEAT = (BaseDecodeHead.predict_by_feat, HFGDHead.predict_by_feat)


class StreamingPrediction:
    """Gives a segmentor of mmsegmentation predictions class by class.

    Labels are the host's. ``seg_logits`` are too, and are made when they are
    read, see :class:`LateLogits`. Logits are enlarged as contiguous tensors;
    with channels last the host's differ in the last bit, and labels where
    two classes are that close.

    Models of a single output channel, and heads that do more in ``predict``
    than to enlarge what ``forward`` returns, predict in the host's way. For
    all others it is ``_forward`` that is called, not ``encode_decode``.
    """

    def predict(
        self, inputs: Tensor, data_samples: OptSampleList = None
    ) -> SampleList:
        """Return ``pred_sem_seg`` and ``seg_logits`` of images (N, 3, H, W).

        Args:
            inputs: Prepared images.
            data_samples: What is known of each. Without, predictions are of
                the inputs' size.

        Raises:
            ConfigError: If an image was mirrored in an unknown direction, or
                windows leave gaps.
        """
        mode = self.test_cfg.get('mode', 'whole')
        if mode not in ('whole', 'slide') or not self._only_enlarges():
            return super().predict(inputs, data_samples)
        size = inputs.shape[2:]
        if data_samples is None:
            metas = [dict(img_shape=size, pad_shape=size)] * len(inputs)
        else:
            metas = [sample.metainfo for sample in data_samples]
        if mode == 'slide':
            windows, dtype = list(self._slide(inputs, metas)), inputs.dtype
        else:
            logits = self._forward(inputs)
            size = self._size_for(logits, metas)
            windows, dtype = [_whole(logits, size)], logits.dtype
        return self._label(windows, size, dtype, data_samples)

    def postprocess_result(
        self, seg_logits: Tensor, data_samples: OptSampleList = None
    ) -> SampleList:
        """Label logits (N, K, H, W) of the network's input."""
        if seg_logits.shape[1] == 1:
            return super().postprocess_result(seg_logits, data_samples)
        size = seg_logits.shape[2:]
        windows = [_whole(seg_logits, size)]
        return self._label(windows, size, seg_logits.dtype, data_samples)

    def _head(self) -> BaseDecodeHead:
        """Return the head that predicts, the last one of a cascade."""
        head = self.decode_head
        return head[-1] if isinstance(head, nn.ModuleList) else head

    def _only_enlarges(self) -> bool:
        kind = type(self._head())
        return (
            self.out_channels > 1
            and kind.predict in _PREDICT
            and kind.predict_by_feat in _BY_FEAT
        )

    def _size_for(self, logits: Tensor, metas: list[dict]) -> tuple[int, int]:
        """Ask the head what size it enlarges to; it may object."""
        shape_alone = torch.empty_like(logits, device='meta')
        return self._head().predict_by_feat(shape_alone, metas).shape[2:]

    def _slide(self, inputs: Tensor, metas: list[dict]) -> Iterator[Window]:
        """Yield the logits (N, K, h, w) of each window of the images."""
        spans = [
            _spans(*x)
            for x in zip(
                inputs.shape[2:],
                self.test_cfg['crop_size'],
                self.test_cfg['stride'],
                strict=True,
            )
        ]
        for rows in spans[0]:
            for columns in spans[1]:
                crop = inputs[:, :, rows, columns]
                logits = self._forward(crop)
                # as the host tells a head that it sees a window
                meta = metas[0] | dict(img_shape=crop.shape[2:])
                self._size_for(logits, [meta, *metas[1:]])
                yield Window(logits, rows, columns)

    def _label(
        self,
        windows: list[Window],
        size: tuple[int, int],
        dtype: torch.dtype,
        data_samples: OptSampleList,
    ) -> SampleList:
        """Write down the labels of each image, and how to make its logits."""
        if data_samples is None:
            count = len(windows[0].logits)
            samples = [SegDataSample() for _ in range(count)]
            restorations = [Restoration()] * count
        else:
            samples = data_samples
            if len(samples) != len(windows[0].logits):
                raise ConfigError(
                    f'{len(windows[0].logits)} images came with '
                    f'{len(samples)} data samples: give one for each'
                )
            restorations = [Restoration.of(sample) for sample in samples]
        for i, sample in enumerate(samples):
            coarse = CoarseLogits(
                [x._replace(logits=x.logits[i : i + 1]) for x in windows],
                size,
                restorations[i],
                self.align_corners,
                dtype,
            )
            sample.seg_logits = LateLogits(coarse.enlarge)
            sample.pred_sem_seg = PixelData(data=coarse.labels())
        return samples


def _whole(logits: Tensor, size: tuple[int, int]) -> Window:
    """Return the only window of images that are predicted at once."""
    return Window(logits, slice(0, size[0]), slice(0, size[1]))


def _spans(length: int, crop: int, stride: int) -> list[slice]:
    """Place windows along an axis; the last one ends where the axis does."""
    count = -(-max(length - crop, 0) // stride) + 1
    ends = [min(i * stride + crop, length) for i in range(count)]
    spans = [slice(max(end - crop, 0), end) for end in ends]
    if any(x.stop < y.start for x, y in pairwise(spans)):
        raise ConfigError(
            f'test_cfg.stride of {stride} leaves gaps between windows of '
            f'crop_size {crop} in images of {length}: make it {crop} or less'
        )
    return spans


@MODELS.register_module()
class StreamingEncoderDecoder(StreamingPrediction, EncoderDecoder):
    """``EncoderDecoder`` that predicts class by class; same weights."""


@MODELS.register_module()
class StreamingCascadeEncoderDecoder(
    StreamingPrediction, CascadeEncoderDecoder
):
    """``CascadeEncoderDecoder`` that predicts class by class."""
