"""The program as a whole."""

import io
import os
import subprocess
import sys

import pytest
from config_files import ROOT

from uhrnet.console import main
from uhrnet.version import __version__


def run_python(code):
    done = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        env=os.environ | dict(PYTHONPATH=str(ROOT / 'projects')),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize('arguments', [['--help'], ['predict', '--help']])
def test_help_imports_nothing_heavy(arguments):
    out = run_python(
        'import sys\n'
        'from uhrnet.console import main\n'
        'try:\n'
        f'    main({arguments})\n'
        'except SystemExit:\n'
        '    pass\n'
        "heavy = 'torch mmengine mmcv numpy cv2 rich gradio'.split()\n"
        'print([name for name in heavy if name in sys.modules])'
    )
    assert 'usage: uhrnet' in out
    assert out.splitlines()[-1] == '[]'


def test_version_and_no_command(capsys):
    with pytest.raises(SystemExit) as end:
        main(['--version'])
    assert end.value.code == 0
    assert capsys.readouterr().out == f'uhrnet {__version__}\n'
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2


@pytest.fixture
def printing(monkeypatch):
    """A subcommand that prints what no encoding has, ``demo``."""
    from uhrnet.web_demo import options

    monkeypatch.setattr(options, 'launch', lambda *where, **_: print('\udcff'))


def test_who_reads_goes_away(printing, monkeypatch, capsys):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, 'w') as output:
        monkeypatch.setattr(sys, 'stdout', output)
        with pytest.raises(SystemExit) as end:
            main(['demo'])
    assert end.value.code == 141
    assert capsys.readouterr().err == ''


def test_names_that_a_terminal_cannot_show(printing, monkeypatch):
    output = io.TextIOWrapper(io.BytesIO(), 'utf-8')
    monkeypatch.setattr(sys, 'stdout', output)
    main(['demo'])
    assert output.buffer.getvalue() == b'\\udcff\n'


def test_demo_is_given_its_address(monkeypatch):
    from uhrnet.web_demo import options

    called = []
    monkeypatch.setattr(
        options, 'launch', lambda *where, **_: called.append(where)
    )
    main(['demo'])
    main(['demo', '--host', '0.0.0.0', '--port', '80'])
    assert called == [('127.0.0.1', 7860), ('0.0.0.0', 80)]
