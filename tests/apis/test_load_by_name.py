"""From a name, a config or a folder to a model with weights."""

import os
import pickle

import cv2
import numpy as np
import pytest
from command_line import call_tool, import_tool
from untrained import DETECTOR, ESTIMATOR, SEGMENTOR

from uhrnet.apis import load, predict
from uhrnet.apis.export import export_model
from uhrnet.apis.pretrained import best_checkpoint
from uhrnet.console import main
from uhrnet.errors import ConfigError


@pytest.fixture(scope='module')
def images(scenes):
    return sorted((scenes / 'images/val').iterdir())


def labels(model, path):
    (found,) = model.predict(path)
    return found.labels


def test_all_ways_to_name_a_model(untrained, images):
    folder = untrained(SEGMENTOR)
    weights = folder / 'iter_1.pth'
    by_folder = labels(load(folder, device='cpu'), images[0])
    by_name = labels(load(SEGMENTOR, weights, 'cpu'), images[0])
    config = folder / f'{SEGMENTOR}.py'
    (by_file,) = predict(config, images[0], weights=weights, device='cpu')
    assert len(np.unique(by_folder)) > 1
    assert np.array_equal(by_folder, by_name)
    assert np.array_equal(by_folder, by_file.labels)


def test_no_such_model_or_weights(untrained, tmp_path):
    with pytest.raises(ConfigError, match='Did you mean fcn_uhrnet-w18-sm'):
        load('fcn_uhrnet-w18-small_1xb4-500it_scenes-192')
    with pytest.raises(ConfigError, match='no weights are published for fcn'):
        load(SEGMENTOR)
    with pytest.raises(ConfigError, match='has no config: name the folder'):
        load(tmp_path)
    (tmp_path / 'mine.py').touch()
    with pytest.raises(ConfigError, match='has no checkpoint yet'):
        load(tmp_path)
    (tmp_path / 'other.py').touch()
    with pytest.raises(ConfigError, match=r'configs \(mine.py, other.py\)'):
        load(tmp_path)
    with pytest.raises(ConfigError, match='device cuda:99 cannot be used'):
        load(SEGMENTOR, 'any.pth', 'cuda:99')
    with pytest.raises(ConfigError, match='heads are for a backend'):
        load(SEGMENTOR, 'any.pth', heads='any.pth')
    with pytest.raises(ConfigError, match='does not fit the model'):
        load(ESTIMATOR, untrained(SEGMENTOR) / 'iter_1.pth')


def test_best_checkpoint_is_the_newest_best(tmp_path):
    for time, name in enumerate(
        ('best_mIoU_iter_9.pth', 'best_mIoU_iter_10.pth', 'iter_11.pth')
    ):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time, time))
    assert best_checkpoint(tmp_path).name == 'best_mIoU_iter_10.pth'


@pytest.mark.slow
def test_augmentation(untrained, images, scenes, tmp_path, monkeypatch):
    """Averages over scales and mirror images, as ``tools/test.py --tta``."""
    folder = untrained(SEGMENTOR)
    model = load(folder, device='cpu', tta=True)
    found = [x.labels for x in model.predict(images)]
    together = [x.labels for x in model.predict(images, batch=2)]
    assert (np.stack(found) == np.stack(together)).mean() > 0.99
    out = tmp_path / 'out'
    call_test(monkeypatch, folder, scenes, tmp_path, '--tta', '--out', out)
    assert_same_files(found, images, out)
    plain = labels(load(folder, device='cpu'), images[0])
    assert not np.array_equal(plain, found[0])


def call_test(monkeypatch, folder, scenes, tmp_path, *options):
    """``tools/test.py`` on the validation images of small scenes."""
    name = folder.name
    tool = import_tool(monkeypatch, 'tools/test.py')
    loader = 'test_dataloader'
    changes = [
        f'{loader}.dataset.data_root={scenes}',
        f'{loader}.num_workers=0',
        f'{loader}.persistent_workers=False',
    ]
    if name == DETECTOR:
        changes.append(f'test_evaluator.ann_file={scenes}/instances_val.json')
    call_tool(
        monkeypatch,
        tool,
        folder / f'{name}.py',
        folder / 'best_random_iter_1.pth',
        '--work-dir',
        tmp_path / 'work',
        *options,
        '--cfg-options',
        *changes,
    )


def assert_same_files(found, images, folder):
    for labels, image in zip(found, images, strict=True):
        saved = cv2.imread(str(folder / image.name), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(labels, saved)


def test_labels_equal_the_hosts(
    untrained, images, scenes, tmp_path, monkeypatch
):
    """API, program, inferencer by name, and ``tools/test.py --out``."""
    from mmseg.apis import MMSegInferencer

    folder = untrained(SEGMENTOR)
    found = [x.labels for x in load(folder, device='cpu').predict(images)]
    out = tmp_path / 'out'
    call_test(monkeypatch, folder, scenes, tmp_path, '--out', out)
    assert_same_files(found, images, out)
    ours = tmp_path / 'ours'
    main(['predict', str(folder), *map(str, images), '--out', str(ours),
          '--device', 'cpu'])  # fmt: skip
    assert_same_files(found, images, ours)
    inferencer = MMSegInferencer(
        SEGMENTOR, weights=str(folder / 'iter_1.pth'), device='cpu'
    )
    theirs = inferencer([str(x) for x in images])['predictions']
    for one, other in zip(found, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_boxes_equal_the_hosts(
    untrained, images, scenes, tmp_path, monkeypatch
):
    from mmdet.apis import DetInferencer

    folder = untrained(DETECTOR)
    config = folder / f'{DETECTOR}.py'
    found = list(load(folder, device='cpu').predict(images))
    out = tmp_path / 'out.pkl'
    call_test(monkeypatch, folder, scenes, tmp_path, '--out', out)
    inferencer = DetInferencer(
        str(config), weights=str(folder / 'iter_1.pth'), device='cpu'
    )
    theirs = inferencer([str(x) for x in images])['predictions']
    dumped = pickle.loads(out.read_bytes())
    for one, other, saved in zip(found, theirs, dumped, strict=True):
        assert len(one.boxes) > 0
        saved = saved['pred_instances']
        np.testing.assert_array_equal(one.boxes, np.float32(other['bboxes']))
        np.testing.assert_array_equal(one.boxes, saved['bboxes'])
        np.testing.assert_array_equal(one.labels, other['labels'])
        np.testing.assert_array_equal(one.scores, saved['scores'])


@pytest.mark.slow
def test_an_exported_file(untrained, images, tmp_path):
    folder = untrained(SEGMENTOR)
    plain = load(folder, device='cpu')
    exported = tmp_path / 'graph.onnx'
    export_model(plain.model, exported, 'onnx', (64, 96))
    model = load(folder, exported, 'cpu', backend='onnxruntime')
    same = labels(model, images[0]) == labels(plain, images[0])
    assert same.mean() > 0.99


def test_heads_of_an_exported_file():
    with pytest.raises(ConfigError, match='heads are for detectors'):
        load(SEGMENTOR, 'a.onnx', 'cpu', backend='openvino', heads='a.pth')
    with pytest.raises(ConfigError, match='backbone and neck alone'):
        load(DETECTOR, 'a.onnx', 'cpu', backend='onnxruntime')
