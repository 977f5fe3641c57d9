"""What a terminal shows of a run, and what all else does not."""

import io
import re
import sys

import pytest
from rich.console import Console
from small_training import Losses, build

from uhrnet.engine.hooks import ProgressHook


class Frames(Losses):
    """What is drawn behind every iteration."""

    def __init__(self, hook, stop_at=None):
        super().__init__(stop_at)
        self.hook, self.shown = hook, {}

    def note(self, runner, key):
        screen = Console(file=io.StringIO(), width=100)
        screen.print(self.hook._progress.get_renderable())
        self.shown[key] = screen.file.getvalue()

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.note(runner, runner.iter + 1)
        super().after_train_iter(runner, batch_idx, data_batch, outputs)

    def after_val_iter(self, runner, batch_idx, data_batch, outputs):
        self.note(runner, (runner.iter, batch_idx + 1))


def terminal():
    return Console(
        file=io.StringIO(), force_terminal=True, width=100, color_system=None
    )


def test_iterations_validations_and_loss(tmp_path):
    hook = ProgressHook(terminal())
    frames = Frames(hook)
    frames.priority = 'LOWEST'
    build(tmp_path, hook, frames).train()
    assert re.search(r'^train .* 4/12 .* eta .* loss ', frames.shown[4])
    assert 'validate' not in frames.shown[4] + frames.shown[7]
    train, validate = frames.shown[6, 1].splitlines()
    assert ' 6/12 ' in train and re.search(r'^validate .* 1/2 ', validate)
    loss = frames.seen[12]
    assert f'loss {loss:.4g}' in frames.shown[12]
    # the cursor is hidden while something is drawn, and shown in the end
    written = hook._console.file.getvalue()
    assert written.count('\x1b[?25l') == written.count('\x1b[?25h') == 1


def test_a_resumed_training_goes_on_where_it_was(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, Losses(stop_at=5)).train()
    hook = ProgressHook(terminal())
    frames = Frames(hook)
    frames.priority = 'LOWEST'
    build(tmp_path, hook, frames, resume=True).train()
    assert min(k for k in frames.shown if isinstance(k, int)) == 4
    assert ' 4/12 ' in frames.shown[4]


def test_lines_of_the_log_stand_above_the_bar(tmp_path):
    """And the handlers write to their stream again, whatever happens."""
    hook = ProgressHook(terminal())
    runner = build(tmp_path, hook, Losses(stop_at=2))
    runner.logger.setLevel('INFO')
    before = [getattr(x, 'stream', None) for x in runner.logger.handlers]
    assert sys.stdout in before
    said = []

    class Says(Losses):
        def after_train_iter(self, runner, batch_idx, data_batch, outputs):
            runner.logger.warning('in between')
            said.append(hook._console.file.getvalue())

    runner.register_hook(Says(), 'NORMAL')
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    # rich clears the bar, writes the line and draws the bar again
    assert 'in between' in said[0]
    assert [getattr(x, 'stream', None) for x in runner.logger.handlers] == (
        before
    )
    assert hook._progress is None


def test_nothing_where_there_is_no_terminal(tmp_path, capfd, monkeypatch):
    build(tmp_path / 'a', ProgressHook()).train()
    # colours may be wanted in files
    monkeypatch.setenv('FORCE_COLOR', '1')
    build(tmp_path / 'b', ProgressHook()).train()
    assert '\x1b[?25l' not in ''.join(capfd.readouterr())
