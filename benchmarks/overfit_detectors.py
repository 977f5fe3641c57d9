"""Every detector of the configs learns eight scenes by heart, on a CPU.

    python benchmarks/overfit_detectors.py [--families fcos htc]
    python benchmarks/overfit_detectors.py --out lite
    python benchmarks/overfit_detectors.py --out compiled --against lite
    python benchmarks/overfit_detectors.py --out compiled --against lite --test

Each family's COCO config is taken as it is but for sizes: images of 256x448,
a quarter of the channels, anchors of half the size, fewer proposals, no
augmentation, three classes, and AdamW from scratch. It trains on the boxes and
masks of eight rendered scenes that are at least 12 pixels wide and high,
smaller ones are ignored, and is evaluated on the same eight.

To compare environments, such as mmcv-lite and compiled mmcv, run it in both:
``--against`` trains here what was trained there, and tests here the weights
from there as well, or, with ``--test``, these alone.
"""

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

from mmengine.config import Config, ConfigDict

from uhrnet.compat.mmcv_ext import ops_backend
from uhrnet.engine.dataset_configs import innermost_dataset
from uhrnet.engine.launch import build_runner
from uhrnet.scenes import write_dataset

ROOT = Path(__file__).resolve().parents[1]
SIZE = (256, 448)
SMALLEST = 12
FAMILIES = {
    'faster-rcnn': '{}v2p-w18{}_8xb2-1x_coco',
    'mask-rcnn': '{}v2p-w18{}_8xb2-1x_coco',
    'cascade-rcnn': '{}v2p-w18{}_8xb2-20e_coco',
    'cascade-mask-rcnn': '{}v2p-w18{}_8xb2-20e_coco',
    'htc': '{}v2p-w18{}_8xb2-20e_coco',
    'fcos': '{}v2p-w18{}_4xb4-2x_coco',
    'centernet': '{}v2-w18{}_8xb16-140e_coco-512x512',
}
BACKBONES = {
    'hrnet': ('-in1k-pre', 'w18-small-v1', [16, 32, 64, 128]),
    'uhrnet': ('', 'w18-small', [9, 18, 36, 72, 144]),
}
# CenterNet learns from the middles of objects alone, which takes longer.
ITERATIONS = dict.fromkeys(FAMILIES, 240) | dict(centernet=400)
# Channels of necks and heads; proposals before and after suppression.
SMALLER = {256: 64, 1024: 256, 512: 128, 2000: 500, 1000: 300}
SIZES = (
    'in_channels',
    'out_channels',
    'feat_channels',
    'conv_out_channels',
    'fc_out_channels',
    'num',
    'nms_pre',
    'max_per_img',
)


def shrink(node: ConfigDict) -> None:
    """Make a detector's config small, in place."""
    for key, value in node.items():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, dict):
                shrink(child)
        if key in SIZES and not isinstance(value, list):
            node[key] = SMALLER.get(value, value)
        if key == 'num_classes':
            node[key] = {80: 3, 183: 11}[value]
        if key == 'scales' and value == [8]:
            node[key] = [4]


