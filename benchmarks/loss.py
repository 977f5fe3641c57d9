"""The loss by tiles beside mmsegmentation's: seconds and memory.

    python benchmarks/loss.py [--rounds 5] [--threads 2] [--device cuda]

Logits at stride 4 of four 512x512 crops: enlarging, cross-entropy, accuracy,
and the way back, in the heads as configs name them. Above 1, tiles are faster
or smaller.
"""

import argparse
import sys
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import uhrnet.segmentation  # noqa: F401

# isort: split
import torch
from measure import medians, peak
from mmengine.structures import PixelData
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor

CLASSES = {'COCO-Stuff': 171, 'ADE20K': 150, 'Cityscapes': 19}
CROP, BATCH = 512, 4
LOSSES = {
    'cross-entropy': {},
    'OHEM': dict(
        sampler=dict(type='OHEMPixelSampler', thresh=0.7, min_kept=100000)
    ),
}


def build(kind: str, classes: int, options: dict) -> BaseDecodeHead:
    """Return a head, of which only the loss is used."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return MODELS.build(
            dict(
                type=kind,
                in_channels=8,
                channels=8,
                num_convs=0,
                concat_input=False,
                num_classes=classes,
                loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
            )
            | options
        )


def batch(classes: int, device: str) -> tuple[Tensor, list[SegDataSample]]:
    """Return logits (N, K, h, w), channels last, and labels, some ignored."""
    logits = torch.randn(BATCH, classes, CROP // 4, CROP // 4, device=device)
    logits = logits.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, classes, (BATCH, 1, CROP, CROP), device=device)
    labels[:, :, :40] = 255
    return logits.requires_grad_(), [
        SegDataSample(gt_sem_seg=PixelData(data=x)) for x in labels
    ]


def step(
    head: BaseDecodeHead, logits: Tensor, truth: list[SegDataSample]
) -> None:
    """Compare and go back."""
    logits.grad = None
    head.loss_by_feat(logits, truth)['loss_ce'].backward()


class Row(NamedTuple):
    """What came out: tiles, then mmsegmentation's.

    Attributes:
        data: Data set and classes.
        loss: A key of ``LOSSES``.
        seconds: Medians.
        megabytes: Peaks beyond what was there before.
    """

    data: str
    loss: str
    seconds: list[float]
    megabytes: list[float]


def rows(
    device: str = 'cpu',
    rounds: int = 5,
    data_sets: Sequence[str] = tuple(CLASSES),
) -> Iterator[Row]:
    """Yield a row for every number of classes and loss."""
    for data in data_sets:
        classes = CLASSES[data]
        inputs = batch(classes, device)
        for loss, options in LOSSES.items():
            calls = {
                kind: partial(step, build(kind, classes, options), *inputs)
                for kind in ('TiledFCNHead', 'FCNHead')
            }
            yield Row(
                f'{data}, {classes} classes',
                loss,
                list(medians(calls, rounds).values()),
                [peak(call, device) for call in calls.values()],
            )


def main() -> None:
    """Print a row for every number of classes and loss."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--device', default='cpu')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f'torch {torch.__version__}, {args.device}, {args.threads} threads')
    for row in rows(args.device, args.rounds):
        times, memory = row.seconds, row.megabytes
        print(
            f'| {row.data} | {row.loss} | {times[0]:.3f} s | '
            f'{times[1]:.3f} s | {times[1] / times[0]:.2f} | '
            f'{memory[0]:.0f} MB | {memory[1]:.0f} MB | '
            f'{memory[1] / memory[0]:.1f} |',
            flush=True,
        )


if __name__ == '__main__':
    main()
