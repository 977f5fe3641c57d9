"""What users see of their mistakes, and docs/errors.md, which shows it.

    python tests/test_bad_inputs.py

writes the document again.
"""

import re
import tempfile
from itertools import groupby
from pathlib import Path

import preloaded  # noqa: F401, before what is forked
import pytest
from bad_inputs import checkpoints, configs, data, files, runs
from bad_inputs.workplace import ROOT, build, carry_out

import uhrnet.apis.export
import uhrnet.depth
import uhrnet.detection
import uhrnet.segmentation  # noqa: F401

PAGE = ROOT / 'docs/errors.md'
ROWS = [
    row
    for module in (configs, data, checkpoints, files, runs)
    for row in module.ROWS
]
HEAD = """\
# What can go wrong

Inputs that cannot be used, and what the tools say of them. A test runs every
row: the tool ends with exit code 1 (2, if the command line itself is wrong),
leaves no output behind, and prints the message as its last lines. In a work
dir, the log ends with it too.

Other errors are faults of the program and print a traceback: please report
them. `UHRNET_TRACEBACK=1` in front of a command shows the traceback of
every error. Of several processes, each one says which it is: `error (rank 1 of
4): ...`; torch, which started them, adds a report of its own.

The folder of the examples holds small configs and their data:
`fcn.py`, `hfgd.py`, `depth.py`, `cells.py` (boxes as of Pascal VOC) and
`coco.py`, a checkpoint `fcn.pth`, and `data`. Commands begin with `python`.
`python tests/test_bad_inputs.py` writes this page.
"""
# Longer lists are cut here.
SHOWN = 500
# Words of libraries that differ from machine to machine.
VARIABLE = re.compile(r'Exception from src/.*?(?=\. Export the model)', re.S)


def line(row, outcome):
    """Of the document."""
    message = VARIABLE.sub('...', outcome.message)
    if len(message) > SHOWN:
        message = message[:SHOWN].rsplit(' ', 1)[0] + ' ...'
    message = message.replace('|', r'\|').replace('<', '&lt;')
    message = re.sub(r'\s*\n\s*', '<br>', message)
    return f'| {row.what} | `{row.command}` | {message} |'


@pytest.fixture(scope='module')
def original(tmp_path_factory):
    """The folder in which nothing is wrong."""
    folder = tmp_path_factory.mktemp('original')
    build(folder)
    return folder


@pytest.fixture(scope='module')
def page():
    return PAGE.read_text().splitlines()


@pytest.mark.parametrize('row', ROWS, ids=lambda row: row.what)
def test_message(row, original, page, tmp_path):
    outcome = carry_out(row, original, tmp_path / 'folder')
    assert outcome.code in (1, 2), outcome.output[-3000:]
    assert 'Traceback' not in outcome.output, outcome.output[-3000:]
    assert not outcome.left
    for part in row.says:
        assert part in outcome.message
    assert line(row, outcome) in page, 'python tests/test_bad_inputs.py'


def test_document_has_no_other_rows(page):
    inputs = [text.partition(' | `tools/')[::2] for text in page]
    found = [what for what, rest in inputs if rest]
    assert found == [f'| {row.what}' for row in ROWS]
    assert len(found) > 100


@pytest.mark.parametrize('command', ['train', 'test'])
def test_nothing_is_wrong_with_the_rest(command, original, tmp_path):
    """Or a row might fail for another reason than its own."""
    more = {'train': '', 'test': ' fcn.pth'}[command]
    good = runs.row('', f'tools/{command}.py fcn.py{more}')
    assert carry_out(good, original, tmp_path / 'folder').code == 0


def write_page():
    """Carry out all rows and write what they say."""
    with tempfile.TemporaryDirectory() as folder:
        original = Path(folder, 'original')
        original.mkdir()
        build(original)
        text = HEAD
        for kind, rows in groupby(ROWS, lambda row: row.kind):
            text += f'\n## {kind}\n\n| input | command | message |\n'
            text += '| --- | --- | --- |\n'
            for row in rows:
                work = Path(folder, f'row{ROWS.index(row)}', 'folder')
                text += line(row, carry_out(row, original, work)) + '\n'
    PAGE.write_text(text)


if __name__ == '__main__':
    write_page()
