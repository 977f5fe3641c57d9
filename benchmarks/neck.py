"""Speed and memory of HRNetV2p beside mmdetection's HRFPN.

    python benchmarks/neck.py [--threads 2] [--rounds 9]

Both get the maps of an 800x1344 image and have equal weights. Every row is a
ratio of medians that were measured alternately in one run. Training: forward,
sum of the outputs, backward, to weights and maps. 'reduction' is what the two
do differently, the maps' way to one of 256 channels; 'neck' is all of it. At
last, the reduction's inference by the share of channels below which maps are
enlarged before they are convolved: at 0 none is, above 1 all are.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import torch
from backbone import peak_resident, seconds
from torch import Tensor, nn
from torch.nn import functional as F

from uhrnet.models import HRNetV2p
from uhrnet.models.layers import sum_conv

# isort: split
from mmdet.models.necks import HRFPN

SIZE = (200, 336)
SHARES = (0.0, 1 / 3, 2 / 3, 1.1)


class HRFPNReduction(nn.Module):
    """The first step of HRFPN, which has no name of its own there."""

    def __init__(self, neck: HRFPN) -> None:
        super().__init__()
        self.conv = neck.reduction_conv

    def forward(self, maps: list[Tensor]) -> tuple[Tensor]:
        """Enlarge, concatenate, convolve."""
        first, *lower = maps
        enlarged = [
            F.interpolate(x, scale_factor=2**i, mode='bilinear')
            for i, x in enumerate(lower, start=1)
        ]
        return (self.conv(torch.cat([first, *enlarged], dim=1)),)


class V2pReduction(nn.Module):
    """The first step of HRNetV2p."""

    def __init__(self, neck: HRNetV2p) -> None:
        super().__init__()
        self.conv = neck.reduction_conv

    def forward(self, maps: list[Tensor]) -> tuple[Tensor]:
        """As :class:`uhrnet.models.layers.sum_conv.SumConv` says."""
        return (self.conv(*maps),)


def build(width: int) -> dict[str, dict[str, nn.Module]]:
    """Both sides of each row, with equal weights."""
    channels = [width * 2**i for i in range(4)]
    theirs, ours = HRFPN(channels, 256), HRNetV2p(channels)
    ours.load_state_dict(theirs.state_dict())
    return {
        'reduction': dict(
            theirs=HRFPNReduction(theirs), ours=V2pReduction(ours)
        ),
        'neck': dict(theirs=theirs, ours=ours),
    }


def maps(width: int, train: bool) -> list[Tensor]:
    """A backbone's, of one image."""
    height, breadth = SIZE
    return [
        torch.randn(1, width * 2**i, height >> i, breadth >> i).requires_grad_(
            train
        )
        for i in range(4)
    ]


def peak(model: nn.Module, x: list[Tensor]) -> float:
    """MB of a training step beyond what is there before it."""
    seconds(model, x, train=True)
    Path('/proc/self/clear_refs').write_text('5')  # forget the peak so far
    before = peak_resident()
    seconds(model, x, train=True)
    return peak_resident() - before


def medians(
    models: dict[str, nn.Module], x: list[Tensor], train: bool, rounds: int
) -> list[float]:
    """Seconds of each, measured in turn after a round of warming up."""
    times: list[list[float]] = [[] for _ in models]
    for _ in range(rounds + 1):
        for model, kept in zip(models.values(), times, strict=True):
            kept.append(seconds(model, x, train))
    return [sorted(kept[1:])[rounds // 2] for kept in times]


class WithShare(nn.Module):
    """A reduction under another ``NARROW``."""

    def __init__(self, reduction: nn.Module, share: float) -> None:
        super().__init__()
        self.reduction = reduction
        self.share = share

    def forward(self, maps: list[Tensor]) -> tuple[Tensor]:
        """Compute the same in another order."""
        kept, sum_conv.NARROW = sum_conv.NARROW, self.share
        try:
            return self.reduction(maps)
        finally:
            sum_conv.NARROW = kept


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f'torch {torch.__version__}, {args.threads} threads, float32')
    print(f'{"":22} {"HRNetV2p":>9} {"HRFPN":>9}  HRFPN / HRNetV2p')
    for width in (18, 32, 48):
        for part, sides in build(width).items():
            for train in (False, True):
                x = maps(width, train)
                theirs, ours = medians(sides, x, train, args.rounds)
                task = 'training' if train else 'inference'
                print(
                    f'W{width} {part:9} {task:9} {ours:8.3f}s {theirs:8.3f}s'
                    f' {theirs / ours:6.2f}',
                    flush=True,
                )
            theirs, ours = (peak(model, x) for model in sides.values())
            print(
                f'W{width} {part:9} {"peak":9} {ours:7.0f}MB {theirs:7.0f}MB'
                f' {theirs / ours:6.2f}',
                flush=True,
            )
    print('share      ' + ''.join(f'{share:9.2f}' for share in SHARES))
    for width in (18, 32, 48):
        reduction = build(width)['reduction']['ours']
        variants = {str(x): WithShare(reduction, x) for x in SHARES}
        found = medians(variants, maps(width, False), False, args.rounds)
        row = ''.join(f'{value:8.3f}s' for value in found)
        print(f'W{width} reduction{row}', flush=True)


if __name__ == '__main__':
    main()
