"""The image whose prediction is spoilt is the worst."""

import csv

import pytest
import torch
from command_line import call_tool, import_tool
from mmengine.fileio import dump
from predictions import (
    CONFIGS,
    as_png,
    as_results,
    boxes_of,
    depth_of,
    labels_of,
    options,
    save_maps,
)

from uhrnet.errors import ConfigError

TOOL = 'tools/analysis_tools/analyze_errors.py'


@pytest.fixture
def tool(monkeypatch, tmp_path):
    module = import_tool(monkeypatch, TOOL)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: call_tool(monkeypatch, module, *arguments)


def table(folder):
    with (folder / 'errors.csv').open() as file:
        return list(csv.DictReader(file))


def pictures(folder):
    return sorted(x.name for x in folder.iterdir())


def test_segmentation(tool, scenes, tmp_path, capsys):
    maps = labels_of(scenes)
    names = list(maps)
    maps[names[2]] = maps[names[2]][::-1].copy()
    folder = save_maps(tmp_path / 'labels', maps)
    out = tmp_path / 'out'
    tool(CONFIGS['segmentation'], folder, out, '--topk', 1, *options(scenes))
    worst, *others = table(out)
    assert worst['name'] == names[2] and worst['index'] == '2'
    assert float(worst['mIoU']) < 80
    assert [float(x['mIoU']) for x in others] == [100.0] * 3
    assert pictures(out / 'worst') == [f'001_{names[2]}.png']
    assert len(pictures(out / 'best')) == 1
    assert f'1 {names[2]}: mIoU' in capsys.readouterr().out
    with pytest.raises(ConfigError, match='name another folder'):
        tool(CONFIGS['segmentation'], folder, out, *options(scenes))


def test_depth_by_another_figure(tool, scenes, tmp_path):
    maps = depth_of(scenes)
    names = list(maps)
    maps[names[1]] *= 0.5
    folder = save_maps(
        tmp_path / 'depth', {k: as_png(x) for k, x in maps.items()}
    )
    out = tmp_path / 'out'
    tool(
        CONFIGS['depth'], folder, out, '--topk', 1, '--by', 'rmse',
        *options(scenes),
    )  # fmt: skip
    worst, second, *_ = table(out)
    assert worst['name'] == names[1]
    assert float(worst['abs_rel']) == pytest.approx(0.5, abs=0.01)
    assert float(second['abs_rel']) < 0.01
    assert pictures(out / 'worst') == [f'001_{names[1]}.png']


def test_detection(tool, scenes, tmp_path):
    found = boxes_of(scenes)
    victim = max(found, key=lambda name: len(found[name][1]))
    boxes, classes = found[victim]
    found[victim] = boxes + 1000, classes
    pkl = tmp_path / 'boxes.pkl'
    dump(as_results(found), str(pkl))
    out = tmp_path / 'out'
    tool(CONFIGS['detection'], pkl, out, '--topk', 1, *options(scenes))
    worst, second, *_ = table(out)
    assert victim.endswith(f'{worst["name"]}.png')
    count = len(classes)
    assert int(worst['misses']) == int(worst['false_positives']) == count
    assert int(worst['errors']) == 2 * count
    assert second['errors'] == '0'


@pytest.mark.slow
def test_of_a_checkpoint(tool, scenes, tmp_path, monkeypatch):
    """Predicted here, the figures are those of ``tools/test.py``."""
    from uhrnet.apis import load_model

    config = CONFIGS['segmentation']
    model = load_model(config)
    path = tmp_path / 'model.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    tool(config, path, tmp_path / 'a', '--topk', 1, *options(scenes))
    test = import_tool(monkeypatch, 'tools/test.py')
    call_tool(
        monkeypatch, test, config, path, '--out', tmp_path / 'labels',
        '--work-dir', tmp_path / 'work', *options(scenes),
        'test_dataloader.num_workers=0',
        'test_dataloader.persistent_workers=False',
    )  # fmt: skip
    tool(
        config, tmp_path / 'labels', tmp_path / 'b', '--topk', 1,
        *options(scenes),
    )  # fmt: skip
    assert table(tmp_path / 'a') == table(tmp_path / 'b')
