"""Cost of HFGD beside mmsegmentation's decoders, on ResNet-50.

    python benchmarks/decoder.py [--threads 2] [--rounds 5] [--device cuda]

Whole models with 171 classes; the rivals are those of mmsegmentation's model
configs. Multiply-adds are those of a prediction of 512x512 pixels, without
resizing, parameters those that it needs. Times are medians, measured in turn
in one run: a prediction (logits at full size, float32), and a training step
of two images (losses, all that the config trains, and their gradients).
Peak: memory of that step beyond what is there before it. At last, the parts
of HFGD's head, which say what is computed in evaluation.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import torch
from backbone import peak_resident
from torch import Tensor, nn

import uhrnet.segmentation  # noqa: F401
from uhrnet.apis import measure_complexity

# isort: split
import mmseg
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

OURS = Path(__file__).parents[1] / 'configs/_base_/models'
THEIRS = Path(mmseg.__file__).parent / '.mim/configs/_base_/models'
DECODERS = {
    'HFGD, OS4': OURS / 'hfgd_r50.py',
    'HFGD, OS2': OURS / 'hfgd-os2_r50.py',
    'FPNHead': THEIRS / 'fpn_r50.py',
    'UPerHead': THEIRS / 'upernet_r50.py',
    'FCN, D8': THEIRS / 'fcn_r50-d8.py',
    'DeepLabV3+, D8': THEIRS / 'deeplabv3plus_r50-d8.py',
}
CLASSES = 171
SIZE = 512


def build(path: Path) -> nn.Module:
    """A segmentor with random weights."""
    cfg = Config.fromfile(path).model
    cfg.pop('data_preprocessor')
    cfg.pop('pretrained', None)
    cfg.backbone.pop('init_cfg', None)
    for key in ('decode_head', 'auxiliary_head'):
        if key in cfg:
            cfg[key].num_classes = CLASSES
    return revert_sync_batchnorm(MODELS.build(cfg))


class HeadAlone(nn.Module):
    """HFGD's head on maps of an image, with its parts as children."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        for name in ('cae', 'upsampler', 'classify', 'conv_seg'):
            self.add_module(name, getattr(head, name))
        self.heads = [head]

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to logits."""
        (head,) = self.heads
        stride = head.output_stride
        maps = [
            x.new_empty(
                len(x), c, x.shape[2] // stride >> i, x.shape[3] // stride >> i
            )
            for i, c in enumerate(head.in_channels)
        ]
        return head.to(x.device)(maps)


def step(model: nn.Module, image: Tensor, train: bool) -> float:
    """Seconds of a prediction or of a training step."""
    samples = [
        SegDataSample(
            gt_sem_seg=PixelData(
                data=torch.randint(
                    CLASSES, (1, SIZE, SIZE), device=image.device
                )
            )
        )
        for _ in image
    ]
    model.train(train)
    _wait(image)
    start = time.perf_counter()
    with torch.set_grad_enabled(train):
        if train:
            losses = model.loss(image, samples)
            sum(x for k, x in losses.items() if 'loss' in k).backward()
            model.zero_grad(set_to_none=True)
        else:
            metas = [dict(img_shape=(SIZE, SIZE))] * len(image)
            model.encode_decode(image, metas)
    _wait(image)
    return time.perf_counter() - start


def _wait(x: Tensor) -> None:
    if x.is_cuda:
        torch.cuda.synchronize()


def peak(model: nn.Module, image: Tensor) -> float:
    """MB of a training step beyond what is there before it."""
    step(model, image, train=True)
    if image.is_cuda:
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step(model, image, train=True)
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    Path('/proc/self/clear_refs').write_text('5')  # forget the peak so far
    before = peak_resident()
    step(model, image, train=True)
    return peak_resident() - before


def medians(
    models: list[nn.Module], image: Tensor, train: bool, rounds: int
) -> list[float]:
    """Seconds of each, measured in turn after a round of warming up."""
    times: list[list[float]] = [[] for _ in models]
    for _ in range(rounds + 1):
        for model, kept in zip(models, times, strict=True):
            kept.append(step(model, image, train))
    return [statistics.median(kept[1:]) for kept in times]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--device', default='cpu')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    init_default_scope('mmseg')
    print(f'torch {torch.__version__}, {args.device}, {args.threads} threads')

    models = [build(path).to(args.device) for path in DECODERS.values()]
    one, two = (
        torch.randn(n, 3, SIZE, SIZE, device=args.device) for n in (1, 2)
    )
    predict = medians(models, one, False, args.rounds)
    train = medians(models, two, True, args.rounds)
    for model in models:
        model.cpu()
    print('decoder: M parameters, GMACs of backbone, of the rest, in all, '
          's per prediction, s per training step, peak MB')  # fmt: skip
    for name, model, *times in zip(
        DECODERS, models, predict, train, strict=True
    ):
        memory = peak(model.to(args.device), two)
        model.auxiliary_head = None  # of training alone
        cost = measure_complexity(model, (1, 3, SIZE, SIZE))
        body = cost.macs_by_part['backbone']
        gmacs = [x / 1e9 for x in (body, cost.macs - body, cost.macs)]
        print(
            f'{name:15} {cost.params / 1e6:6.1f}',
            *(f'{x:7.1f}' for x in gmacs),
            *(f'{x:8.4f}' for x in times),
            f'{memory:6.0f}',
            flush=True,
        )

    print('parts of the head in evaluation, GMACs')
    for name in ('HFGD, OS4', 'HFGD, OS2'):
        head = build(DECODERS[name]).decode_head.to('meta')
        cost = measure_complexity(HeadAlone(head), (1, 3, SIZE, SIZE))
        parts = {'conv_seg': 0} | cost.macs_by_part
        print(
            f'{name}: '
            + ', '.join(f'{k} {v / 1e9:.3f}' for k, v in parts.items())
        )


if __name__ == '__main__':
    main()
