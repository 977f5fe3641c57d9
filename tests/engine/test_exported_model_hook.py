"""An exported file predicts in the place of the model it was made from."""

import copy
from types import SimpleNamespace

import pytest
import torch
from apis.test_export import build
from mmseg.structures import SegDataSample

from uhrnet.apis.export import export_model
from uhrnet.engine.hooks import ExportedModelHook

SIZE = (64, 96)
LARGER = (128, 256)


CLASSES = tuple(f'class{i}' for i in range(19))


def put(model, path, backend='onnxruntime', classes=CLASSES):
    """Replace a copy's parts by the file."""
    copied = copy.deepcopy(model)
    hook = ExportedModelHook(str(path), backend)
    dataset = SimpleNamespace(metainfo=dict(classes=classes))
    loader = SimpleNamespace(dataset=dataset)
    hook.before_test(SimpleNamespace(model=copied, test_dataloader=loader))
    return copied


def samples():
    """As a test pipeline gives them."""
    meta = dict(img_shape=SIZE, ori_shape=(50, 70), pad_shape=SIZE)
    return [SegDataSample(metainfo=meta) for _ in range(2)]


@pytest.fixture(scope='module')
def fcn():
    return build('fcn_uhrnet-w18-small')


@pytest.fixture(scope='module')
def labels(fcn, tmp_path_factory):
    path = tmp_path_factory.mktemp('exported') / 'labels.onnx'
    export_model(fcn, path, 'onnx', SIZE, argmax=True, fixed_size=True)
    return path


def test_labels(fcn, labels):
    """What chose a class before enlarging chooses it after it."""
    image = torch.randn(2, 3, *SIZE)
    meta = dict(img_shape=SIZE, ori_shape=SIZE)
    same = [SegDataSample(metainfo=meta) for _ in range(2)]
    with torch.inference_mode():
        expected = fcn.predict(image, copy.deepcopy(same))
        found = put(fcn, labels).predict(image, same)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one.pred_sem_seg.data, other.pred_sem_seg.data)


@pytest.mark.slow
def test_labels_of_hfgd(tmp_path):
    """Its head looks at the stride of what it enlarges."""
    model = build('hfgd_uhrnet-w18-small')
    path = tmp_path / 'hfgd.onnx'
    export_model(model, path, 'onnx', SIZE, argmax=True, fixed_size=True)
    image = torch.randn(1, 3, *SIZE)
    meta = dict(img_shape=SIZE, ori_shape=SIZE)
    with torch.inference_mode():
        one, other = (
            x.predict(image, [SegDataSample(metainfo=meta)])[0]
            for x in (put(model, path), model)
        )
    assert torch.equal(one.pred_sem_seg.data, other.pred_sem_seg.data)


@pytest.mark.parametrize('windows', [False, True])
def test_depth(tmp_path, windows):
    model = build('depth_uhrnet-w18-small')
    path = tmp_path / 'depth.onnx'
    size = (64, 64) if windows else SIZE
    export_model(model, path, 'onnx', size, fixed_size=True)
    if windows:
        model.test_cfg.update(mode='slide', crop_size=size, stride=(64, 32))
    image = torch.randn(2, 3, *SIZE)
    with torch.inference_mode():
        expected = model.predict(image, samples())
        found = put(model, path).predict(image, samples())
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(
            one.pred_depth_map.data, other.pred_depth_map.data
        )


@pytest.mark.slow
def test_detector(tmp_path):
    from mmdet.structures import DetDataSample

    model = build('fcos_uhrnetv2p-w18')
    path = tmp_path / 'fcos.xml'
    export_model(model, path, 'openvino', LARGER, fixed_size=True)
    meta = dict(img_shape=LARGER, ori_shape=LARGER, scale_factor=(1.0, 1.0))
    image = torch.randn(1, 3, *LARGER)
    with torch.inference_mode():
        one, other = (
            x.predict(image, [DetDataSample(metainfo=meta)])[0].pred_instances
            for x in (put(model, path, 'openvino'), model)
        )
    assert len(one) == len(other) > 0
    torch.testing.assert_close(one.scores, other.scores, rtol=1e-4, atol=1e-5)


def test_refused(fcn, labels):
    with pytest.raises(ValueError, match='is of segmentation, the config of'):
        put(build('depth_uhrnet-w18-small'), labels)
    with pytest.raises(ValueError, match=r'19 classes \(class0, ...\), .* 2'):
        put(fcn, labels, classes=('road', 'sky'))
    with pytest.raises(ValueError, match='in another order'):
        put(fcn, labels, classes=CLASSES[::-1])
    other = copy.deepcopy(fcn)
    other.data_preprocessor.mean += 1
    with pytest.raises(ValueError, match='was trained with mean'):
        put(other, labels)