def make_config(family: str, backbone: str, root: Path, iters: int) -> Config:
    """Return a family's config, made small, for the scenes in ``root``."""
    start, arch, channels = BACKBONES[backbone]
    name = f'{family}_{FAMILIES[family].format(backbone, start)}'
    cfg = Config.fromfile(ROOT / f'configs/{backbone}/{name}.py')
    shrink(cfg.model)
    cfg.model.backbone.update(
        arch=arch, norm_cfg=dict(type='BN'), norm_eval=False, init_cfg=None
    )
    cfg.model.neck.in_channels = channels
    (loading,) = (
        step
        for step in innermost_dataset(cfg.train_dataloader).pipeline
        if step.type == 'LoadAnnotations'
    )
    test_pipeline = cfg.test_dataloader.dataset.pipeline
    for step in test_pipeline:
        if step.type == 'Resize':
            step.scale = SIZE[::-1]
    data = dict(
        type='ScenesDataset',
        data_root=str(root),
        ann_file='instances_train.json',
        data_prefix=dict(img='images/train', seg='annotations/train'),
    )
    loader = dict(num_workers=0, persistent_workers=False)
    train_pipeline = [
        dict(type='LoadCheckedImage'),
        loading,
        dict(type='PackDetInputs'),
    ]
    cfg.train_dataloader = loader | dict(
        batch_size=4,
        sampler=dict(type='InfiniteSampler'),
        dataset=data | dict(pipeline=train_pipeline),
    )
    cfg.test_dataloader = loader | dict(
        batch_size=1,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=data | dict(pipeline=test_pipeline, test_mode=True),
    )
    cfg.test_evaluator.ann_file = str(root / 'instances_train.json')
    cfg.val_dataloader = cfg.val_evaluator = cfg.val_cfg = None
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=iters)
    cfg.log_processor.by_epoch = False
    cfg.optim_wrapper = dict(
        type='OptimWrapper',
        optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.01),
        clip_grad=dict(max_norm=10),
    )
    cfg.param_scheduler = [
        dict(type='LinearLR', start_factor=0.05, by_epoch=False, end=20),
        dict(type='CosineAnnealingLR', by_epoch=False, T_max=iters),
    ]
    cfg.default_hooks.checkpoint = dict(
        type='CheckpointHook', by_epoch=False, interval=iters
    )
    cfg.default_hooks.logger.interval = 20
    return cfg


def ignore_small(root: Path) -> int:
    """Mark objects too small to be learnt as crowds; return the others."""
    path = root / 'instances_train.json'
    content = json.loads(path.read_text())
    kept = 0
    for item in content['annotations']:
        item['iscrowd'] = int(min(item['bbox'][2:]) < SMALLEST)
        kept += not item['iscrowd']
    path.write_text(json.dumps(content))
    return kept


def run(cfg: Config, work_dir: Path, weights: Path | None = None) -> dict:
    """Train, or take weights; return AP and AP50 in %, and seconds."""
    cfg.work_dir = str(work_dir)
    start = time.perf_counter()
    if weights is None:
        runner = build_runner(cfg)
        runner.train()
        result = runner.test()
    else:
        cfg.load_from = str(weights)
        result = build_runner(cfg).test()
    result = {
        f'{kind}_{name}': 100 * result[f'coco/{kind}_{key}']
        for kind in ('bbox', 'segm')
        for name, key in (('AP', 'mAP'), ('AP50', 'mAP_50'))
        if f'coco/{kind}_{key}' in result
    }
    return result | dict(seconds=time.perf_counter() - start)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--families', nargs='+', choices=FAMILIES, default=[*FAMILIES]
    )
    parser.add_argument('--backbone', choices=BACKBONES, default='hrnet')
    parser.add_argument('--iters', type=int, help='of every family')
    parser.add_argument(
        '--out', type=Path, default=Path('work_dirs/overfit_detectors')
    )
    parser.add_argument('--against', type=Path, help="another run's --out")
    parser.add_argument(
        '--test', action='store_true', help='do not train, with --against'
    )
    args = parser.parse_args()
    if args.test and not args.against:
        parser.error('--test tests the weights of another run: --against')
    return args


def main() -> None:
    """Train and print a row for every family."""
    args = parse_args()
    root = args.out / 'scenes'
    write_dataset(root, {'train': 8}, SIZE, overwrite=True)
    print(f'{ops_backend()} ops, {ignore_small(root)} objects', flush=True)
    for family in args.families:
        iters = args.iters or ITERATIONS[family]
        cfg = make_config(family, args.backbone, root, iters)
        name = f'{args.backbone}_{family}'
        rows = {} if args.test else {'trained': run(cfg, args.out / name)}
        if args.against:
            weights = args.against / name / f'iter_{iters}.pth'
            rows['theirs, tested'] = run(cfg, args.out / name, weights)
            path = args.against / f'{name}.json'
            rows['theirs'] = json.loads(path.read_text())['trained']
        (args.out / f'{name}.json').write_text(json.dumps(rows))
        for kind, row in rows.items():
            figures = ', '.join(f'{k} {v:.1f}' for k, v in row.items())
            print(f'{name}, {kind}: {figures}', flush=True)


if __name__ == '__main__':
    main()
