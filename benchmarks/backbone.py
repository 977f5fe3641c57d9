"""Speed and memory of U-HRNet beside mmsegmentation's HRNet of equal cost.

    python benchmarks/backbone.py [--threads 2] [--rounds 9]

Every row is a ratio of medians that were measured alternately in one run, so
that a busy machine slows both sides. Inference: one image; training: forward,
sum of the outputs, backward. Both sides return feature maps; heads of equal
width would add the same to each.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import torch
from torch import nn

import uhrnet  # noqa: F401, before mmseg: stands in for mmcv's compiled ops

# U-HRNet to the HRNet of equal multiply-adds
PAIRS = {'w18-small': 'w18-small-v2', 'w18': 'w18'}
FORMATS = {
    'contiguous': torch.contiguous_format,
    'channels_last': torch.channels_last,
}


def build(side: str, arch: str, memory_format: str) -> nn.Module:
    """Build one side: 'uhrnet', or 'hrnet' of the same MACs."""
    if side == 'uhrnet':
        from uhrnet.models import UHRNet

        return UHRNet(arch, memory_format=memory_format)
    from mmseg.models import HRNet

    from uhrnet.models.backbones.hrnet_arch import stages_of

    model = HRNet(extra=stages_of(PAIRS[arch]), norm_cfg=dict(type='BN'))
    return model.to(memory_format=FORMATS[memory_format])


def seconds(model: nn.Module, x: torch.Tensor, train: bool) -> float:
    """Time of one forward pass, or of one with its backward pass."""
    start = time.perf_counter()
    with torch.set_grad_enabled(train):
        outs = model(x)
        if train:
            sum(out.sum() for out in outs).backward()
            model.zero_grad(set_to_none=True)
    return time.perf_counter() - start


def peak_memory(side: str, arch: str, memory_format: str, batch: int) -> float:
    """Peak MB of a training step beyond the model, in its own process."""
    command = [sys.executable, __file__, '--memory-of', side, arch]
    command += [memory_format, str(batch)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure_memory(
    side: str, arch: str, memory_format: str, batch: str
) -> None:
    """Body of the process that :func:`peak_memory` starts."""
    model = build(side, arch, memory_format)
    model.train()
    seconds(model, torch.rand(2, 3, 64, 64), train=True)
    # Linux: forget the peak so far, which starts at that of the parent.
    Path('/proc/self/clear_refs').write_text('5')
    before = peak_resident()
    seconds(model, torch.rand(int(batch), 3, 256, 512), train=True)
    print(json.dumps(peak_resident() - before))


def peak_resident() -> float:
    """Peak of this process's resident memory in MB."""
    status = Path('/proc/self/status').read_text()
    return int(status.split('VmHWM:')[1].split()[0]) / 1024


def compare(
    arch: str, memory_format: str, train: bool, rounds: int
) -> tuple[float, float]:
    """Median seconds of U-HRNet and of HRNet, measured in turn."""
    models = [build(s, arch, memory_format) for s in ('uhrnet', 'hrnet')]
    shape = (2, 3, 256, 512) if train else (1, 3, 512, 1024)
    x = torch.rand(shape).contiguous(memory_format=FORMATS[memory_format])
    for model in models:
        model.train(train)
        seconds(model, x, train)
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for model, kept in zip(models, times, strict=True):
            kept.append(seconds(model, x, train))
    return tuple(sorted(kept)[rounds // 2] for kept in times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--memory-of', nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.memory_of:
        measure_memory(*args.memory_of)
        return
    print(f'torch {torch.__version__}, {args.threads} threads, float32')
    print(
        f'{"":9} {"arch":9} {"format":13} {"U-HRNet":>9} {"HRNet":>9} '
        'HRNet / U-HRNet'
    )
    for train in (False, True):
        task = 'train' if train else 'inference'
        for arch in PAIRS:
            for memory_format in FORMATS:
                ours, theirs = compare(arch, memory_format, train, args.rounds)
                print(
                    f'{task:9} {arch:9} {memory_format:13} {ours:8.3f}s '
                    f'{theirs:8.3f}s {theirs / ours:6.2f}',
                    flush=True,
                )
    for arch in PAIRS:
        for memory_format in FORMATS:
            ours, theirs = (
                peak_memory(side, arch, memory_format, batch=2)
                for side in ('uhrnet', 'hrnet')
            )
            print(
                f'{"peak":9} {arch:9} {memory_format:13} {ours:7.0f}MB '
                f'{theirs:7.0f}MB {theirs / ours:6.2f}',
                flush=True,
            )


if __name__ == '__main__':
    main()
