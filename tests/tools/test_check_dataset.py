"""The tool that reports the defects of a data set."""

import json
import re
import shutil

import pytest
from command_line import ROOT, call_tool, data_options, import_tool, succeed
from tools.layouts import LAYOUTS

TOOL = 'tools/misc/check_dataset.py'
CONFIG = 'configs/uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'


@pytest.fixture
def run(monkeypatch, capsys, mmseg_scope):
    """Run the tool in this process; return exit status and output."""
    module = import_tool(monkeypatch, TOOL)

    def call(*arguments):
        capsys.readouterr()
        status = 0
        try:
            call_tool(monkeypatch, module, *arguments, '--workers', 0)
        except SystemExit as error:
            status = error.code
        output = capsys.readouterr()
        return status, output.out, output.err

    return call


def options(root):
    return data_options(root)[:4]


def test_clean_data(run, scenes):
    status, out, err = run(ROOT / CONFIG, *options(scenes))
    assert status == 0 and err == ''
    assert re.search(r'^train  8 +\d+ pixels of \d+ classes', out, re.M)
    assert re.search(r'^test +that of val$', out, re.M)
    assert '12 samples in ' in out
    assert out.endswith('1 process: 0 errors, 0 warnings\n')


def test_errors(run, scenes, tmp_path):
    data = shutil.copytree(scenes, tmp_path / 'data')
    for split in ('train', 'val'):
        for path in (data / f'annotations/{split}').iterdir():
            path.unlink()
    for number in range(20):
        for path in (data / 'images/train/00000.png',):
            shutil.copy(path, path.with_name(f'more{number}.png'))
    file = tmp_path / 'report.json'
    command = (ROOT / CONFIG, *options(data), '--json', file)
    status, out, _ = run(*command)
    assert status == 1
    assert 'error: missing (32)' in out
    assert 'and 12 more: --json FILE lists all' in out
    assert out.count(' is missing, although') == 20
    report = json.loads(file.read_text())
    assert report['version'] == 1 and report['config'] == str(ROOT / CONFIG)
    assert report['errors'] == 32 and report['warnings'] == 20
    assert len(report['defects']) == 52
    first = report['defects'][0]
    assert first.keys() == {
        'level', 'split', 'kind', 'file', 'message', 'details',
    }  # fmt: skip
    assert first['file'] == str(data / 'annotations/train/00000.png')
    assert report['splits']['train']['images'] == 28
    assert report['splits']['test']['same_as'] == 'val'
    status, _, _ = run(ROOT / CONFIG, '--splits', 'val', *options(data))
    assert status == 1


def test_json_alone_on_the_standard_output(scenes):
    """Imports print, too: a process of its own tells."""
    out = succeed(
        '-c',
        'import contextlib, io, runpy, sys\n'
        f'sys.argv = [{TOOL!r}, *sys.argv[1:]]\n'
        'with contextlib.redirect_stderr(io.StringIO()):\n'
        f'    runpy.run_path({TOOL!r}, run_name="__main__")\n',
        CONFIG, '--json', '-', '--workers', 2, *options(scenes),
    )  # fmt: skip
    report = json.loads(out)
    assert report['errors'] == 0 and report['workers'] == 2
    assert report['splits']['val']['images'] == 4


@pytest.mark.parametrize(
    'arguments, text',
    [
        (('absent.py',), 'absent.py'),
        ((ROOT / CONFIG, '--splits', 'dev'), "'dev'"),
        ((ROOT / CONFIG, '--json', 'absent/file'), 'absent is no folder'),
        ((ROOT / CONFIG, '--cfg-options', 'nothing=1'), 'nothing reads'),
        (
            (ROOT / CONFIG, '--cfg-options', 'default_scope=mmpose'),
            "default_scope is 'mmpose'",
        ),
        (
            (ROOT / CONFIG, '--splits', 'test',
             '--cfg-options', 'test_dataloader=None'),
            'no test_dataloader',
        ),
    ],
)  # fmt: skip
def test_wrong_usage(run, arguments, text):
    status, out, err = run(*arguments)
    assert status == 2 and text in err and out == ''


@pytest.mark.parametrize(
    'name', LAYOUTS, ids=[name.split('_')[1] for name in LAYOUTS]
)
def test_layouts(name, tmp_path, scenes, monkeypatch, run):
    """Those of the papers' data sets, as the converters leave them."""
    monkeypatch.chdir(tmp_path)
    LAYOUTS[name].make(scenes, monkeypatch)
    config = ROOT / f'configs/uhrnet/fcn_uhrnet-w18-small_{name}.py'
    status, out, _ = run(config, '--splits', 'train', 'val')
    assert status == 0, out
    assert '4 samples' in out and ': 0 errors, 0 warnings' in out


def test_guide_describes_every_kind():
    from uhrnet.apis.dataset_checks import KINDS

    text = (ROOT / 'docs/datasets.md').read_text()
    rows = re.findall(r'^\| `(\w+)` \| (\w+) \|', text, re.M)
    assert dict(rows) == KINDS and len(rows) == len(KINDS)
