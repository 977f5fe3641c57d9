"""Training and testing from the command line, on small rendered scenes."""

import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from command_line import ROOT, fail, miou, options_without_page, succeed

CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'


def options(root, iters=2, *more):
    """Overrides that make a run small."""
    return (
        *options_without_page(root),
        'train_dataloader.batch_size=2',
        f'train_cfg.max_iters={iters}',
        f'train_cfg.val_interval={iters}',
        'default_hooks.logger.interval=1',
        'default_hooks.checkpoint.interval=1',
        *more,
    )


@pytest.fixture(scope='module')
def trained(tmp_path_factory, scenes):
    """Folder and log of a short run."""
    folder = tmp_path_factory.mktemp('trained')
    small = [x for x in options(scenes) if x != '--no-report']
    log = succeed('tools/train.py', CONFIG, '--work-dir', folder, *small)
    return folder, log


def test_training_logs_and_saves(trained):
    folder, log = trained
    assert 'Iter(train) [2/2]' in log
    assert '| vegetation |' in log, 'no IoU per class'
    names = {path.name for path in folder.iterdir()}
    assert {'iter_2.pth', 'last_checkpoint'} <= names
    assert any(name.startswith('best_mIoU') for name in names)


def test_training_leaves_a_page_and_pictures(trained):
    folder, log = trained
    page = (folder / 'report.html').read_text()
    for text in ('vegetation', 'Confusion matrix', '2 of 2', '4 images'):
        assert text in page
    assert page.count('data:image/jpeg') == 4
    assert page.count('data:image/svg+xml') == 3
    assert 'class="remark"' not in page
    data = next(folder.glob('*/vis_data'))
    assert len(list(data.glob('vis_image/val_*_2.png'))) == 4
    assert len(list(data.glob('events.out.tfevents.*'))) == 1
    assert '\x1b[?25l' not in log


def test_checkpoint_gives_the_same_figure(trained, scenes, tmp_path):
    folder, log = trained
    out, pictures = tmp_path / 'labels', tmp_path / 'pictures'
    tested = succeed(
        'tools/test.py', CONFIG, folder / 'iter_2.pth',
        '--work-dir', tmp_path, '--out', out, '--show-dir', pictures,
        *options(scenes),
    )  # fmt: skip
    assert miou(tested) == miou(log)
    labels = sorted(out.glob('*.png'))
    assert [p.name for p in labels] == [f'{i:05}.png' for i in range(4)]
    label = cv2.imread(str(labels[0]), cv2.IMREAD_UNCHANGED)
    assert label.shape == (64, 96) and label.max() < 11
    drawn = [cv2.imread(str(path)) for path in pictures.rglob('*.png')]
    assert len(drawn) == 4
    image = cv2.imread(str(scenes / 'images/val/00000.png'))
    assert any((picture[:64, :96] == image).all() for picture in drawn)


def test_predictions_in_one_file(trained, scenes, tmp_path):
    from mmengine.fileio import load

    path = tmp_path / 'predictions.pkl'
    succeed(
        'tools/test.py', CONFIG, trained[0] / 'iter_2.pth',
        '--work-dir', tmp_path, '--out', path, *options(scenes),
    )  # fmt: skip
    predictions = load(path)
    assert len(predictions) == 4
    assert predictions[0]['pred_sem_seg']['data'].shape[-2:] == (64, 96)


def test_tta_averages_mirror_images_and_scales(trained, scenes, tmp_path):
    folder, log = trained
    tested = succeed(
        'tools/test.py', CONFIG, folder / 'iter_2.pth', '--tta',
        '--work-dir', tmp_path, *options(scenes),
    )  # fmt: skip
    assert 0 < miou(tested) != miou(log)


def test_tta_equals_an_average_by_hand(trained, scenes, tmp_path):
    """Mirror images alone: softmax of both, turned back, averaged."""
    import mmcv
    from mmengine.fileio import load
    from mmseg.apis import inference_model, init_model

    import uhrnet.segmentation  # noqa: F401

    path = tmp_path / 'predictions.pkl'
    checkpoint = trained[0] / 'iter_2.pth'
    succeed(
        'tools/test.py', CONFIG, checkpoint, '--tta-flip', '--out', path,
        '--work-dir', tmp_path, *options(scenes),
    )  # fmt: skip
    predictions = load(path)
    model = init_model(CONFIG, str(checkpoint), device='cpu')
    for index, prediction in enumerate(predictions):
        image = mmcv.imread(str(scenes / f'images/val/{index:05}.png'))
        plain, mirrored = (
            inference_model(model, x).seg_logits.data.softmax(0)
            for x in (image, np.ascontiguousarray(image[:, ::-1]))
        )
        expected = (plain + mirrored.flip(-1)).argmax(0)
        labels = prediction['pred_sem_seg']['data'].squeeze()
        assert (labels == expected).float().mean() > 0.999
    assert len(predictions) == 4


@pytest.mark.slow
def test_resume_goes_on_where_it_stopped(trained, scenes, tmp_path):
    folder = tmp_path / 'run'
    shutil.copytree(trained[0], folder)
    (folder / 'last_checkpoint').write_text(str(folder / 'iter_2.pth'))
    log = succeed(
        'tools/train.py', CONFIG, '--work-dir', folder, '--resume',
        *options(scenes, 4),
    )  # fmt: skip
    assert 'resumed epoch: 0, iter: 2' in log
    assert 'Iter(train) [3/4]' in log
    assert 'Iter(train) [1/4]' not in log
    before, after = (
        torch.load(path, weights_only=False)['optimizer']['state'][0]
        for path in (trained[0] / 'iter_2.pth', folder / 'iter_4.pth')
    )
    assert after['step'] == before['step'] + 2, 'the optimiser started anew'
    named = succeed(
        'tools/train.py', CONFIG, '--work-dir', tmp_path / 'other',
        '--resume', trained[0] / 'iter_1.pth', *options(scenes, 2),
    )  # fmt: skip
    assert 'Iter(train) [1/2]' not in named
    assert 'Iter(train) [2/2]' in named


