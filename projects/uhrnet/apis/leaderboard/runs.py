"""What a finished training left in its work dir."""

import hashlib
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config

from uhrnet.engine.run_record import RECORD
from uhrnet.errors import DataError

from .benchmarks import benchmark_of
from .figures import METRICS, join_name

UNKNOWN = 'not recorded'
_STAMP = '%Y/%m/%d %H:%M:%S'
_LINE = re.compile(r'(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) - ')
# Of a config, what changes with the machine or the seed, or after training.
_NOT_HASHED = (
    'data_root',
    'launcher',
    'num_workers',
    'persistent_workers',
    'randomness',
    'resume',
    'test_evaluator',
    'val_evaluator',
    'vis_backends',
    'visualizer',
    'work_dir',
)


class Run(NamedTuple):
    """A finished training.

    Attributes:
        config: Name of its config.
        entry: It, as a row of a metafile lists it.
    """

    config: str
    entry: dict


class NoRun(DataError):
    """A folder without a training, or one that has not reached its end."""


def read_run(folder: Path) -> Run:
    """Read a work dir of ``tools/train.py``.

    Evaluations below it, by ``tools/test.py --work-dir FOLDER/anything``,
    count as well. What neither logs nor ``run_record.json`` say is stated as
    not recorded.

    Args:
        folder: The work dir.

    Raises:
        NoRun: If no training has reached its end there.
        DataError: If what is there cannot be read as one.
    """
    starts = _starts(folder)
    cfg = Config.fromfile(starts[-1] / 'vis_data/config.py')
    name = _config_name(folder)
    logs = [path.read_text() for start in starts for path in _logs(start)]
    scalars = [line for start in starts for line in _scalars(start)]
    steps = [line['step'] for line in scalars if 'lr' in line]
    epochs = [line['epoch'] for line in scalars if 'epoch' in line]
    wanted = cfg.train_cfg.get('max_iters') or cfg.train_cfg.max_epochs
    done = max(steps if 'max_iters' in cfg.train_cfg else epochs, default=0)
    if done < wanted:
        raise NoRun(f'{folder}: unfinished, {done} of {wanted}')
    record = _record(starts[-1])
    entry = {
        'Seed': _seed(cfg, logs[-1]),
        'Command': record.get('command', UNKNOWN),
        'Hardware': record.get('hardware') or _hardware(logs[-1]),
        'Git Revision': record.get('git revision', UNKNOWN),
        'Config Hash': config_hash(cfg),
        'Iterations': _iterations(logs[-1], steps, cfg),
        'Duration': str(sum(map(_duration, logs), timedelta())),
        'Log': _summary(scalars),
        'Figures': _figures(folder, name, scalars),
    }
    return Run(name, entry)


