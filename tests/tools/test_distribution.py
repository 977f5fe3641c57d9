"""Several processes do what one does."""

import contextlib
import importlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from command_line import ROOT, data_options, free_port, miou, succeed
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from torch import nn

CONFIGS = ROOT / 'configs'
# Frozen norms let rounding errors grow from layer to layer.
ARCH = dict(_delete_=True, base_channels=8, num_modules=(1,) * 8, num_blocks=1)
MAPS = [4, 8, 16, 32, 64]
SEGMENTATION = f"""
_base_ = '{CONFIGS}/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'
model = dict(
    backbone=dict(arch={ARCH}),
    decode_head=dict(in_channels={MAPS}, channels=16, dropout_ratio=0))
"""
DEPTH = f"""
_base_ = '{CONFIGS}/uhrnet/depth_uhrnet-w18-small_1xb8-4k_scenes-96x160.py'
model = dict(
    backbone=dict(arch={ARCH}), decode_head=dict(in_channels={MAPS}))
"""
DETECTION = f"""
_base_ = [
    '{CONFIGS}/_base_/models/fcos_uhrnetv2p-w18.py',
    '{CONFIGS}/_base_/datasets/scenes-instance_192x320.py',
    '{CONFIGS}/_base_/schedules/adamw_cosine_12e.py',
    '{CONFIGS}/_base_/default_runtime_det.py'
]
model = dict(
    backbone=dict(arch={ARCH}),
    neck=dict(in_channels={MAPS}),
    bbox_head=dict(num_classes=3))
val_evaluator = dict(metric='bbox')
"""
# AdamW would turn a rounding error of a tiny gradient into a whole step.
COMMON = """
custom_imports = dict(imports={imports}, allow_failed_imports=False)
custom_hooks = [dict(type='FrozenNormsHook'), dict(type='FiniteHook')]
optim_wrapper = dict(
    _delete_=True,
    optimizer=dict(type='SGD', lr={lr}),
    clip_grad=dict(max_norm=1))
param_scheduler = []
load_from = {load_from!r}
"""
TASKS = dict(
    segmentation=(SEGMENTATION, 'mmseg', 5e-4),
    depth=(DEPTH, 'mmseg', 1e-3),
    detection=(DETECTION, 'mmdet', 1e-3),
)
STEPS = 20


def config_file(task, folder, root):
    """Write a config that starts from weights whose norms are of use."""
    text, scope, lr = TASKS[task]
    path = folder / f'{task}.py'
    path.write_text(text)
    cfg = Config.fromfile(path)
    importlib.import_module(f'uhrnet.{task}')
    init_default_scope(scope)
    model = MODELS.build(cfg.model)
    model.init_weights()
    set_norms(model, sorted((root / 'images' / 'train').iterdir()))
    start = folder / 'start.pth'
    torch.save(dict(state_dict=model.state_dict()), start)
    imports = [f'uhrnet.{task}', 'frozen_norms']
    more = COMMON.format(imports=imports, lr=lr, load_from=str(start))
    path.write_text(text + more)
    return path


def set_norms(model, paths):
    """Let running statistics be those of images."""
    images = [cv2.imread(str(path))[..., ::-1].copy() for path in paths]
    images = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    preprocessor = model.data_preprocessor
    images = (images - preprocessor.mean) / preprocessor.std
    backbone = [*model.backbone.modules()]
    for layer in model.modules():
        if hasattr(layer, 'momentum'):
            layer.momentum = None  # the mean of all batches
        elif isinstance(layer, nn.Conv2d) and layer in backbone:
            # HRNet's, of 0.001, rely on norms of the batch.
            nn.init.kaiming_normal_(layer.weight)
    with torch.no_grad():
        model.train()(images, mode='tensor')


def run_options(task, root, processes):
    """20 steps of 4 images in all, each iteration in the log."""
    options = [
        *data_options(root),
        f'train_dataloader.batch_size={4 // processes}',
        'default_hooks.logger.interval=1',
        'val_dataloader.dataset.indices=3',
        'test_dataloader.dataset.indices=3',
    ]
    if task == 'detection':
        truth = root / 'instances_val.json'
        options += [
            'train_cfg.max_epochs=10',
            'train_cfg.val_interval=10',
            'default_hooks.checkpoint.interval=10',
            'train_dataloader.dataset.filter_cfg.filter_empty_gt=False',
            f'val_evaluator.ann_file={truth}',
            f'test_evaluator.ann_file={truth}',
        ]
    else:
        options += [
            f'train_cfg.max_iters={STEPS}',
            f'train_cfg.val_interval={STEPS}',
            f'default_hooks.checkpoint.interval={STEPS}',
        ]
    return options


def losses(log):
    return [float(x) for x in re.findall(r'\(train\).*? loss: (\S+)', log)]


