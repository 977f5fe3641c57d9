"""Truth with known errors in it, as a prediction of each task."""

import csv

import cv2
import numpy as np
import pytest
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

from uhrnet.errors import ConfigError, DataError

TOOL = 'tools/analysis_tools/confusion_matrix.py'


@pytest.fixture
def tool(monkeypatch, tmp_path):
    module = import_tool(monkeypatch, TOOL)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: call_tool(monkeypatch, module, *arguments)


def table(folder):
    with (folder / 'confusion_matrix.csv').open() as file:
        head, *rows = csv.reader(file)
    names = head[1:]
    assert [row[0] for row in rows] == names
    picture = cv2.imread(str(folder / 'confusion_matrix.png'))
    assert picture.std() > 10  # not empty
    return names, np.array([row[1:] for row in rows], int)


def test_segmentation(tool, scenes, tmp_path, capsys):
    truth = labels_of(scenes)
    wrong = {name: labels.copy() for name, labels in truth.items()}
    (first, *_) = wrong
    a, b = np.unique(truth[first])[:2]
    wrong[first][truth[first] == a] = b
    folder = save_maps(tmp_path / 'labels', wrong)
    out = tmp_path / 'out'
    tool(CONFIGS['segmentation'], folder, out, *options(scenes))
    names, counts = table(out)
    every = np.concatenate([x.ravel() for x in truth.values()])
    expected = np.diag(np.bincount(every[every != 255], minlength=len(names)))
    moved = (truth[first] == a).sum()
    expected[a, a] -= moved
    expected[a, b] += moved
    assert counts.tolist() == expected.tolist()
    said = f'of {names[a]} are taken for {names[b]}'
    assert said in capsys.readouterr().out
    assert sorted(x.name for x in tmp_path.iterdir()) == ['labels', 'out']


def test_depth(tool, scenes, tmp_path):
    """Doubled, depths of 7 to 10 m are from 14 to 20 m."""
    maps = depth_of(scenes)
    folder = save_maps(
        tmp_path / 'depth', {k: as_png(2 * x) for k, x in maps.items()}
    )
    out = tmp_path / 'out'
    tool(CONFIGS['depth'], folder, out, *options(scenes))
    names, counts = table(out)
    true = np.concatenate([x.ravel() for x in maps.values()])
    known = (true > 1e-3) & (true < 80)
    assert counts.sum() == known.sum()
    row = names.index('7 to 10 m')
    assert counts[row].sum() == ((true >= 7) & (true < 10)).sum() > 0
    twice = [names.index('10 to 15 m'), names.index('15 to 20 m')]
    assert counts[row, twice].sum() == counts[row].sum()


def test_detection(tool, scenes, tmp_path):
    found = boxes_of(scenes)
    labels = [x for _, classes in found.values() for x in classes.tolist()]
    victim = next(name for name in found if len(found[name][1]) > 1)
    boxes, classes = found[victim]
    lost, changed = int(classes[0]), int(classes[1])
    other = (changed + 1) % 3
    new = classes[1:].copy()
    new[0] = other
    found[victim] = boxes[1:], new
    pkl = tmp_path / 'boxes.pkl'
    dump(as_results(found), str(pkl))
    out = tmp_path / 'out'
    tool(CONFIGS['detection'], pkl, out, *options(scenes))
    head, counts = table(out)
    assert head[-1] == '(nothing)'
    expected = np.diag(np.bincount(labels, minlength=len(head)))
    expected[lost, lost] -= 1
    expected[lost, -1] += 1
    expected[changed, changed] -= 1
    expected[changed, other] += 1
    assert counts.tolist() == expected.tolist()


def test_wrong_predictions(tool, scenes, tmp_path):
    some = dict(list(labels_of(scenes).items())[1:])
    folder = save_maps(tmp_path / 'labels', some)
    out = tmp_path / 'out'
    with pytest.raises(DataError, match='is missing: save predictions'):
        tool(CONFIGS['segmentation'], folder, out, *options(scenes))
    with pytest.raises(ConfigError, match='boxes are saved to a .pkl'):
        tool(CONFIGS['detection'], folder, out, *options(scenes))
    pkl = tmp_path / 'boxes.pkl'
    results = as_results(boxes_of(scenes))
    dump(results[1:], str(pkl))
    with pytest.raises(DataError, match='holds 3 predictions'):
        tool(CONFIGS['detection'], pkl, out, *options(scenes))
    dump(results[::-1], str(pkl))
    with pytest.raises(DataError, match='prediction 0 is of'):
        tool(CONFIGS['detection'], pkl, out, *options(scenes))
    assert not out.exists()
