"""Prediction: ours prepared or not, and mmsegmentation's of equal cost.

    python benchmarks/inference.py [--rounds 9] [--threads 2]

One 512x1024 image through the whole network. Unprepared: as it is built,
which for U-HRNet is channels last; plain: contiguous. Beside each U-HRNet the
FCN-HRNet of the same multiply-adds, eager as its users run it. All take turns
in one run; above 1, the prepared model is faster.
"""

import argparse
import copy
import sys
import warnings
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import uhrnet.segmentation  # noqa: F401

# isort: split
import torch
from measure import medians
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import Tensor, nn

from uhrnet.apis import prepare_for_inference
from uhrnet.models.backbones.hrnet_arch import stages_of

ROOT = Path(__file__).resolve().parents[1]
# U-HRNet to the HRNet of equal multiply-adds
PAIRS = {'w18-small': 'w18-small-v2', 'w18': 'w18'}


def build(name: str, host: bool = False, **backbone: str) -> nn.Module:
    """Build a segmentor, with the host's own HRNet or with ours."""
    cfg = Config.fromfile(ROOT / f'configs/_base_/models/fcn_{name}.py').model
    cfg.backbone.update(backbone)
    if host:
        cfg.backbone = dict(
            type='mmseg.HRNet',
            norm_cfg=cfg.backbone.norm_cfg,
            extra=stages_of(cfg.backbone.arch),
        )
        cfg.decode_head.type = 'FCNHead'
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return revert_sync_batchnorm(MODELS.build(cfg)).eval()


@torch.inference_mode()
def predict(model: nn.Module, x: Tensor) -> Tensor:
    """Map images (N, 3, H, W) to logits at stride 4."""
    return model(x)


def main() -> None:
    """Print a row for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--rounds', type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    init_default_scope('mmseg')
    print(f'torch {torch.__version__}, {args.threads} threads')
    x = torch.randn(1, 3, 512, 1024)
    for arch, peer in PAIRS.items():
        ours = build(f'uhrnet-{arch}')
        models = {
            'prepared': prepare_for_inference(copy.deepcopy(ours)),
            'unprepared': ours,
            'plain': build(f'uhrnet-{arch}', memory_format='contiguous'),
            'peer': build(f'hrnet-{peer}', host=True),
        }
        one, other = (
            predict(models[key], x) for key in ('prepared', 'unprepared')
        )
        difference = ((one - other).abs().max() / other.abs().max()).item()
        calls = {k: partial(predict, m, x) for k, m in models.items()}
        times = medians(calls, args.rounds)
        cells = ' | '.join(
            f'{times[key]:.3f} s | {times[key] / times["prepared"]:.2f}'
            for key in ('unprepared', 'plain', 'peer')
        )
        print(
            f'| {arch} | {times["prepared"]:.3f} s | {cells} | '
            f'{difference:.1e} |',
            flush=True,
        )


if __name__ == '__main__':
    main()
