"""How long a training takes to go on from iteration 100,000.

    python benchmarks/resume.py --rounds 3

Trains U-HRNet-W18-Small on rendered scenes for one iteration, writes another
iteration into its checkpoint, and measures the seconds from the start of a
process to the end of its first iteration, fresh and resumed in turn. Then the
same from an earlier iteration with the loop and the sampler of mmengine,
which loads all batches that were seen before, and how long that would take.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import torch

from uhrnet.compat.checkpoint import load_checkpoint
from uhrnet.scenes import write_dataset

ROOT = Path(__file__).resolve().parents[1]
CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'
HOST = (
    'train_cfg.type=IterBasedTrainLoop',
    'train_dataloader.sampler.type=InfiniteSampler',
)


def seconds_to_first_step(
    folder: Path, data: Path, iteration: int, *options: str
) -> float:
    """Start a training and measure until its first iteration is done."""
    resume = ['--resume'] if iteration else []
    command = [
        *(sys.executable, 'tools/train.py', CONFIG),
        *('--work-dir', str(folder), *resume, '--cfg-options'),
        f'train_dataloader.dataset.data_root={data}',
        f'val_dataloader.dataset.data_root={data}',
        f'train_cfg.max_iters={iteration + 1}',
        'train_cfg.val_begin=1000000',
        'default_hooks.logger.interval=1',
        *options,
    ]
    environment = dict(OMP_NUM_THREADS='1', PYTHONUNBUFFERED='1')
    begin, said = time.monotonic(), ''
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | environment,
    ) as process:
        first = None
        for line in process.stdout:
            said += line
            if first is None and f'Iter(train) [{iteration + 1}/' in line:
                first = time.monotonic() - begin
    if process.returncode or first is None:
        sys.exit(said[-3000:])
    return first


def pretend(folder: Path, iteration: int) -> None:
    """Let the checkpoint of a first iteration be of another one."""
    checkpoint = load_checkpoint(folder / 'iter_1.pth')
    checkpoint['meta']['iter'] = iteration
    path = folder / f'iter_{iteration}.pth'
    torch.save(checkpoint, path)
    (folder / 'last_checkpoint').write_text(str(path))


def main() -> None:
    """Measure in turn."""
    parser = argparse.ArgumentParser(description='Time to resume')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--iteration', type=int, default=100_000)
    parser.add_argument('--host-iteration', type=int, default=200)
    args = parser.parse_args()
    with TemporaryDirectory() as temporary:
        root = Path(temporary)
        data, folder = root / 'scenes', root / 'run'
        write_dataset(data, splits=dict(train=64, val=2), size=(192, 320))
        seconds_to_first_step(folder, data, 0)  # reads libraries from the disk
        fresh, resumed, host = [], [], []
        for _ in range(args.rounds):
            fresh.append(seconds_to_first_step(folder, data, 0))
            pretend(folder, args.iteration)
            resumed.append(seconds_to_first_step(folder, data, args.iteration))
            pretend(folder, args.host_iteration)
            host.append(
                seconds_to_first_step(folder, data, args.host_iteration, *HOST)
            )
    fresh, resumed, host = map(statistics.median, (fresh, resumed, host))
    print(f'fresh start: first iteration done after {fresh:.1f} s')
    print(f'resumed at iteration {args.iteration:,}: {resumed:.1f} s')
    rate = (host - fresh) / args.host_iteration
    print(
        f'mmengine, resumed at iteration {args.host_iteration:,}: {host:.1f} '
        f's, {1000 * rate:.0f} ms for each batch seen before, so '
        f'{rate * args.iteration / 60:.0f} minutes at {args.iteration:,}'
    )


if __name__ == '__main__':
    main()
