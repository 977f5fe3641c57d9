"""Evaluation class by class beside mmsegmentation's: seconds and memory.

    python benchmarks/evaluation.py [--rounds 5] [--threads 2] [--device cuda]

From a head's logits to counted areas, of one image: segmentors predict and
evaluators process what they return, with a backbone and a head that take no
time. Above 1, class by class is faster or smaller.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import uhrnet.segmentation  # noqa: F401

# isort: split
import torch
from measure import medians, peak
from mmengine.config import ConfigDict
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.segmentors import EncoderDecoder
from mmseg.registry import METRICS, MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn

KINDS = {
    'StreamingEncoderDecoder': 'ExactIoUMetric',
    'EncoderDecoder': 'IoUMetric',
}


class Case(NamedTuple):
    """What is evaluated.

    Attributes:
        name: Of the data set.
        classes: Number K of classes.
        size: Height and width of the network's input.
        ori_shape: Of the image and its labels.
        test_cfg: Of the segmentor.
    """

    name: str
    classes: int
    size: tuple[int, int]
    ori_shape: tuple[int, int]
    test_cfg: dict


class Row(NamedTuple):
    """What came out: ours, then mmsegmentation's.

    Attributes:
        data: Data set and classes.
        mode: Of the prediction, or what was measured instead.
        layout: Memory format of the logits.
        seconds: Medians.
        megabytes: Peaks beyond what was there before.
    """

    data: str
    mode: str
    layout: str
    seconds: list[float]
    megabytes: list[float]


CITYSCAPES = Case(
    'Cityscapes', 19, (1024, 2048), (1024, 2048), dict(mode='whole')
)
# as configs for 520x520 resize them
ADE20K = Case('ADE20K', 150, (520, 692), (512, 683), dict(mode='whole'))
WINDOWS = ADE20K._replace(
    test_cfg=dict(mode='slide', crop_size=(520, 520), stride=(346, 346))
)
CASES = [
    (CITYSCAPES, torch.contiguous_format),
    (CITYSCAPES, torch.channels_last),
    (ADE20K, torch.contiguous_format),
    (ADE20K, torch.channels_last),
    (WINDOWS, torch.contiguous_format),
]


@MODELS.register_module()
class GivenMaps(nn.Module):
    """A backbone that returns maps (N, K, h, w) at stride 4 of its own."""

    def __init__(self, channels: int, layout: torch.memory_format) -> None:
        super().__init__()
        self.maps = {}
        self.channels = channels
        self.layout = layout

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Return the same maps for all images of a size."""
        size = tuple(-(-x // 4) for x in images.shape[2:])
        if size not in self.maps:
            shape = (len(images), self.channels, *size)
            generator = torch.Generator().manual_seed(0)
            self.maps[size] = (
                torch.randn(shape, generator=generator)
                .to(images.device)
                .contiguous(memory_format=self.layout)
            )
        return (self.maps[size],)


@MODELS.register_module()
class GivenHead(BaseDecodeHead):
    """A head whose logits are the backbone's map."""

    def forward(self, inputs: tuple[Tensor]) -> Tensor:
        """Return (N, K, h, w)."""
        return inputs[0]


def build(
    kind: str, case: Case, layout: torch.memory_format, device: str
) -> tuple[EncoderDecoder, Evaluator]:
    """Return a segmentor and the evaluator that configs pair with it."""
    model = MODELS.build(
        dict(
            type=kind,
            backbone=dict(
                type='GivenMaps', channels=case.classes, layout=layout
            ),
            decode_head=dict(
                type='GivenHead',
                in_channels=case.classes,
                channels=case.classes,
                num_classes=case.classes,
            ),
            test_cfg=ConfigDict(case.test_cfg),
        )
    )
    evaluator = Evaluator(METRICS.build(dict(type=KINDS[kind])))
    evaluator.dataset_meta = dict(classes=range(case.classes))
    return model.to(device).eval(), evaluator


@torch.no_grad()
def evaluate(
    model: EncoderDecoder,
    evaluator: Evaluator,
    images: Tensor,
    truth: SegDataSample,
) -> list[Tensor]:
    """Predict an image and return its areas."""
    evaluator.process(model.predict(images, [truth.new()]))
    (areas,) = evaluator.metrics[0].results
    evaluator.metrics[0].results.clear()
    return areas


def truth_of(case: Case, device: str) -> SegDataSample:
    """Return labels of an image, some ignored, and what is known of it."""
    labels = torch.randint(0, case.classes, (1, *case.ori_shape))
    labels[:, :40] = 255
    return SegDataSample(
        metainfo=dict(
            ori_shape=case.ori_shape, img_shape=case.size, pad_shape=case.size
        ),
        gt_sem_seg=PixelData(data=labels.to(device)),
    )


def compare(calls: dict[str, Callable], device: str, rounds: int) -> dict:
    """Return the medians and the peaks of both."""
    return dict(
        seconds=list(medians(calls, rounds).values()),
        megabytes=[peak(call, device) for call in calls.values()],
    )


def prediction_rows(device: str = 'cpu', rounds: int = 5) -> Iterator[Row]:
    """Yield a row for every case, from logits to areas.

    Raises:
        RuntimeError: If areas of contiguous logits differ.
    """
    init_default_scope('mmseg')
    for case, layout in CASES:
        images = torch.zeros(1, 3, *case.size, device=device)
        truth = truth_of(case, device)
        calls = {
            kind: partial(
                evaluate, *build(kind, case, layout, device), images, truth
            )
            for kind in KINDS
        }
        if layout is torch.contiguous_format:
            areas = [torch.stack(call()).long() for call in calls.values()]
            if not torch.equal(*areas):
                raise RuntimeError(f'areas of {case} differ: {areas}')
        yield Row(
            f'{case.name}, {case.classes} classes',
            case.test_cfg['mode'],
            str(layout).split('.')[1].removesuffix('_format'),
            **compare(calls, device, rounds),
        )


def area_rows(device: str = 'cpu', rounds: int = 5) -> Iterator[Row]:
    """Yield a row for 19 and for 171 classes, of the metrics alone."""
    for classes in (19, 171):
        case = CITYSCAPES._replace(classes=classes)
        truth = truth_of(case, device).gt_sem_seg.data[0]
        predicted = truth.roll(1, dims=0) % classes
        maps = predicted, truth, classes, 255
        calls = {
            kind: partial(METRICS.get(kind).intersect_and_union, *maps)
            for kind in KINDS.values()
        }
        yield Row(
            f'1024x2048, {classes} classes',
            'areas alone',
            '',
            **compare(calls, device, rounds),
        )


def line(row: Row) -> str:
    """Write a row in Markdown."""
    seconds, megabytes = row.seconds, row.megabytes
    return (
        f'| {row.data} | {row.mode} | {row.layout} | '
        f'{seconds[0]:.3f} s | {seconds[1]:.3f} s | '
        f'{seconds[1] / seconds[0]:.2f} | {megabytes[0]:.0f} MB | '
        f'{megabytes[1]:.0f} MB | {megabytes[1] / megabytes[0]:.1f} |'
    )


def main() -> None:
    """Print all rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--device', default='cpu')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f'torch {torch.__version__}, {args.device}, {args.threads} threads')
    for rows in (prediction_rows, area_rows):
        for row in rows(args.device, args.rounds):
            print(line(row), flush=True)


if __name__ == '__main__':
    main()
