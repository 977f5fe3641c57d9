"""Run the tools as a user does: as processes, in a checkout."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_tool(*command, timeout=300, cwd=ROOT):
    """Run ``python command...`` or, for .sh files, ``bash command...``.

    Returns:
        The finished process, with both streams in ``stdout``.
    """
    command = [str(part) for part in command]
    program = 'bash' if command[0].endswith('.sh') else sys.executable
    return subprocess.run(
        [program, *command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        env=os.environ | dict(PYTHON=sys.executable, OMP_NUM_THREADS='1'),
    )


def succeed(*command, **kwargs):
    """Run a tool that has to end well; return what it printed."""
    done = run_tool(*command, **kwargs)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def succeed_together(*commands, **kwargs):
    """Run Python tools one after another in one process.

    Starting PyTorch and the toolboxes takes longer than most small runs.

    Returns:
        What each of them printed.
    """
    commands = [[str(part) for part in command] for command in commands]
    border = '----- next tool -----'
    output = succeed(
        '-c',
        'import runpy, sys\n'
        f'for command in {commands!r}:\n'
        '    sys.argv = command\n'
        "    runpy.run_path(command[0], run_name='__main__')\n"
        '    sys.stdout.flush(); sys.stderr.flush()\n'
        f'    print({border!r}, flush=True)\n',
        **kwargs,
    )
    outputs = output.split(border + '\n')[:-1]
    assert len(outputs) == len(commands)
    return outputs


def fail(*command, **kwargs):
    """Run a tool that has to end with an error; return its message."""
    done = run_tool(*command, **kwargs)
    assert done.returncode not in (0, None), done.stdout[-4000:]
    return done.stdout


def import_tool(monkeypatch, path):
    """Import a script, one of ours or of a host, as a module."""
    path = ROOT / path
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    # where its worker processes look for it
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return module


def call_tool(monkeypatch, module, *arguments):
    """Run an imported script in this process."""
    monkeypatch.setattr(sys, 'argv', [module.__file__, *map(str, arguments)])
    module.main()


def miou(output):
    """The mean IoU of the last evaluation in a log."""
    found = re.findall(r'mIoU: (\d+\.\d+)', output)
    assert found, output[-4000:]
    return float(found[-1])


def data_options(root):
    """``--cfg-options`` that read all data from ``root``, in one process."""
    splits = ('train', 'val', 'test')
    return (
        '--cfg-options',
        *(f'{x}_dataloader.dataset.data_root={root}' for x in splits),
        *(f'{x}_dataloader.num_workers=0' for x in splits),
        *(f'{x}_dataloader.persistent_workers=False' for x in splits),
    )
