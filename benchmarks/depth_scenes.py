"""U-HRNet and HRNet of equal cost learn the depth of rendered streets.

    python benchmarks/depth_scenes.py [--models uhrnet-w18-small] [--amp]

Renders scenes, trains each model on them from scratch as its config says, and
evaluates it on scenes that it has not seen, with mirror images and scales
too. Prints a row for each, and draws the predictions.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'projects'))

import torch
from mmengine.config import Config
from mmengine.fileio import load
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

import uhrnet.depth
import uhrnet.segmentation  # noqa: F401
from uhrnet.apis import measure_complexity
from uhrnet.scenes import write_dataset

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {'uhrnet-w18-small': 'uhrnet', 'hrnet-w18-small-v2': 'hrnet'}
SIZE = (96, 160)
SCENES = {'train': 1024, 'val': 64}
FIGURES = ('abs_rel', 'rmse', 'silog', 'a1', 'a2', 'a3')
TESTS = {'as it is': (), 'mirrored': ('--tta-flip',), 'scales': ('--tta',)}


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--models', nargs='+', choices=FOLDERS, default=[*FOLDERS]
    )
    parser.add_argument('--amp', action='store_true', help='bfloat16')
    parser.add_argument(
        '--test', action='store_true', help='the weights of an earlier run'
    )
    parser.add_argument(
        '--out', type=Path, default=Path('work_dirs/depth_scenes')
    )
    return parser.parse_args()


def run(*command: str) -> None:
    """Run a tool of this repository; show what it says if it fails."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        sys.exit(f'{" ".join(command)} failed:\n{done.stdout[-4000:]}')


def data_options(root: Path) -> list[str]:
    """Return ``--cfg-options`` that read the scenes."""
    loaders = ('train', 'val', 'test')
    return [
        '--cfg-options',
        *(f'{x}_dataloader.dataset.data_root={root}' for x in loaders),
    ]


def cost(config: str) -> str:
    """Return parameters, and multiply-adds at the scenes' size."""
    with torch.device('meta'):
        model = MODELS.build(Config.fromfile(ROOT / config).model)
    measured = measure_complexity(model, (1, 3, *SIZE))
    return f'{measured.params / 1e6:.1f}M, {measured.macs / 1e9:.2f} GMACs'


def main() -> None:
    """Render, train and test; print a row for each model and test."""
    args = parse_args()
    init_default_scope('mmseg')
    out = args.out.resolve()
    start = time.perf_counter()
    write_dataset(out / 'scenes', SCENES, SIZE)
    print(f'{SCENES} rendered in {time.perf_counter() - start:.0f} s')
    print(f'| model | cost | training | test | {" | ".join(FIGURES)} |')
    options = data_options(out / 'scenes')
    for model in args.models:
        (config,) = (
            str(path.relative_to(ROOT))
            for path in ROOT.glob(
                f'configs/{FOLDERS[model]}/depth_{model}_*_scenes-*.py'
            )
        )
        folder = out / model
        command = ['tools/train.py', config, '--work-dir', str(folder)]
        command += ['--amp'] * args.amp
        start = time.perf_counter()
        if not args.test:
            run(*command, *options)
        minutes = (time.perf_counter() - start) / 60
        weights = (folder / 'last_checkpoint').read_text()
        for name, more in TESTS.items():
            work_dir = folder / name.replace(' ', '-')
            if not more:
                more = ('--show-dir', str(folder / 'pictures'))
            run(
                'tools/test.py', config, weights, '--work-dir', str(work_dir),
                *more, *options,
            )  # fmt: skip
            (result,) = sorted(work_dir.glob('*/*.json'))[-1:]
            figures = load(result)
            cells = ' | '.join(f'{figures[x]:.4f}' for x in FIGURES)
            print(
                f'| {model} | {cost(config)} | {minutes:.1f} min | {name} | '
                f'{cells} |',
                flush=True,
            )


if __name__ == '__main__':
    main()
