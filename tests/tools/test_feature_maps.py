"""Of random weights, which see something too."""

import cv2
import pytest
import torch
from command_line import call_tool, import_tool
from predictions import CONFIGS

from uhrnet.analysis.activations import collect, default_stages, load_input
from uhrnet.apis import load_model
from uhrnet.engine.config_file import read_config
from uhrnet.errors import ConfigError, DataError

TOOL = 'tools/analysis_tools/feature_maps.py'


@pytest.fixture
def image(scenes):
    return next((scenes / 'images/val').iterdir())


def checkpoint(task, folder):
    model = load_model(CONFIGS[task])
    path = folder / 'model.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    return path


def test_shapes_of_all_branches(image):
    """Those that the backbone says it has."""
    cfg = read_config(CONFIGS['segmentation'])
    model = load_model(cfg)
    inputs, samples = load_input(cfg, model, str(image))
    height, width = inputs.shape[-2:]

    def forward():
        with torch.no_grad():
            model(inputs, samples, mode='tensor')

    found = {
        (x.stage, x.branch): tuple(x.values.shape)
        for x in collect(model, default_stages(model), forward)
    }
    assert len(found) == 16
    assert found['backbone.stage2', 0] == (18, height // 4, width // 4)
    deepest = found['backbone.stage5', 1]
    assert deepest == (288, -(-height // 64), -(-width // 64))


@pytest.mark.parametrize(
    'task',
    ['segmentation', pytest.param('depth', marks=pytest.mark.slow)],
)
def test_pictures(monkeypatch, tmp_path, capsys, image, task):
    path = checkpoint(task, tmp_path)
    tool = import_tool(monkeypatch, TOOL)
    out = tmp_path / 'out'
    call_tool(
        monkeypatch, tool, image, CONFIGS[task], path, '--out-dir', out,
        '--target-layers', 'backbone.stage2', 'backbone.stage9',
    )  # fmt: skip
    assert '3 maps' in capsys.readouterr().out
    names = sorted(x.name for x in out.iterdir())
    assert names == ['cam.png', 'feature_maps.png']
    for name in names:
        picture = cv2.imread(str(out / name))
        assert picture.std(axis=2).max() > 50  # colours


def test_refused(monkeypatch, tmp_path, image):
    path = checkpoint('segmentation', tmp_path)
    tool = import_tool(monkeypatch, TOOL)
    given = CONFIGS['segmentation'], path, '--out-dir', tmp_path / 'out'
    with pytest.raises(DataError, match='does not exist: name an image'):
        call_tool(monkeypatch, tool, 'none.png', *given)
    with pytest.raises(ConfigError, match='--category cow is none of'):
        call_tool(monkeypatch, tool, image, *given, '--category', 'cow')
    assert not (tmp_path / 'out').exists()
