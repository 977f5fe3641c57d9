"""The layers of U-HRNet beside the obvious way to write them.

    python benchmarks/layers.py [--threads 2] [--rounds 25]

Each row measures both ways alternately in one run and prints the ratio of the
medians. Sizes are those of U-HRNet-W18 for a 512x1024 image.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import torch
from torch import Tensor
from torch.nn import functional as F

from uhrnet.models.layers import SameConv2d, halve_channels
from uhrnet.models.layers.same_conv import same_padding

FORMATS = {
    'contiguous': torch.contiguous_format,
    'channels_last': torch.channels_last,
}
# in, out, height and width of strided convolutions
CONVS = ((3, 64, 512, 1024), (64, 64, 256, 512), (256, 36, 128, 256))
# channels, height and width of halved maps
MAPS = ((18, 128, 256), (36, 64, 128))


def padded_convolution(conv: SameConv2d, x: Tensor) -> Tensor:
    """SAME padding by copying the input with zeros around it."""
    top, bottom = same_padding(x.shape[2], 3, 2)
    left, right = same_padding(x.shape[3], 3, 2)
    x = F.pad(x, (left, right, top, bottom))
    return F.conv2d(x, conv.weight, conv.bias, 2)


def mean_of_pairs(x: Tensor) -> Tensor:
    """Halve channels by a mean over a viewed axis."""
    return x.unflatten(1, (-1, 2)).mean(2)


def medians(
    ours: Callable[[], Tensor], plain: Callable[[], Tensor], rounds: int
) -> tuple[float, float]:
    """Milliseconds of both, measured in turn; they must agree."""
    torch.testing.assert_close(ours(), plain(), rtol=1e-4, atol=1e-4)
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for function, kept in zip((ours, plain), times, strict=True):
            start = time.perf_counter()
            function()
            kept.append((time.perf_counter() - start) * 1e3)
    return tuple(sorted(kept)[rounds // 2] for kept in times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=25)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    print(f'torch {torch.__version__}, {args.threads} threads, float32, ms')
    print(f'{"layer":34} {"format":13} {"ours":>8} {"plain":>8}  ratio')
    for name, memory_format in FORMATS.items():
        rows = {}
        for c_in, c_out, height, width in CONVS:
            conv = SameConv2d(c_in, c_out, 3, stride=2, bias=False)
            conv = conv.to(memory_format=memory_format)
            x = torch.randn(1, c_in, height, width)
            x = x.contiguous(memory_format=memory_format)
            rows[f'convolution {c_in}->{c_out} {height}x{width}'] = (
                lambda conv=conv, x=x: conv(x),
                lambda conv=conv, x=x: padded_convolution(conv, x),
            )
        for channels, height, width in MAPS:
            x = torch.randn(1, channels, height, width)
            x = x.contiguous(memory_format=memory_format)
            rows[f'halving {channels} {height}x{width}'] = (
                lambda x=x: halve_channels(x),
                lambda x=x: mean_of_pairs(x),
            )
        with torch.no_grad():
            for row, (ours, plain) in rows.items():
                a, b = medians(ours, plain, args.rounds)
                print(f'{row:34} {name:13} {a:8.3f} {b:8.3f} {b / a:6.2f}')


if __name__ == '__main__':
    main()
