"""How tools end: with a message, or with a traceback."""

import logging
import os
import subprocess
import sys

import pytest
from command_line import ROOT, run_tool
from mmengine.logging import MMLogger
from mmengine.registry import Registry
from torch._utils import ExceptionWrapper

from uhrnet import command_line
from uhrnet.compat.checkpoint import CheckpointError
from uhrnet.errors import (
    ConfigError,
    DataError,
    MissingLibraryError,
    UserError,
)

THINGS = Registry('thing')


@THINGS.register_module()
class Thing:
    def __init__(self, size):
        self.size = {}[size]


def raised(function, *arguments):
    with pytest.raises(Exception) as error:
        function(*arguments)
    return error.value


def explain(function, *arguments):
    return command_line.explain(raised(function, *arguments))


def fail_with(error):
    def main():
        raise error

    return main


@pytest.mark.parametrize(
    'kind', [ConfigError, DataError, MissingLibraryError, CheckpointError]
)
def test_declared_errors_end_with_their_message(kind, capsys, monkeypatch):
    monkeypatch.delenv(command_line.TRACEBACK, raising=False)
    with pytest.raises(SystemExit) as stop:
        command_line.run(fail_with(kind('a.png is bad: replace it')))
    assert stop.value.code == 1
    assert capsys.readouterr().err == 'error: a.png is bad: replace it\n'


def test_they_are_what_they_were():
    """Who calls the package from Python may rely on it."""
    assert issubclass(DataError, ValueError) and issubclass(
        ConfigError, ValueError
    )
    assert issubclass(MissingLibraryError, ImportError)
    assert issubclass(CheckpointError, RuntimeError)
    assert not issubclass(ValueError, UserError)


@pytest.mark.parametrize(
    'error', [ValueError('x'), KeyError('x'), RuntimeError('x'), TypeError()]
)
def test_faults_of_the_program_keep_their_traceback(error):
    with pytest.raises(type(error)) as found:
        command_line.run(fail_with(error))
    assert found.value is error


def test_a_traceback_on_demand(monkeypatch, capsys):
    monkeypatch.setenv(command_line.TRACEBACK, '1')
    with pytest.raises(DataError, match='a file'):
        command_line.run(fail_with(DataError('a file')))
    monkeypatch.setenv(command_line.TRACEBACK, '0')
    with pytest.raises(SystemExit):
        command_line.run(fail_with(DataError('a file')))
    assert capsys.readouterr().err == 'error: a file\n'


@pytest.mark.parametrize('error', [DataError, CheckpointError])
def test_errors_of_worker_processes(error):
    text = 'a.png is bad:\n  one\n  two'
    try:
        try:
            raise OSError('an inner one')
        except OSError as inner:
            raise error(text) from inner
    except error:
        # what torch sends from one to the other
        wrapped = ExceptionWrapper(where='in DataLoader worker process 0')
    found = raised(wrapped.reraise)
    assert 'Original Traceback' in str(found)
    assert command_line.explain(found) == text


def test_files_and_disks(tmp_path):
    said = explain(open, tmp_path / 'none')
    assert said.startswith(f'{tmp_path}/none: No such file or directory')
    assert 'UHRNET_TRACEBACK=1 shows' in said
    # what the package itself says needs no more
    said = explain(fail_with(FileNotFoundError('a.pth: get it there')))
    assert said == 'a.pth: get it there'


@pytest.mark.parametrize(
    'cfg, said',
    [
        (dict(type='Thin'), '::thing registry. Correct the type.'),
        (dict(type='Thing', sise=1), "unexpected keyword argument 'sise'"),
        (dict(type='Thing'), "required positional argument: 'size'"),
    ],
)
def test_what_a_config_names_wrongly(cfg, said):
    assert said in explain(THINGS.build, cfg)


def test_faults_inside_of_what_a_config_names():
    assert explain(THINGS.build, dict(type='Thing', size=1)) is None
    assert explain(Thing) is None, 'no config is to blame'


def test_log_files_end_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(MMLogger, '_instance_dict', {})
    path = tmp_path / 'run.log'
    logger = MMLogger.get_instance('run', log_file=str(path))
    with pytest.raises(SystemExit):
        command_line.run(fail_with(DataError('a file')))
    for handler in logger.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.close()
    assert path.read_text().endswith('error: a file\n')


def test_every_process_says_which_it_is(monkeypatch, capsys):
    monkeypatch.setenv('RANK', '1')
    monkeypatch.setenv('WORLD_SIZE', '4')
    with pytest.raises(SystemExit):
        command_line.run(fail_with(DataError('a file')))
    assert capsys.readouterr().err == 'error (rank 1 of 4): a file\n'


SEVERAL = """
import torch
from uhrnet.command_line import run
from uhrnet.errors import DataError

def main():
    torch.distributed.init_process_group(
        'gloo', init_method={store!r}, rank=0, world_size=1
    )
    print('on the way')
    raise DataError('a file')

run(main)
"""


def test_a_process_of_several_ends(tmp_path):
    done = run_tool('-c', SEVERAL.format(store=f'file://{tmp_path}/store'))
    assert done.returncode == 1
    assert done.stdout.splitlines() == ['on the way', 'error: a file']


def test_it_costs_no_import():
    """Converters of data sets need neither torch nor mmengine for it."""
    code = (
        'import sys, uhrnet.command_line\n'
        "assert not {'torch', 'mmengine'} & sys.modules.keys()"
    )
    environment = os.environ | dict(PYTHONPATH=str(ROOT / 'projects'))
    subprocess.run([sys.executable, '-c', code], check=True, env=environment)
