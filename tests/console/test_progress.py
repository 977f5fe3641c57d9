"""Lines where nobody looks, a bar on a terminal."""

import io
import sys

from uhrnet.console.progress import Progress


def test_lines(capsys):
    with Progress('frame', 5, every=2) as progress:
        for number in range(5):
            progress.advance(f'x{number}')
    lines = capsys.readouterr().out.splitlines()
    assert lines == ['frame 2/5 x1', 'frame 4/5 x3', 'frame 5/5 x4']


def test_unknown_total(capsys):
    with Progress('frame', None) as progress:
        progress.advance('x')
    assert capsys.readouterr().out == 'frame 1 x\n'


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar(monkeypatch):
    monkeypatch.setattr(sys, 'stdout', Terminal())
    monkeypatch.setenv('TERM', 'xterm')
    with Progress('image', 2) as progress:
        progress.advance('first.png')
        progress.advance('[red]2[/].png')
    shown = sys.stdout.getvalue()
    assert '2/2' in shown and '[red]2[/].png' in shown
