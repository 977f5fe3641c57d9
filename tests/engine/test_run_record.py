"""What is recorded beside a log."""

import json
import subprocess
import sys

import torch

import uhrnet
from uhrnet.engine import run_record
from uhrnet.engine.run_record import git_revision, hardware, record_run


def test_a_record(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['tools/train.py', 'a b.py', '--amp'])
    record_run(tmp_path)
    record = json.loads((tmp_path / 'run_record.json').read_text())
    assert record == {
        'command': "python tools/train.py 'a b.py' --amp",
        'git revision': git_revision(),
        'hardware': hardware(),
    }


def test_hardware(monkeypatch):
    assert f', {torch.get_num_threads()} threads' in hardware()
    monkeypatch.setattr(run_record, 'get_world_size', lambda: 4)
    assert ', 4 processes of ' in hardware()
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'get_device_name', lambda: 'NVIDIA H200')
    assert hardware() == '4 x NVIDIA H200'


def test_revisions(tmp_path, monkeypatch):
    """Of this checkout alone, not of a repository around an installation."""
    package = tmp_path / 'projects/uhrnet'
    package.mkdir(parents=True)
    file = package / '__init__.py'
    file.write_text('1')
    monkeypatch.setattr(uhrnet, '__file__', str(file))
    version = f'version {uhrnet.__version__}'
    assert git_revision() == version
    git = ['git', '-C', str(tmp_path), '-c', 'user.name=a', '-c']
    for command in (
        ['init', '-q'],
        ['add', '.'],
        ['commit', '-q', '-m', 'a'],
    ):
        subprocess.run([*git, 'user.email=a@b', *command], check=True)
    clean = git_revision()
    assert len(clean) == 12 and int(clean, 16) >= 0
    file.write_text('2')
    assert git_revision() == f'{clean}-dirty'
    inner = tmp_path / 'venv/projects/uhrnet'
    inner.mkdir(parents=True)
    monkeypatch.setattr(uhrnet, '__file__', str(inner / '__init__.py'))
    assert git_revision() == version
