"""Time the mmcv ops that our models call, with whatever backend serves them.

Compare two environments, for example mmcv-lite and compiled mmcv:

    python benchmarks/mmcv_ops.py --detector --json compiled.json
    python benchmarks/mmcv_ops.py --detector --against compiled.json

Times are medians of several runs in one process, after one run to warm up.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
try:
    from uhrnet.compat.mmcv_ext import install, ops_backend
except ImportError:
    sys.path.insert(0, str(ROOT / 'projects'))
    from uhrnet.compat.mmcv_ext import install, ops_backend

Case = tuple[str, Callable[[], object]]


def scattered(num: int, size: float = 1000.0) -> tuple[Tensor, Tensor]:
    """Boxes ``(N, 4)`` of 16 to 96 pixels anywhere, and their scores."""
    centre = torch.rand(num, 2) * size
    half = (torch.rand(num, 2) * 80 + 16) / 2
    return torch.cat([centre - half, centre + half], 1), torch.rand(num)


def clustered(
    num: int, objects: int, size: float = 1000.0
) -> tuple[Tensor, Tensor]:
    """Boxes ``(N, 4)`` around some objects, as an RPN proposes them."""
    which = torch.randint(objects, (num,))
    centre = torch.rand(objects, 2)[which] * size
    side = (torch.rand(objects, 2)[which] * 0.2 + 0.02) * size
    centre = centre + torch.randn(num, 2) * 0.15 * side
    half = side * torch.exp(torch.randn(num, 2) * 0.15) / 2
    boxes = torch.cat([centre - half, centre + half], 1).clamp(0, size)
    return boxes, torch.rand(num)


def suppression_cases() -> Iterator[Case]:
    """Greedy and soft suppression through mmcv's own functions."""
    from mmcv.ops import batched_nms, nms, soft_nms

    num = 10_000
    for name, (boxes, scores) in {
        'scattered': scattered(num),
        '500 objects': clustered(num, 500),
        '60 objects': clustered(num, 60),
        '1 object': clustered(num, 1),
    }.items():
        for thr in (0.5, 0.7):
            yield (
                f'nms {num}, {name}, thr {thr}',
                lambda b=boxes, s=scores, t=thr: nms(b, s, t),
            )
    boxes, scores = clustered(num, 60)
    level = torch.randint(5, (num,))
    cfg = dict(type='nms', iou_threshold=0.7, split_thr=num + 1)
    yield (
        f'batched_nms {num}, 5 levels, thr 0.7',
        lambda: batched_nms(boxes, scores, level, cfg),
    )
    few, few_scores = clustered(1000, 30)
    for method in ('linear', 'gaussian'):
        yield (
            f'soft_nms 1000, {method}',
            lambda m=method: soft_nms(few, few_scores, 0.3, method=m),
        )


def roi_align_cases() -> Iterator[Case]:
    """RoIAlign of 1024 RoIs on four levels of 512x512 images, 256 channels."""
    from mmcv.ops import RoIAlign

    size, num = 512, 1024
    side = torch.exp(torch.rand(num, 2) * 3 + 3)
    centre = torch.rand(num, 2) * size
    boxes = torch.cat([centre - side / 2, centre + side / 2], 1)
    boxes = boxes.clamp(0, size)
    rois = torch.cat([torch.randint(2, (num, 1)), boxes], 1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    level = (area.sqrt() / 56).clamp(1e-6).log2().floor().clamp(0, 3)
    layers, maps, grads, outputs = [], [], [], []
    for i, stride in enumerate((4, 8, 16, 32)):
        cells = size // stride
        layers.append(RoIAlign(7, 1 / stride))
        maps.append(torch.rand(2, 256, cells, cells, requires_grad=True))
        grads.append(torch.rand(int((level == i).sum()), 256, 7, 7))

    def forward() -> None:
        outputs[:] = [
            layer(x, rois[level == i])
            for i, (layer, x) in enumerate(zip(layers, maps, strict=True))
        ]

    def backward() -> None:
        torch.autograd.grad(outputs, maps, grads, retain_graph=True)

    yield 'roi_align 1024 x 256, forward', forward
    yield 'roi_align 1024 x 256, backward', backward


def detector_cases() -> Iterator[Case]:
    """A training step of Faster R-CNN, R-50 FPN, two images of 512x512."""
    import mmdet.models  # noqa: F401
    from mmdet.registry import MODELS
    from mmdet.structures import DetDataSample
    from mmengine.config import Config
    from mmengine.registry import init_default_scope
    from mmengine.structures import InstanceData
    from mmengine.utils import get_installed_path

    base = 'configs/_base_/models/faster-rcnn_r50_fpn.py'
    folder = Path(get_installed_path('mmdet')) / '.mim'
    cfg = Config.fromfile(folder / base).model
    cfg.backbone.init_cfg = None
    init_default_scope('mmdet')
    model = MODELS.build(cfg).train()
    samples = []
    for _ in range(2):
        start = torch.rand(8, 2) * 300
        end = start + 30 + torch.rand(8, 2) * 170
        sample = DetDataSample(
            metainfo=dict(img_shape=(512, 512), ori_shape=(512, 512))
        )
        sample.gt_instances = InstanceData(
            bboxes=torch.cat([start, end], 1), labels=torch.randint(80, (8,))
        )
        samples.append(sample)
    images = [torch.randint(256, (3, 512, 512)) for _ in range(2)]
    data = dict(inputs=images, data_samples=samples)

    def step() -> None:
        inputs = model.data_preprocessor(data, True)
        loss, _ = model.parse_losses(model(**inputs, mode='loss'))
        model.zero_grad()
        loss.backward()

    yield 'Faster R-CNN R-50 FPN, training step', step


def median_seconds(function: Callable[[], object], repeat: int) -> float:
    """Median time of some runs after one that does not count."""
    times = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--detector', action='store_true', help='time a training step too'
    )
    parser.add_argument('--repeat', type=int, default=7, help='runs per row')
    parser.add_argument('--threads', type=int, help='threads of PyTorch')
    parser.add_argument('--json', type=Path, help='save the times here')
    parser.add_argument(
        '--against', type=Path, help='times saved elsewhere, to divide by'
    )
    return parser.parse_args()


def main() -> None:
    """Print one row per case."""
    args = parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    install()
    torch.manual_seed(0)
    other = json.loads(args.against.read_text()) if args.against else None
    threads = torch.get_num_threads()
    print(f'{ops_backend()} ops, PyTorch {torch.__version__}, ', end='')
    print(f'{threads} threads, median of {args.repeat}')
    head = f'{"":42s}{"seconds":>10s}'
    if other:
        head += f'{other["backend"]:>12s}{"ratio":>8s}'
    print(head)
    seconds = {}
    for cases, wanted in (
        (suppression_cases, True),
        (roi_align_cases, True),
        (detector_cases, args.detector),
    ):
        for name, function in cases() if wanted else ():
            seconds[name] = median_seconds(function, args.repeat)
            row = f'{name:42s}{seconds[name]:10.4f}'
            if other and name in other['seconds']:
                theirs = other['seconds'][name]
                row += f'{theirs:12.4f}{seconds[name] / theirs:8.2f}'
            print(row, flush=True)
    if args.json:
        record = dict(backend=ops_backend(), threads=threads, seconds=seconds)
        args.json.write_text(json.dumps(record, indent=1) + '\n')


if __name__ == '__main__':
    main()
