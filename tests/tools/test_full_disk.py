"""A training whose disk is full."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from command_line import ROOT, data_options

CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'
# Two checkpoints of 160 MB go on the first disk, and not three.
SCENARIO = """
mount -t tmpfs -o size=400m tmpfs "$1" || exit 99
folder=$1; shift
echo "== full"; "$@"; echo "exit code $?"
echo "== left"; ls -A "$folder"; cat "$folder/last_checkpoint"; echo
mount -o remount,size=2g "$folder"
echo "== resumed"; "$@" resume=True; echo "exit code $?"
ls -A "$folder"
"""


def scenario(*command):
    """Run it where no other process sees the disk."""
    return subprocess.run(
        ['unshare', '-rm', 'bash', '-c', SCENARIO, 'bash', *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        env=os.environ | dict(OMP_NUM_THREADS='1'),
    )


@pytest.mark.slow
def test_full_disk(scenes, tmp_path):
    disk = tmp_path / 'disk'
    disk.mkdir()
    if not shutil.which('unshare') or scenario(disk, 'true').returncode == 99:
        pytest.skip('no disk of a limited size can be mounted here')
    done = scenario(
        disk, sys.executable, 'tools/train.py', CONFIG, '--work-dir', disk,
        *data_options(scenes),
        'train_dataloader.batch_size=2',
        'train_cfg.max_iters=4',
        'train_cfg.val_interval=100',
        'train_cfg.val_begin=100',
        'default_hooks.logger.interval=1',
        'default_hooks.checkpoint.interval=1',
    )  # fmt: skip
    text = done.stdout
    full, left, resumed = re.split('== .*\n', text)[1:]
    assert 'exit code 1' in full
    assert 'iter_3.pth could not be written, is the disk full?' in full
    assert 'iter_2.pth is intact: make room, then go on with --resume' in full
    assert {'iter_1.pth', 'iter_2.pth'} <= set(left.split())
    assert 'iter_3.pth' not in left and 'unfinished' not in left
    assert left.strip().endswith('iter_2.pth')
    assert 'resumed epoch: 0, iter: 2' in resumed
    assert 'Iter(train) [4/4]' in resumed
    assert 'exit code 0' in resumed and 'iter_4.pth' in resumed
