"""Configs are found by their names, in a checkout and in a wheel."""

import runpy
from pathlib import Path

import pytest
from command_line import call_tool, import_tool
from config_files import CONFIGS, ROOT

from uhrnet.engine import config_lookup
from uhrnet.engine.config_file import read_config
from uhrnet.engine.config_lookup import find_config
from uhrnet.errors import ConfigError

NAME = 'fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320'
PATH = ROOT / 'configs' / 'uhrnet' / f'{NAME}.py'


def test_names_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in CONFIGS:
        assert find_config(path.stem) == str(path)
    assert find_config(f'{NAME}.py') == str(PATH)
    assert read_config(NAME).filename == str(PATH)


def test_files_go_before_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f'{NAME}.py').touch()
    assert find_config(f'{NAME}.py') == f'{NAME}.py'
    assert find_config(tmp_path / f'{NAME}.py') == str(tmp_path / f'{NAME}.py')


def test_a_folder_is_no_config(tmp_path, monkeypatch):
    """Of the name of a config, as a work dir may be."""
    monkeypatch.chdir(tmp_path)
    for name in (NAME, f'{NAME}.py'):
        (tmp_path / name).mkdir()
        assert find_config(name) == str(PATH)


def test_in_an_editable_installation_of_links(tmp_path):
    source = Path(config_lookup.__file__)
    link = tmp_path / 'uhrnet' / 'engine' / source.name
    link.parent.mkdir(parents=True)
    link.symlink_to(source)
    found = runpy.run_path(str(link))['find_config'](NAME)
    assert Path(found).samefile(PATH)


def test_in_a_wheel(tmp_path, monkeypatch):
    folder = tmp_path / 'uhrnet' / '.mim' / 'configs'
    monkeypatch.setattr(config_lookup, 'FOLDERS', (folder, tmp_path / 'none'))
    (folder / 'uhrnet').mkdir(parents=True)
    (folder / '_base_' / 'models').mkdir(parents=True)
    (folder / 'uhrnet' / 'a.py').touch()
    (folder / '_base_' / 'b.py').touch()
    assert find_config('a') == str(folder / 'uhrnet' / 'a.py')
    with pytest.raises(ConfigError):
        find_config('b')


@pytest.mark.parametrize(
    'wrong',
    [
        NAME.replace('500', '400'),
        NAME.upper(),
        f'configs/hrnet/{NAME}.py',
        f'none/{NAME}',
        f'../uhrnet/{NAME}',
    ],
)
def test_what_is_meant_is_named(wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        find_config(wrong)
    assert str(caught.value).startswith(f'config {wrong} does not exist')
    assert str(caught.value).endswith(f'. Did you mean {NAME}?')
    with pytest.raises(ConfigError, match='one of configs/$'):
        find_config('zzz')


def test_the_check_of_data_finds_names_too(monkeypatch, capsys):
    """It reads configs on its own."""
    module = import_tool(monkeypatch, 'tools/misc/check_dataset.py')
    with pytest.raises(SystemExit):
        call_tool(monkeypatch, module, NAME, '--cfg-options', 'a=1')
    assert 'nothing reads a' in capsys.readouterr().err
    for wrong, message in (
        ((NAME, '--cfg-options', 'a'), 'not of the form KEY=VALUE'),
        (('zzz',), 'error: config zzz does not exist'),
    ):
        with pytest.raises(SystemExit):
            call_tool(monkeypatch, module, *wrong)
        assert message in capsys.readouterr().err


def test_mim_adds_no_options(monkeypatch, capsys):
    """It adds some to a training tool whose help speaks of --gpus."""
    module = import_tool(monkeypatch, 'tools/train.py')
    with pytest.raises(SystemExit):
        call_tool(monkeypatch, module, '-h')
    text = capsys.readouterr().out
    assert '--launcher' in text and '--gpus' not in text