@pytest.mark.slow
def test_resume_after_an_interrupt(scenes, tmp_path):
    process = subprocess.Popen(
        [
            sys.executable,
            'tools/train.py',
            CONFIG,
            '--work-dir',
            tmp_path,
            *options(scenes, 500),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | dict(OMP_NUM_THREADS='1'),
        # Jobs in the background are deaf to it, and so are their children.
        preexec_fn=functools.partial(
            signal.signal, signal.SIGINT, signal.SIG_DFL
        ),
    )
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / 'iter_3.pth').exists():
            assert time.monotonic() < deadline, 'no third checkpoint'
            assert process.poll() is None, 'training ended by itself'
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) != 0
    finally:
        process.kill()
    last = Path((tmp_path / 'last_checkpoint').read_text())
    number = int(last.stem.removeprefix('iter_'))
    log = succeed(
        'tools/train.py', CONFIG, '--work-dir', tmp_path, '--resume',
        *options(scenes, number + 2),
    )  # fmt: skip
    assert f'resumed epoch: 0, iter: {number}' in log
    assert f'Iter(train) [{number + 1}/{number + 2}]' in log


def test_amp_and_scaled_learning_rate(scenes, tmp_path):
    log = succeed(
        'tools/train.py', CONFIG, '--amp', '--auto-scale-lr',
        '--work-dir', tmp_path, *options(scenes),
    )  # fmt: skip
    assert 'Bf16OptimWrapper' in log
    assert 'Scaling the original LR by 0.5' in log
    state = torch.load(
        tmp_path / 'iter_2.pth', weights_only=False, map_location='cpu'
    )
    assert state['optimizer']['param_groups'][0]['initial_lr'] == 0.0005
    assert all(torch.isfinite(x).all() for x in state['state_dict'].values())


@pytest.mark.slow
def test_two_processes(trained, scenes, tmp_path):
    """Training with gloo, and testing to the figure of one process."""
    folder, log = trained
    tested = succeed(
        'tools/dist_test.sh', CONFIG, folder / 'iter_2.pth', 2,
        '--work-dir', tmp_path / 'test', *options(scenes),
    )  # fmt: skip
    assert miou(tested) == miou(log)

    trained_log = succeed(
        'tools/dist_train.sh', CONFIG, 2,
        '--work-dir', tmp_path / 'train', *options(scenes),
    )  # fmt: skip
    assert 'Distributed training: True' in trained_log
    assert 'SyncBN needs a GPU' in trained_log
    assert 'Iter(train) [2/2]' in trained_log
    assert (tmp_path / 'train' / 'iter_2.pth').exists()


def test_launchers_explain_themselves():
    for script in ('dist_train', 'dist_test', 'slurm_train', 'slurm_test'):
        text = fail(f'tools/{script}.sh')
        assert text.startswith('usage: ') and script in text


def test_slurm_passes_arguments_on(tmp_path):
    """A stand-in for srun shows what would be run."""
    srun = tmp_path / 'srun'
    srun.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    srun.chmod(0o755)
    env = os.environ | dict(
        PATH=f'{tmp_path}:{os.environ["PATH"]}',
        GPUS='4',
        SRUN_ARGS='--qos high --exclusive',
        PYTHON='python',
    )

    def show(*command):
        done = subprocess.run(
            ['bash', *command],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    lines = show(
        'tools/slurm_train.sh', 'gpu', 'name', CONFIG, 'dir with space',
        '--amp', '--cfg-options', 'a="[1, 2]"',
    )  # fmt: skip
    for expected in ('--gres=gpu:4', '--ntasks=4', '--qos', 'high'):
        assert expected in lines
    assert lines[lines.index('--work-dir') + 1] == 'dir with space'
    assert lines[-3:] == ['--amp', '--cfg-options', 'a="[1, 2]"']
    lines = show('tools/slurm_train.sh', 'gpu', 'name', CONFIG, '--amp')
    assert '--work-dir' not in lines and lines[-1] == '--amp'
    lines = show('tools/slurm_test.sh', 'p', 'n', CONFIG, 'x.pth', '--tta')
    assert lines[-5:] == [CONFIG, 'x.pth', '--launcher', 'slurm', '--tta']


# In place of the compiler, which takes a minute.
COMPILED = """
import runpy, sys, torch
def compile(function, mode=None, **options):
    print('compiled', mode, function.__qualname__)
    return function
torch.compile = compile
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.mark.slow
def test_compile_option(trained, scenes, tmp_path):
    checkpoint = trained[0] / 'iter_2.pth'
    tested = succeed(
        '-c', COMPILED, 'tools/test.py', CONFIG, checkpoint, '--work-dir',
        tmp_path, '--compile', 'reduce-overhead', *options(scenes),
    )  # fmt: skip
    assert 'compiled reduce-overhead UHRNet.forward' in tested
    assert 'compiled reduce-overhead FCNHead.forward' in tested
    assert miou(tested) == miou(trained[1])
    log = succeed(
        '-c', COMPILED, 'tools/train.py', CONFIG, '--work-dir', tmp_path,
        '--compile', *options(scenes, 1),
    )  # fmt: skip
    assert 'compiled None UHRNet.forward' in log
    assert 'Iter(train) [1/1]' in log