def config_hash(cfg: Config) -> str:
    """Return 12 hexadecimal digits that equal recipes share.

    Seed, work dir, data folders and workers do not count.
    """
    content = json.dumps(_without(cfg.to_dict()), sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _starts(folder: Path) -> list[Path]:
    """Folders of the starts that make up a training, the first one first."""
    starts = sorted(
        path.parent.parent
        for path in folder.glob('*/vis_data/scalars.json')
        if any('lr' in line for line in _scalars(path.parent.parent))
    )
    if not starts:
        raise NoRun(
            f'{folder} is no work dir of a training: it has no '
            '*/vis_data/scalars.json with losses'
        )
    anew = 0  # one that did not resume begins again
    for index, start in enumerate(starts):
        if not Config.fromfile(start / 'vis_data/config.py').get('resume'):
            anew = index
    return starts[anew:]


def _config_name(folder: Path) -> str:
    found = [path.stem for path in folder.glob('*.py')]
    if len(found) != 1:
        raise DataError(
            f'{folder} must hold the one config of its run, and has '
            f'{len(found)}'
        )
    return found[0]


def _scalars(start: Path) -> list[dict]:
    text = (start / 'vis_data/scalars.json').read_text()
    return [json.loads(line) for line in text.splitlines() if line]


def _logs(start: Path) -> list[Path]:
    logs = sorted(start.glob('*.log'))
    if not logs:
        raise DataError(f'{start} has no log')
    return logs[:1]  # that of the first process


def _record(start: Path) -> dict:
    path = start / RECORD
    return json.loads(path.read_text()) if path.exists() else {}


def _seed(cfg: Config, log: str) -> int | str:
    found = re.search(r'^    seed: (\d+)$', log, re.M)
    if found:
        return int(found[1])
    return cfg.get('randomness', {}).get('seed', UNKNOWN)


def _hardware(log: str) -> str:
    """Read GPUs, or that there were none, from the log's environment."""
    gpus = re.findall(r'^    GPU ([\d,]+): (.*)$', log, re.M)
    if gpus:
        kinds = ', '.join(
            f'{len(indices.split(","))} x {kind}' for indices, kind in gpus
        )
        used = re.search(r'^    GPU number: (\d+)$', log, re.M)
        return f'{kinds} in the machine, {used[1] if used else "?"} used'
    kind = re.search(r'CPU capability usage: (\S+)', log)
    return f'CPU ({kind[1] if kind else "kind"}), model {UNKNOWN}'


def _iterations(log: str, steps: list[int], cfg: Config) -> int:
    """Not every iteration is logged: of an epoch, its length is."""
    length = re.search(r'Epoch\(train\)\s+\[\d+\]\[\s*\d+/(\d+)\]', log)
    if length and 'max_epochs' in cfg.train_cfg:
        return int(length[1]) * cfg.train_cfg.max_epochs
    return max(steps)


def _duration(log: str) -> timedelta:
    stamps = _LINE.findall(log)
    first, last = (
        datetime.strptime(stamps[index], _STAMP) for index in (0, -1)
    )
    return last - first


def _summary(scalars: list[dict]) -> str:
    losses = [
        (line['step'], line['loss']) for line in scalars if 'loss' in line
    ]
    picked = [losses[0], losses[len(losses) // 2], losses[-1]]
    shown = ', '.join(f'{loss:.3f} ({step})' for step, loss in picked)
    seconds = sorted(line['time'] for line in scalars if 'loss' in line)
    return f'loss (iteration) {shown}; {seconds[len(seconds) // 2]:.2f} s each'


def _figures(folder: Path, name: str, scalars: list[dict]) -> dict:
    """Figures by data set: the last evaluation, and those of the tests."""
    benchmark = benchmark_of(name)
    evaluations = [line for line in scalars if 'lr' not in line]
    figures = {}
    if evaluations:
        figures[benchmark.val] = _metrics(evaluations[-1], '')
    for path in sorted(folder.glob('*/*/*.json')):
        content = path.read_text().strip()
        if path.stem != path.parent.name or '\n' in content:
            continue
        cfg = Config.fromfile(path.parents[1] / f'{name}.py')
        of_val = _images(cfg.test_dataloader) == _images(cfg.val_dataloader)
        data = benchmark.val if of_val else benchmark.test
        metrics = _metrics(json.loads(content), _mode(cfg))
        figures[data] = figures.get(data, {}) | metrics
    return {data: metrics for data, metrics in figures.items() if metrics}


def _metrics(logged: dict, mode: str) -> dict:
    return {
        join_name(name, mode): round(
            logged[metric.logged] * metric.scale, metric.digits
        )
        for name, metric in METRICS.items()
        if metric.logged in logged
    }


def _images(loader: dict) -> tuple:
    dataset = loader.dataset
    return dataset.get('ann_file'), str(dataset.get('data_prefix'))


def _mode(cfg: Config) -> str:
    """How images were averaged, by the pipeline that tested."""
    for step in cfg.test_dataloader.dataset.pipeline:
        if step.type == 'TestTimeAug':
            scaled = any(
                len({str(option) for option in options}) > 1
                and options[0].type != 'RandomFlip'
                for options in step.transforms
            )
            return 'ms+flip' if scaled else 'flip'
    return ''


def _without(node: object) -> object:
    if isinstance(node, dict):
        return {
            k: _without(v) for k, v in node.items() if k not in _NOT_HASHED
        }
    if isinstance(node, list | tuple):
        return [_without(child) for child in node]
    return node
