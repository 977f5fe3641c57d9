"""The models of this package: their names, tasks and metafile rows."""

import ast
import fnmatch
import functools
from pathlib import Path

from uhrnet.engine.config_lookup import FOLDERS, all_configs
from uhrnet.errors import ConfigError

from .leaderboard.metafile import Metafile

TASKS = dict(
    default_runtime_seg='segmentation',
    default_runtime_depth='depth',
    default_runtime_det='detection',
)


def list_models(pattern: str = '*', task: str | None = None) -> list[str]:
    """Return the names of this package's configs.

    Args:
        pattern: As of files, for example ``'*uhrnet*camvid*'``; small and
            capital letters are the same.
        task: ``'segmentation'``, ``'depth'`` or ``'detection'`` alone.

    Raises:
        ConfigError: If there is no such task.
    """
    if task is not None and task not in TASKS.values():
        raise ConfigError(
            f'there is no task {task!r}: tasks are {", ".join(TASKS.values())}'
        )
    return [
        name
        for name, path in sorted(all_configs().items())
        if fnmatch.fnmatchcase(name.lower(), pattern.lower())
        and task in (None, task_of_config(path))
    ]


def task_of_config(path: Path) -> str | None:
    """Return the task of a config by what it inherits, without running it."""
    for base in _bases(path.resolve()):
        task = TASKS.get(base.stem) or task_of_config(base)
        if task is not None:
            return task
    return None


@functools.cache
def _bases(path: Path) -> list[Path]:
    for step in ast.parse(path.read_text()).body:
        if (
            isinstance(step, ast.Assign)
            and ast.unparse(step.targets[0]) == '_base_'
        ):
            names = ast.literal_eval(step.value)
            names = [names] if isinstance(names, str) else names
            return [(path.parent / name).resolve() for name in names]
    return []


def model_rows() -> dict[str, dict]:
    """Return what the metafiles say of the configs, by their names."""
    return {
        row['Name']: row
        for folder in FOLDERS
        for path in sorted(folder.glob('[!_]*/metafile.yml'))
        for row in Metafile(path).models
    }


def published_weights(name: str) -> str:
    """Return the address of a config's weights.

    Raises:
        ConfigError: If none are published. It says what else there is.
    """
    address = model_rows().get(name, {}).get('Weights')
    if address:
        return address
    found = sorted(Path('work_dirs', name).glob('*.pth'))
    here = (
        f'of yours there are {", ".join(map(str, found))}'
        if found
        else f'work_dirs/{name} has no checkpoint of yours'
    )
    raise ConfigError(
        f'no weights are published for {name}: give weights (--weights). '
        f'Official ones can be converted, see docs/official_weights.md; {here}'
    )