@pytest.mark.slow
@pytest.mark.parametrize('task', TASKS)
def test_two_processes_train_as_one(task, scenes, tmp_path, monkeypatch):
    """The same weights after 20 steps, and the same figures."""
    monkeypatch.setenv('PYTHONPATH', str(ROOT / 'tests'))
    config = config_file(task, tmp_path, scenes)
    one, two = tmp_path / 'one', tmp_path / 'two'
    alone = succeed(
        'tools/train.py', config, '--work-dir', one,
        *run_options(task, scenes, 1),
    )  # fmt: skip
    both = succeed(
        'tools/dist_train.sh', config, 2, '--work-dir', two,
        *run_options(task, scenes, 2),
    )  # fmt: skip
    assert 'Distributed training: True' in both
    assert len(losses(alone)) == len(losses(both)) == STEPS
    assert losses(alone)[-1] < losses(alone)[0], 'it does not learn'
    (name,) = (x.name for x in one.glob('*0.pth') if 'best' not in x.name)
    first, second = (
        torch.load(x / name, weights_only=False)['state_dict']
        for x in (one, two)
    )
    start = torch.load(tmp_path / 'start.pth')['state_dict']
    difference, way = (
        max((other[k] - x).abs().max().item() for k, x in first.items())
        for other in (second, start)
    )
    print(
        f'{task}: after {STEPS} steps weights are up to {way:.1e} from where '
        f'they began, and differ by {difference:.1e} at most'
    )
    assert difference <= 1e-5
    assert difference < way / 50
    if task == 'segmentation':
        check_uneven_validation(config, one / name, scenes, tmp_path)


def check_uneven_validation(config, checkpoint, root, folder):
    """Three images for two processes: one is there twice, counts once."""
    options = run_options('segmentation', root, 1)
    command = ('--work-dir', folder / 'test', *options)
    alone = succeed('tools/test.py', config, checkpoint, *command)
    both = succeed('tools/dist_test.sh', config, checkpoint, 2, *command)
    tables = [x[x.index('per class results') :] for x in (alone, both)]
    figures = [
        [line for line in table.splitlines() if line.startswith('|')]
        for table in tables
    ]
    assert figures[0] == figures[1]
    assert len(figures[0]) == 1 + 11  # and a heading
    assert miou(both) == miou(alone)


@pytest.mark.slow
def test_a_killed_process_ends_the_job_and_it_resumes(scenes, tmp_path):
    """Within a minute, naming it; the others do not wait for ever."""
    config = SEGMENTATION.splitlines()[1].split("'")[1]
    work_dir = tmp_path / 'run'
    options = (
        '--work-dir', work_dir,
        *data_options(scenes),
        'train_dataloader.batch_size=2',
        'train_cfg.val_interval=10000',
        'default_hooks.logger.interval=1',
        'default_hooks.checkpoint.interval=1',
    )  # fmt: skip
    output = tmp_path / 'output.txt'
    with output.open('w') as file:
        job = subprocess.Popen(
            ['bash', 'tools/dist_train.sh', config, '2', *map(str, options)],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ
            | dict(
                PYTHON=sys.executable,
                OMP_NUM_THREADS='1',
                PORT=str(free_port()),
            ),
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 240
        while not (work_dir / 'iter_2.pth').exists():
            assert time.monotonic() < deadline, 'no second checkpoint'
            assert job.poll() is None, output.read_text()[-3000:]
            time.sleep(0.1)
        os.kill(process_of_rank(1, job.pid), signal.SIGKILL)
        killed = time.monotonic()
        assert job.wait(60) != 0
        print(f'the job ended {time.monotonic() - killed:.0f} s after')
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(job.pid, signal.SIGKILL)
    text = output.read_text()
    assert re.search(r'rank +: 1 \(local_rank: 1\)', text), text[-3000:]
    assert 'exitcode  : -9' in text
    last = int(
        re.search(r'iter_(\d+)', (work_dir / 'last_checkpoint').read_text())[1]
    )
    resumed = succeed(
        'tools/dist_train.sh', config, 2, '--resume', *options,
        f'train_cfg.max_iters={last + 2}',
    )  # fmt: skip
    assert f'resumed epoch: 0, iter: {last}' in resumed
    assert f'Iter(train) [{last + 2}/{last + 2}]' in resumed


def process_of_rank(rank, launcher):
    """The training process of a rank, a child of the launcher."""
    for path in Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            stat = (path / 'stat').read_text().rpartition(')')[2]
            parent = int(stat.split()[1])
            environment = (path / 'environ').read_bytes().split(b'\0')
            if parent == launcher and (f'RANK={rank}'.encode() in environment):
                return int(path.name)
    raise AssertionError(f'no process of rank {rank}')
