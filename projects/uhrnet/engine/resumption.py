"""Find the checkpoint that a training can go on from."""

import logging
import os
import re
from pathlib import Path

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.logging import print_log

from uhrnet.compat.checkpoint import (
    CheckpointError,
    check_complete,
    load_checkpoint,
)

# Saved when a training is told to stop, by PreemptionHook.
INTERRUPTED = 'interrupted.pth'
_LAST = 'last_checkpoint'


def find_complete_checkpoint(
    work_dir: str | Path,
    out_dir: str | Path | None = None,
    template: str = 'iter_{}.pth',
) -> str | None:
    """Return the newest checkpoint of a training whose contents are whole.

    That is the one named by the file ``last_checkpoint`` or, if it is
    damaged or missing, the latest of the others. Each one that is passed
    over gives a warning. Of several processes the first one looks, so that
    all of them take the same.

    Args:
        work_dir: Folder of the training.
        out_dir: Folder of its checkpoints, by default the same.
        template: Their names, with ``{}`` for the iteration or epoch.

    Returns:
        Its path; None if there is no checkpoint at all.

    Raises:
        CheckpointError: If there are checkpoints and all of them are damaged.
        OSError: If one cannot be read.
    """
    found = [None]
    if is_main_process():
        try:
            found[0] = _find(Path(work_dir), out_dir or work_dir, template)
        except (CheckpointError, OSError) as error:
            found[0] = error
    broadcast_object_list(found)
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def _find(work_dir: Path, out_dir: str | Path, template: str) -> str | None:
    damaged = []
    for path in _candidates(work_dir, out_dir, template):
        # Storage elsewhere has checksums of its own.
        if '://' in path:
            return path
        try:
            check_complete(path)
        except (CheckpointError, FileNotFoundError) as error:
            print_log(
                f'Not resuming from {path}: {error}',
                logger='current',
                level=logging.WARNING,
            )
            damaged.append(path)
        else:
            return path
    if damaged:
        raise CheckpointError(
            f'no checkpoint in {work_dir} can be resumed, all are damaged: '
            f'{", ".join(damaged)}. Name another one with --resume '
            'CHECKPOINT, or start anew without --resume'
        )
    return None


def _candidates(
    work_dir: Path, out_dir: str | Path, template: str
) -> list[str]:
    """The last checkpoint first, then others, latest first."""
    found = []
    last = work_dir / _LAST
    # A kill may leave the file empty.
    name = last.read_text(errors='replace').strip() if last.is_file() else ''
    if name and not os.path.exists(name) and '://' not in name:
        # Of a folder that was moved, the file is here.
        name = str(work_dir / os.path.basename(name))
    if name:
        found.append(name)
    if '://' not in str(out_dir):
        known = {os.path.abspath(path) for path in found}
        others = _by_age(Path(out_dir), template)
        found += [x for x in others if os.path.abspath(x) not in known]
    return found


def _by_age(folder: Path, template: str) -> list[str]:
    """Checkpoints in a folder by the numbers in their names, latest first."""
    before, _, behind = template.partition('{}')
    pattern = re.compile(f'{re.escape(before)}(\\d+){re.escape(behind)}')
    ages = {}
    for path in folder.glob('*'):
        match = pattern.fullmatch(path.name)
        if match:
            ages[str(path)] = (int(match[1]), False)
    interrupted = folder / INTERRUPTED
    if interrupted.is_file():
        ages[str(interrupted)] = (_number(interrupted, before), True)
    return sorted(ages, key=ages.get, reverse=True)


def _number(path: Path, before: str) -> int:
    """The number that an ordinary checkpoint would have in its name."""
    try:
        meta = load_checkpoint(str(path))['meta']
        return int(meta['epoch' if 'epoch' in before else 'iter'])
    except (CheckpointError, KeyError, TypeError, ValueError):
        return -1
