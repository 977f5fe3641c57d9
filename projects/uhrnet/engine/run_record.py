"""What a log does not say of a training, beside it: command, code, machine."""

import json
import platform
import re
import shlex
import subprocess
import sys
from pathlib import Path

import torch
from mmengine.dist import get_world_size, master_only

import uhrnet

RECORD = 'run_record.json'


@master_only
def record_run(folder: str | Path) -> None:
    """Write command, git revision and hardware of this process.

    The leaderboard reads them (``tools/analysis_tools/leaderboard.py``).

    Args:
        folder: Where the log of this start is.
    """
    path = Path(folder) / RECORD
    path.write_text(json.dumps(describe_run(), indent=1) + '\n')


def describe_run() -> dict[str, str]:
    """Return command, git revision and hardware of this process."""
    return {
        'command': shlex.join(['python', *sys.argv]),
        'git revision': git_revision(),
        'hardware': hardware(),
    }


def git_revision() -> str:
    """Return the commit of this code, or the version of what is installed.

    ``-dirty`` follows if files of the commit were changed.
    """
    root = Path(uhrnet.__file__).resolve().parents[2]
    try:
        top, head = _git(root, 'rev-parse', '--show-toplevel', 'HEAD')
        if Path(top).resolve() == root:  # and not of what is around it
            changes = _git(
                root, 'status', '--porcelain', '--untracked-files=no'
            )
            return f'{head[:12]}{"-dirty" if changes else ""}'
    except (OSError, subprocess.CalledProcessError):
        pass  # no git, or no checkout
    return f'version {uhrnet.__version__}'


def hardware() -> str:
    """Name the processors that this training uses."""
    processes = get_world_size()
    if torch.cuda.is_available():
        return f'{processes} x {torch.cuda.get_device_name()}'
    threads = f'{torch.get_num_threads()} threads'
    many = f'{processes} processes of ' if processes > 1 else ''
    return f'CPU ({_processor()}), {many}{threads}'


def _processor() -> str:
    info = Path('/proc/cpuinfo')
    if info.exists():
        found = re.search(r'^model name\s*: (.*)$', info.read_text(), re.M)
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def _git(root: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        ['git', '-C', str(root), *arguments],
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.splitlines()
