"""Kill trainings at random moments, resume them, and compare the weights.

    python benchmarks/faults.py --runs 30 --seed 0

A short training (U-HRNet-W18-Small on rendered scenes, a checkpoint after
each iteration) runs once to its end. Then it is started again and again and
killed with SIGKILL: every second time at any moment from its start on, the
other times while a checkpoint is being written. ``--resume`` takes it to the
end, with another number of workers. The weights, the state of the optimiser
and the best figure have to be those of the first run, bit for bit.
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import torch

from uhrnet.checkpoint_file import UNFINISHED
from uhrnet.compat.checkpoint import load_checkpoint
from uhrnet.scenes import write_dataset

ROOT = Path(__file__).resolve().parents[1]
CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'
PATIENCE = 300


def start(
    work_dir: Path, data: Path, iterations: int, workers: int, resume: bool
) -> subprocess.Popen:
    """Start a training as a user does."""
    command = [
        *(sys.executable, 'tools/train.py', CONFIG),
        *('--work-dir', str(work_dir), *(['--resume'] if resume else [])),
        '--cfg-options',
        f'train_dataloader.dataset.data_root={data}',
        f'val_dataloader.dataset.data_root={data}',
        f'train_dataloader.num_workers={workers}',
        f'train_dataloader.persistent_workers={workers > 0}',
        'train_dataloader.batch_size=2',
        'val_dataloader.num_workers=0',
        'val_dataloader.persistent_workers=False',
        f'train_cfg.max_iters={iterations}',
        f'train_cfg.val_interval={iterations // 3}',
        'default_hooks.checkpoint.interval=1',
        'default_hooks.logger.interval=1',
    ]
    work_dir.mkdir(exist_ok=True)
    with open(work_dir / 'output.txt', 'a') as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | dict(OMP_NUM_THREADS='1', PYTHONUNBUFFERED='1'),
            start_new_session=True,
        )


def kill(process: subprocess.Popen) -> None:
    """Kill a training and its workers, as a cluster or a reboot does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for_writing(
    process: subprocess.Popen, folder: Path, nth: int
) -> None:
    """Return while the n-th checkpoint is being written."""
    seen = set()
    while process.poll() is None:
        # The number of the process is in the name, and the same for all.
        seen |= {path.name for path in folder.glob(f'.*{UNFINISHED}')}
        if len(seen) >= nth and any(folder.glob(f'.*{UNFINISHED}')):
            return
        time.sleep(0.001)


def final_state(folder: Path, iterations: int) -> dict:
    """Load what has to be equal of the last checkpoint."""
    checkpoint = load_checkpoint(folder / f'iter_{iterations}.pth')
    info = checkpoint['message_hub']['runtime_info']
    return dict(
        weights=checkpoint['state_dict'],
        optimizer=checkpoint['optimizer'],
        schedulers=checkpoint['param_schedulers'],
        best=(info['best_score'], Path(info['best_ckpt']).name),
    )


def are_equal(a: object, b: object) -> bool:
    """Compare nested states bit for bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(are_equal(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(are_equal, a, b))
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    return a == b


def describe(folder: Path) -> str:
    """Say what a killed training left."""
    log = (folder / 'output.txt').read_text()
    found = re.findall(r'Iter\(train\) \[ *(\d+)/', log)
    half = [*folder.glob(f'.*{UNFINISHED}')]
    return f'after iteration {found[-1] if found else 0:>2}' + (
        ', half a checkpoint' if half else ''
    )


def main() -> None:
    """Run, kill, resume and compare."""
    parser = argparse.ArgumentParser(description='Kill and resume trainings')
    parser.add_argument('--runs', type=int, default=30)
    parser.add_argument('--iterations', type=int, default=12)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    draw = random.Random(args.seed)
    print(f'seed {args.seed}', flush=True)
    good = 0
    with TemporaryDirectory() as temporary:
        root = Path(temporary)
        data = root / 'scenes'
        write_dataset(data, splits=dict(train=8, val=2), size=(64, 96))
        begin = time.monotonic()
        whole = start(root / 'whole', data, args.iterations, 0, False)
        if whole.wait(PATIENCE):
            sys.exit((root / 'whole' / 'output.txt').read_text()[-2000:])
        duration = time.monotonic() - begin
        expected = final_state(root / 'whole', args.iterations)
        print(f'uninterrupted: {duration:.1f} s', flush=True)
        for run in range(args.runs):
            folder = root / f'run{run}'
            process = start(folder, data, args.iterations, run % 3, False)
            if run % 2:
                wait_for_writing(process, folder, draw.randint(1, 8))
                time.sleep(draw.uniform(0, 0.02))
            else:
                time.sleep(draw.uniform(0, duration))
            kill(process)
            left = describe(folder)
            resumed = start(folder, data, args.iterations, (run + 1) % 3, True)
            code = resumed.wait(PATIENCE)
            same = code == 0 and are_equal(
                final_state(folder, args.iterations), expected
            )
            good += same
            log = (folder / 'output.txt').read_text()
            origin = re.findall(r'resumed epoch: 0, iter: (\d+)', log)
            print(
                f'{run + 1:>3}: killed {left}; resumed from '
                f'{origin[-1] if origin else "the start"}: '
                + ('identical' if same else f'DIFFERENT (exit code {code})'),
                flush=True,
            )
            if not same:
                print(log[-3000:])
    print(f'{good} of {args.runs} finished with identical weights')
    sys.exit(good != args.runs)


if __name__ == '__main__':
    main()
