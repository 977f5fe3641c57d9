"""Run the tools as a user does: as processes, in a checkout.

Importing PyTorch and the toolboxes takes longer than most small runs. So a
server process imports them once and is forked for every Python tool; what a
tool imports of this package it still imports itself. Shell scripts start
processes of their own.
"""

import gc
import importlib.util
import multiprocessing
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVER = multiprocessing.get_context('forkserver')
SERVER.set_forkserver_preload(['preloaded'])


def run_tool(*command, timeout=300, cwd=ROOT):
    """Run ``python command...`` or, for .sh files, ``bash command...``.

    Returns:
        The finished process, with both streams in ``stdout``.
    """
    command = [str(part) for part in command]
    if not command[0].endswith('.sh'):
        return _fork(SERVER, command, timeout, cwd)
    environment = dict(
        PYTHON=sys.executable, OMP_NUM_THREADS='1', PORT=str(free_port())
    )
    return subprocess.run(
        ['bash', *command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        env=os.environ | environment,
    )


def free_port():
    """Of this machine, as tests run side by side."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def fork_tool(*command, timeout=60, cwd=ROOT):
    """As ``run_tool``, faster: all that this process has imported is there."""
    command = [str(part) for part in command]
    return _fork(multiprocessing.get_context('fork'), command, timeout, cwd)


def _fork(context, command, timeout, cwd):
    with tempfile.NamedTemporaryFile('r', errors='replace') as output:
        process = context.Process(
            target=_be_tool, args=(command, str(cwd), output.name)
        )
        process.start()
        process.join(timeout)
        if process.is_alive():
            os.killpg(process.pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(command, timeout, output.read())
        return subprocess.CompletedProcess(
            command, process.exitcode, output.read()
        )


def _be_tool(command, cwd, output):
    """Become ``python command...``, in a process of one's own."""
    import torch

    os.setsid()
    file = os.open(output, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(file, stream)
    # In a fork of a test these would lead to what pytest captures.
    sys.stdout, sys.stderr = (
        os.fdopen(stream, 'w', buffering=1, closefd=False) for stream in (1, 2)
    )
    gc.freeze()  # what is imported, or collecting would copy all of it
    os.chdir(cwd)
    os.environ['OMP_NUM_THREADS'] = '1'
    torch.set_num_threads(1)
    script, *_ = sys.argv = command
    if script == '-c':
        code = sys.argv.pop(1)
        exec(code, dict(__name__='__main__'))
    else:
        sys.path.insert(0, str(Path(script).resolve().parent))
        runpy.run_path(script, run_name='__main__')


def succeed(*command, **kwargs):
    """Run a tool that has to end well; return what it printed."""
    done = run_tool(*command, **kwargs)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def succeed_in_turn(*commands, **kwargs):
    """Run one tool after another; return what each of them printed."""
    return [succeed(*command, **kwargs) for command in commands]


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


def options_without_page(root):
    """``data_options`` for a run whose page, which takes time, is not read."""
    return ('--no-report', *data_options(root))


def data_options(root):
    """``--cfg-options`` that read all data from ``root``, in one process."""
    splits = ('train', 'val', 'test')
    return (
        '--cfg-options',
        *(f'{x}_dataloader.dataset.data_root={root}' for x in splits),
        *(f'{x}_dataloader.num_workers=0' for x in splits),
        *(f'{x}_dataloader.persistent_workers=False' for x in splits),
    )
