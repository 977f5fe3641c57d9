"""Jobs that a cluster stops, and that go on."""

import os
import signal
import subprocess
import sys
import time

import pytest
from command_line import ROOT, data_options, free_port, succeed

CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'


@pytest.fixture
def cluster(tmp_path):
    """Stand-ins for srun and scontrol that write down their arguments."""
    calls = tmp_path / 'calls'
    for name, ends in (('srun', '75 75 0'), ('scontrol', '0')):
        tool = tmp_path / name
        tool.write_text(
            '#!/bin/bash\n'
            f'echo {name} "$@" >> {calls}\n'
            f'ends=({ends})\n'
            f'exit ${{ends[$(($(grep -c ^{name} {calls}) - 1))]}}\n'
        )
        tool.chmod(0o755)

    def submit(**environment):
        done = subprocess.run(
            ['bash', 'tools/slurm_train.sh', 'p', 'n', CONFIG, '--amp'],
            cwd=ROOT,
            env=os.environ
            | dict(PATH=f'{tmp_path}:{os.environ["PATH"]}', **environment),
            capture_output=True,
            text=True,
        )
        return done.returncode, calls.read_text().splitlines()

    return submit


def test_a_job_is_started_again_until_it_ends(cluster):
    code, calls = cluster(REQUEUE='1', GRACE='60')
    assert code == 0 and len(calls) == 3 and len(set(calls)) == 1
    assert '--signal=USR1@60' in calls[0]
    assert calls[0].endswith('--launcher slurm --resume --amp')


def test_a_batch_job_is_requeued(cluster):
    code, calls = cluster(REQUEUE='1', SLURM_JOB_ID='42')
    assert code == 75
    assert [x.split()[0] for x in calls] == ['srun', 'scontrol']
    assert calls[1] == 'scontrol requeue 42'


def test_nobody_asked_to_requeue(cluster):
    code, calls = cluster()
    assert code == 75 and len(calls) == 1
    assert '--resume' not in calls[0] and '--signal' not in calls[0]


@pytest.mark.slow
@pytest.mark.parametrize('processes', [1, 2])
def test_a_signal_saves_and_the_job_goes_on(processes, scenes, tmp_path):
    """One process gets it from the cluster, several from their launcher."""
    work_dir = tmp_path / 'run'
    options = (
        '--work-dir', str(work_dir),
        *data_options(scenes),
        'train_dataloader.batch_size=2',
        'train_cfg.val_interval=10000',
        'default_hooks.logger.interval=1',
        'default_hooks.checkpoint.interval=10000',
    )  # fmt: skip
    command = {
        1: [sys.executable, 'tools/train.py', CONFIG],
        2: ['bash', 'tools/dist_train.sh', CONFIG, '2'],
    }[processes]
    environment = dict(
        PYTHON=sys.executable,
        OMP_NUM_THREADS='1',
        PORT=str(free_port()),
        PYTHONUNBUFFERED='1',
    )
    output = tmp_path / 'output.txt'
    with output.open('w') as file:
        job = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=os.environ | environment,
        )
    try:
        deadline = time.monotonic() + 240
        while 'Iter(train) [  3/' not in output.read_text():
            assert time.monotonic() < deadline, output.read_text()[-3000:]
            assert job.poll() is None, output.read_text()[-3000:]
            time.sleep(0.1)
        job.send_signal(signal.SIGTERM)
        code = job.wait(60)
    finally:
        job.kill()
    text = output.read_text()
    assert text.count('SIGTERM: saved') == 1
    assert code == (75 if processes == 1 else 1), text[-3000:]
    saved = int(text.split('after iteration ')[1].split(',')[0])
    resumed = succeed(
        *command[1:], '--resume', *options, f'train_cfg.max_iters={saved + 1}'
    )
    assert f'resumed epoch: 0, iter: {saved}' in resumed
    assert f'Iter(train) [{saved + 1}/{saved + 1}]' in resumed
