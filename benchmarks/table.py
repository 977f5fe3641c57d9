"""All goals of docs/performance.md in one table: python benchmarks/table.py.

Networks are measured as tools/analysis_tools/benchmark.py does, each in a
process of its own, in turn; the rest as by the benchmark of its name. Ratios
are of medians of one run; above 1, ours is faster or smaller.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import uhrnet.segmentation  # noqa: F401

# isort: split
import evaluation
import loss
import pipeline
import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from uhrnet.apis.loading import load_model
from uhrnet.apis.speed import Result, measure
from uhrnet.apis.speed_case import Case

ROOT = Path(__file__).resolve().parents[1]
OURS = str(ROOT / 'configs/uhrnet/fcn_uhrnet-{}_{}_cityscapes-512x1024.py')
SMALL = OURS.format('w18-small', '4xb3-120k')
# U-HRNet and mmsegmentation's FCN-HRNet of the same multiply-adds
HOSTS = 'mmseg::hrnet/fcn_{}_4xb2-40k_cityscapes-512x1024.py'
NETWORKS = {
    'W18-Small': (SMALL, HOSTS.format('hr18s')),
    'W18': (OURS.format('w18', '4xb3-120k'), HOSTS.format('hr18')),
}
# Numbers of float32 in a register of AVX-512.
LANES = 16
PLAIN = 'plain, NCHW'
HOST = "mmsegmentation's FCN-HRNet"
# Of the goal, and of the recipe.
CROPS = ((256, 512), (512, 1024))
# What against what, and the goal
INFERENCE = (
    ('prepared', PLAIN, 2.0),
    ('prepared', HOST, 2.2),
    ('prepared, compiled', PLAIN, None),
    ('ONNX Runtime', PLAIN, 2.8),
    ('OpenVINO, float32', PLAIN, 3.3),
)
STEP = 'training step, '
TRAINING = (
    (f'{STEP}channels last', f'{STEP}NCHW', 1.25),
    (f'{STEP}bfloat16', f'{STEP}NCHW', 1.8),
    (f'{STEP}channels last', f'{STEP}NCHW, memory kept', None),
    (f'{STEP}channels last', f'{STEP}{HOST}', None),
    (f'{STEP}bfloat16', f'{STEP}{HOST}', None),
)


class Row(NamedTuple):
    """A comparison.

    Attributes:
        what: Ours.
        seconds: Of it.
        against: What it is compared with.
        other: Its seconds.
        goal: Ratio to reach.
        unit: Of both figures.
    """

    what: str
    seconds: float
    against: str
    other: float
    goal: float | None
    unit: str = 's'

    def __str__(self) -> str:
        ratio = self.other / self.seconds
        reached = ''
        if self.goal is not None:
            reached = 'reached' if ratio >= self.goal else 'missed'
        digits = 3 if self.unit == 's' else 1
        cells = (
            self.what,
            f'{self.seconds:.{digits}f} {self.unit}',
            self.against,
            f'{self.other:.{digits}f} {self.unit}',
            f'{ratio:.2f}',
            '' if self.goal is None else f'{self.goal}',
            reached,
        )
        return f'| {" | ".join(cells)} |'


def inference(rounds: int, threads: int) -> Iterator[Row]:
    """One 512x1024 image, from normalised pixels to logits at stride 4."""
    for name in NETWORKS:
        cases = inference_cases(*NETWORKS[name])
        yield from compare(cases, INFERENCE, rounds, threads, f'{name}: ')


def inference_cases(config: str, host: str) -> dict[str, Case]:
    """Return what is measured of a network, and its rival."""
    return {
        PLAIN: Case(config, memory_format='contiguous'),
        'prepared': Case(config, prepare=True),
        'prepared, compiled': Case(config, prepare=True, compile='default'),
        HOST: Case(host),
        'ONNX Runtime': Case(config, backend='onnxruntime'),
        'OpenVINO, float32': Case(config, backend='openvino'),
    }


def training(rounds: int, threads: int) -> Iterator[Row]:
    """A step of two images, with its optimiser, W18-Small."""
    for shape in CROPS:
        cases = training_cases(shape)
        prefix = '{}x{}: '.format(*shape)
        yield from compare(cases, TRAINING, rounds, threads, prefix)


def training_cases(shape: tuple[int, int]) -> dict[str, Case]:
    """Return what is measured at a size."""
    step = dict(task='train', batch=2, shape=shape)
    host = NETWORKS['W18-Small'][1]
    nchw = dict(step, memory_format='contiguous')
    return {
        f'{STEP}NCHW': Case(SMALL, **nchw, stock_memory=True),
        f'{STEP}NCHW, memory kept': Case(SMALL, **nchw),
        f'{STEP}channels last': Case(SMALL, **step),
        f'{STEP}bfloat16': Case(SMALL, **step, dtype='bfloat16'),
        f'{STEP}{HOST}': Case(host, **step, stock_memory=True),
    }


def compare(
    cases: dict[str, Case],
    goals: tuple[tuple[str, str, float | None], ...],
    rounds: int,
    threads: int,
    prefix: str = '',
) -> Iterator[Row]:
    """Measure cases in turn and yield what there are goals for."""
    found: dict[str, Result] = dict(
        zip(cases, measure([*cases.values()], rounds, threads), strict=True)
    )
    for what, against, goal in goals:
        yield Row(
            prefix + what,
            found[what].median,
            against,
            found[against].median,
            goal,
        )


def losses(rounds: int, threads: int) -> Iterator[Row]:
    """Cross-entropy of 171 classes, four 512x512 crops, and its way back."""
    torch.set_num_threads(threads)
    for row in loss.rows(rounds=rounds, data_sets=('COCO-Stuff',)):
        name, stock = f'{row.loss} by tiles, K=171', 'FCNHead'
        yield Row(name, row.seconds[0], stock, row.seconds[1], 1.0)
        yield Row(name, row.megabytes[0], stock, row.megabytes[1], 8.0, 'MB')


def predictions(rounds: int, threads: int) -> Iterator[Row]:
    """From logits of a 2048x1024 image to areas."""
    torch.set_num_threads(threads)
    for row in evaluation.prediction_rows(rounds=rounds):
        goal = 3.0 if 'Cityscapes' in row.data else None
        yield Row(
            f'evaluation, {row.data}, {row.mode}, {row.layout}',
            row.seconds[0],
            'IoUMetric',
            row.seconds[1],
            goal,
        )


def samples(rounds: int, threads: int) -> Iterator[Row]:
    """Training samples of 2048x1024 PNGs; one thread, whatever is asked."""
    del threads
    stock = 0.0
    for label, milliseconds, _, goal in pipeline.rows(rounds):
        if label.startswith(pipeline.STOCK):
            stock = milliseconds
        else:
            yield Row(
                f'samples, {label}',
                milliseconds,
                pipeline.STOCK,
                stock,
                goal,
                'ms',
            )


def best_rates(threads: int) -> str:
    """Multiply-adds a second of what a processor does best, in float32.

    A bound for all networks: a 3x3 convolution of 128 channels, and a product
    of matrices.
    """
    torch.set_num_threads(threads)
    maps = torch.randn(1, 128, 128, 256).contiguous(
        memory_format=torch.channels_last
    )
    kernels = torch.randn(128, 128, 3, 3).contiguous(
        memory_format=torch.channels_last
    )
    square = torch.randn(2048, 2048)
    calls = {
        'convolution': lambda: F.conv2d(maps, kernels, padding=1),
        'matrices': lambda: square @ square,
    }
    macs = dict(convolution=128 * 128 * 9 * 128 * 256, matrices=2048**3)
    times = loss.medians(calls, 9)
    return ', '.join(f'{k} {macs[k] / x / 1e9:.0f}' for k, x in times.items())


PARTS = {
    'inference': inference,
    'training': training,
    'loss': losses,
    'evaluation': predictions,
    'samples': samples,
}


def vector_macs(config: str) -> tuple[int, int]:
    """Count what convolutions compute, and what fills whole registers.

    A register holds 16 numbers, so 18 output channels take as long as 32.
    """
    model = load_model(config)
    counts = [0, 0]

    class Counter(TorchFunctionMode):
        def __torch_function__(
            self,
            call: object,
            types: object,
            args: tuple = (),
            kwargs: dict | None = None,
        ) -> object:
            out = call(*args, **(kwargs or {}))
            if call is F.conv2d:
                names = ('input', 'weight')
                given = dict(zip(names, args, strict=False)) | (kwargs or {})
                width = len(given['weight'])
                each = out[:, 0].numel() * given['weight'][0].numel()
                counts[0] += each * width
                counts[1] += each * -(-width // LANES) * LANES
            return out

    with torch.no_grad(), Counter():
        model(torch.zeros(1, 3, 512, 1024), mode='tensor')
    return counts[0], counts[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=9)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument(
        '--parts', nargs='+', choices=PARTS, default=list(PARTS)
    )
    args = parser.parse_args()
    os.environ['OMP_NUM_THREADS'] = str(args.threads)
    print(f'torch {torch.__version__}, {args.threads} threads')
    print(f'best GMAC/s of this processor: {best_rates(args.threads)}')
    for name, (config, _) in NETWORKS.items():
        macs = ' and '.join(f'{x / 1e9:.1f}' for x in vector_macs(config))
        print(f'{name}: GMACs of convolutions, and of whole registers: {macs}')
    print('| ours | | against | | ratio | goal | |')
    print('| --- | --- | --- | --- | --- | --- | --- |')
    for name in args.parts:
        for row in PARTS[name](args.rounds, args.threads):
            print(row, flush=True)


if __name__ == '__main__':
    main()
