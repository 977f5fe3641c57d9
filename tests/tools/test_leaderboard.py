"""The tool: checks, and runs of this repository that become rows."""

import shutil

import pytest
from command_line import (
    ROOT,
    call_tool,
    import_tool,
    options_without_page,
    succeed,
)
from leaderboard_work_dirs import NAME, write_start

from uhrnet.apis.leaderboard.metafile import Metafile

TOOL = 'tools/analysis_tools/leaderboard.py'
SCENES = 'fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320'


@pytest.fixture
def tool(monkeypatch):
    return import_tool(monkeypatch, TOOL)


@pytest.fixture
def root(tmp_path):
    """The metafiles and configs, to be changed."""
    for folder in ('hfgd', 'hrnet', 'uhrnet'):
        shutil.copytree(
            ROOT / 'configs' / folder, tmp_path / 'root/configs' / folder
        )
    shutil.copy(ROOT / 'model-index.yml', tmp_path / 'root')
    return tmp_path / 'root'


def test_check(tool, monkeypatch, capsys):
    call_tool(monkeypatch, tool, '--check')
    assert 'is what the metafiles and configs say' in capsys.readouterr().out


def test_check_fails(tool, monkeypatch, root):
    shutil.copytree(ROOT / 'docs', root / 'docs')
    shutil.copy(ROOT / 'README.md', root)
    metafile = root / 'configs/hrnet/metafile.yml'
    metafile.write_text(
        metafile.read_text().replace('Source: arXiv', "Source: ''  # arXiv", 1)
    )
    with pytest.raises(SystemExit, match='a reported figure without Source'):
        call_tool(monkeypatch, tool, '--check', '--root', root)


@pytest.mark.parametrize('arguments', [(), ('--write',)])
def test_wrong_options(tool, monkeypatch, capsys, arguments):
    with pytest.raises(SystemExit):
        call_tool(monkeypatch, tool, *arguments)
    assert 'work dirs' in capsys.readouterr().err


def test_seeds_become_a_row(tool, monkeypatch, root, tmp_path, capsys):
    for seed, miou in ((1, 40.0), (2, 41.0)):
        write_start(tmp_path / f's{seed}', seed=seed, miou=miou)
    write_start(tmp_path / 'half', length='max_iters=90')
    dirs = [tmp_path / name for name in ('s1', 's2', 'half', 'none')]
    path = root / 'configs/uhrnet/metafile.yml'
    file = Metafile(path)
    file.row(NAME).update(Runs=[], Results=[])
    path.write_text(file.text())
    before = path.read_text()
    call_tool(monkeypatch, tool, *dirs, '--root', root)
    out = capsys.readouterr().out
    assert 'unfinished, 20 of 90' in out
    assert 'none is no work dir of a training' in out
    assert 'unknown: command, hardware, git revision' in out
    assert f'{NAME}, seed 1, 2' in out
    assert 'CamVid val mIoU: 40.50 % (40.00 to 41.00), nothing pub' in out
    assert path.read_text() == before
    call_tool(monkeypatch, tool, *dirs, '--root', root, '--write')
    row = Metafile(path).row(NAME)
    assert row['Results'][0]['Metrics'] == {'mIoU': 40.5, 'aAcc': 80.0}
    assert [run['Seed'] for run in row['Runs']] == [1, 2]


def test_a_config_without_a_row(tool, monkeypatch, root, tmp_path):
    write_start(tmp_path / 'w', name='fcn_new_1xb4-1k_camvid-9x9')
    with pytest.raises(ValueError, match='no row is named fcn_new'):
        call_tool(monkeypatch, tool, tmp_path / 'w', '--root', root)


def test_nothing_finished(tool, monkeypatch, tmp_path):
    with pytest.raises(ValueError, match='no finished run'):
        call_tool(monkeypatch, tool, tmp_path)


@pytest.mark.slow
def test_a_training_is_collected(tool, monkeypatch, scenes, tmp_path, capsys):
    """What tools/train.py and tools/test.py leave is all that it takes."""
    config = f'configs/uhrnet/{SCENES}.py'
    options = (
        *options_without_page(scenes), 'train_cfg.max_iters=2',
        'train_cfg.val_interval=2', 'default_hooks.logger.interval=1',
        'randomness.seed=7',
    )  # fmt: skip
    work = tmp_path / 'work'
    succeed('tools/train.py', config, '--work-dir', work, *options)
    succeed(
        'tools/test.py', config, work / 'iter_2.pth', '--tta-flip',
        '--work-dir', work / 'flip', *options[:-1],
    )  # fmt: skip
    call_tool(monkeypatch, tool, work)
    out = capsys.readouterr().out
    assert f'{work}: {SCENES}\n  seed: 7\n' in out
    assert f'command: python tools/train.py {config} --work-dir' in out
    assert 'iterations: 2\n' in out
    assert 'unknown' not in out
    assert 'scenes val mIoU: ' in out
    assert 'scenes val mIoU(flip): ' in out
