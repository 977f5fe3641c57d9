"""Find the checkpoint that a training can go on from."""

import logging
import os
from pathlib import Path

from mmengine.logging import print_log

from uhrnet.compat.checkpoint import CheckpointError, check_complete

# Saved when a training is told to stop, by PreemptionHook.
INTERRUPTED = 'interrupted.pth'
_LAST = 'last_checkpoint'
_PATTERNS = ('iter_*.pth', 'epoch_*.pth', INTERRUPTED)


def find_complete_checkpoint(work_dir: str | Path) -> str | None:
    """Return the newest checkpoint of a training whose contents are whole.

    That is the one named by the file ``last_checkpoint`` or, if it is
    damaged or missing, the latest of the others. Each one that is passed
    over gives a warning.

    Args:
        work_dir: Folder of the training.

    Returns:
        Its path; None if the folder has no checkpoint at all.

    Raises:
        CheckpointError: If there are checkpoints and all of them are damaged.
    """
    candidates = _candidates(Path(work_dir))
    damaged = []
    for path in candidates:
        # Storage elsewhere has checksums of its own.
        if '://' in path:
            return path
        try:
            check_complete(path)
        except (CheckpointError, OSError) as error:
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


def _candidates(folder: Path) -> list[str]:
    """The last checkpoint first, then others, latest first."""
    found = []
    last = folder / _LAST
    if last.is_file():
        # A kill may leave the file empty.
        name = last.read_text(errors='replace').strip()
        if name:
            # Of a folder that was moved, the file is here.
            moved = folder / os.path.basename(name)
            found.append(name if os.path.exists(name) else str(moved))
            if '://' in name:
                found[-1] = name
    others = [path for x in _PATTERNS for path in folder.glob(x)]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    known = {os.path.abspath(path) for path in found}
    found += [str(x) for x in others if os.path.abspath(x) not in known]
    return found
