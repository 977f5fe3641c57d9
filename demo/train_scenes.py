"""From nothing to predictions: render, train, evaluate, draw.

    make demo

Renders the built-in scenes to data/scenes, trains U-HRNet-W18-Small on 64 of
them, evaluates it on the 16 it has not seen, and draws image, truth and
prediction side by side. Minutes on two CPU cores. Everything is written to
the current folder.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFIG = 'fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320'
WORK_DIR = 'work_dirs/demo'


def run(tool: str, *arguments: str) -> None:
    """Show a command as a user would type it, and run it."""
    command = [os.path.relpath(ROOT / tool), *arguments]
    print(f'\n$ python {" ".join(command)}', flush=True)
    threads = dict(OMP_NUM_THREADS=str(os.cpu_count()))
    subprocess.run(
        [sys.executable, *command], env=threads | os.environ
    ).check_returncode()


def main() -> None:
    """Run the four steps."""
    start = time.perf_counter()
    shutil.rmtree(WORK_DIR, ignore_errors=True)
    run('tools/dataset_converters/scenes.py', 'data/scenes')
    run('tools/train.py', CONFIG, '--work-dir', WORK_DIR)
    checkpoint = str(max(Path(WORK_DIR).glob('best_mIoU_iter_*.pth')))
    pictures = f'{WORK_DIR}/pictures'
    run(
        'tools/test.py', CONFIG, checkpoint,
        '--work-dir', WORK_DIR, '--show-dir', pictures,
    )  # fmt: skip
    drawn = sorted(Path(pictures).rglob('*.png'))
    if not drawn:
        sys.exit(f'no pictures were written to {pictures}')
    print(
        f'\nDone in {(time.perf_counter() - start) / 60:.1f} minutes.\n'
        f'Weights:  {checkpoint}\n'
        f'Pictures: {drawn[0].parent} ({len(drawn)}; each '
        'shows image, truth, prediction)'
    )


if __name__ == '__main__':
    main()
