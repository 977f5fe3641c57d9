"""Models by their names, tasks and metafile rows."""

import config_files
import pytest

from uhrnet.apis import catalogue, list_models
from uhrnet.apis.catalogue import published_weights
from uhrnet.errors import ConfigError

NAME = 'fcn_uhrnet-w18-small_1xb4-500it_camvid-192x192'


def test_tasks():
    """What a config inherits says the same as its name."""
    for task, belongs in (
        ('segmentation', config_files.of_segmentation),
        ('depth', config_files.of_depth),
        ('detection', config_files.of_detection),
    ):
        expected = {x.stem for x in config_files.CONFIGS if belongs(x)}
        assert expected and set(list_models(task=task)) == expected
    assert len(list_models()) == config_files.NUM_CONFIGS
    with pytest.raises(ConfigError, match="no task 'pose': tasks are segm"):
        list_models(task='pose')


def test_patterns():
    found = list_models('fcn_uhrnet-w18-small*camvid*')
    assert NAME in found
    assert all(x.startswith('fcn_uhrnet-w18-small') for x in found)
    assert list_models('FCN_UHRNET-w18-small*CamVid*') == found
    assert list_models('nothing') == []


def test_no_weights_published(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as error:
        published_weights(NAME)
    assert f'no weights are published for {NAME}' in str(error.value)
    assert 'docs/official_weights.md' in str(error.value)
    assert f'work_dirs/{NAME} has no checkpoint' in str(error.value)
    trained = tmp_path / 'work_dirs' / NAME / 'iter_2.pth'
    trained.parent.mkdir(parents=True)
    trained.touch()
    with pytest.raises(ConfigError, match=rf'work_dirs/{NAME}/iter_2.pth'):
        published_weights(NAME)


def test_weights_published(tmp_path, monkeypatch):
    folder = tmp_path / 'mine'
    folder.mkdir()
    (folder / 'metafile.yml').write_text(
        'Collections: []\nModels:\n'
        '  - Name: mine\n    Weights: https://example.org/mine.pth\n'
    )
    monkeypatch.setattr(catalogue, 'FOLDERS', (tmp_path,))
    assert published_weights('mine') == 'https://example.org/mine.pth'
