"""Exported graphs give what the model gives, at any size."""

import copy
import json
import pickle
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from config_files import ROOT
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import MODELS, init_default_scope
from torch.nn.modules.batchnorm import _BatchNorm

from uhrnet.apis import ExportedModel, export
from uhrnet.apis.export import ExportError, export_model
from uhrnet.errors import DataError

# Tracing takes its time; what files do is tested in exported_model_hook too.
pytestmark = pytest.mark.slow
TINY = dict(base_channels=4, num_modules=(1,) * 8, num_blocks=1)
SIZE = (64, 96)
UHRNET_MAPS = [2, 4, 8, 16, 32]
HRNET_MAPS = [16, 32, 64, 128]
# A base config, and what makes its backbone, its heads and its neck small
SMALL = {
    'fcn_uhrnet-w18-small': (
        dict(arch=TINY),
        dict(in_channels=UHRNET_MAPS, channels=8),
        None,
    ),
    'hfgd_uhrnet-w18-small': (
        dict(arch=TINY),
        dict(in_channels=UHRNET_MAPS, channels=32),
        None,
    ),
    'ocrnet_hrnet-w48': (
        dict(arch='w18-small-v1'),
        dict(in_channels=HRNET_MAPS, channels=16),
        None,
    ),
    'depth_uhrnet-w18-small': (
        dict(arch=TINY),
        dict(in_channels=UHRNET_MAPS, channels=8),
        None,
    ),
    'fcos_uhrnetv2p-w18': (
        dict(arch=TINY),
        None,
        dict(in_channels=UHRNET_MAPS, out_channels=32),
    ),
}


def build(name, **options):
    """A small model with statistics as after a training."""
    import uhrnet.depth
    import uhrnet.detection  # noqa: F401

    backbone, head, neck = SMALL[name]
    cfg = Config.fromfile(ROOT / f'configs/_base_/models/{name}.py').model
    cfg.backbone.update(backbone, init_cfg=None)
    if head:
        heads = cfg.decode_head
        for part in heads if isinstance(heads, list) else [heads]:
            part.update(head | options)
    if neck:
        cfg.neck.update(neck)
        cfg.bbox_head.update(in_channels=32, feat_channels=32)
    init_default_scope('mmdet' if neck else 'mmseg')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        model = revert_sync_batchnorm(MODELS.build(cfg))
    for norm in model.modules():
        if isinstance(norm, _BatchNorm):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.5, 2)
            norm.weight.data.uniform_(0.5, 1.5)
            norm.bias.data.normal_(0, 0.1)
    model.dataset_meta = dict(
        classes=tuple(f'class{i}' for i in range(19)),
        palette=np.arange(57).reshape(19, 3).tolist(),
    )
    return model.eval()


@pytest.fixture(scope='module')
def fcn():
    return build('fcn_uhrnet-w18-small')


@pytest.fixture(scope='module')
def onnx_file(fcn, tmp_path_factory):
    path = tmp_path_factory.mktemp('exported') / 'fcn.onnx'
    export_model(fcn, path, 'onnx', shape=(96, 160))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ('name', 'fixed'),
    [
        ('fcos_uhrnetv2p-w18', False),
        # A graph for all sizes takes its time.
        ('hfgd_uhrnet-w18-small', True),
        ('ocrnet_hrnet-w48', True),
        ('depth_uhrnet-w18-small', True),
    ],
)
def test_models(name, fixed, tmp_path):
    path = tmp_path / 'new' / 'model.onnx'
    model = build(name)
    found = export_model(
        model, path, 'onnx', shape=(96, 160), fixed_size=fixed
    )
    print(name, found)
    assert list(found)[1] == ('2x3x96x160' if fixed else '2x3x65x107')
    assert max(found.values()) < 5e-6
    assert [x.name for x in path.parent.iterdir()] == ['model.onnx']
    outs = ExportedModel(path)(torch.randn(1, 3, 96, 160))
    task = ExportedModel(path).description['task']
    if 'depth' in name:
        assert (task, outs[0].shape) == ('depth', (1, 1, 24, 40))
    elif 'fcos' in name:
        sizes = [tuple(x.shape[1:]) for x in outs]
        assert task == 'detection' and sizes[:2] == [(32, 12, 20), (32, 6, 10)]
    else:
        assert (task, outs[0].shape) == ('segmentation', (1, 19, 24, 40))


@pytest.mark.parametrize('backend', ['onnxruntime', 'openvino'])
@pytest.mark.parametrize('size', [(1, 5), (33, 47), (64, 128)])
def test_any_size(fcn, onnx_file, backend, size):
    """Also those that the graph was not compared at."""
    x = torch.randn(3, 3, *size)
    with torch.inference_mode():
        expected = fcn(x, mode='tensor')
    (found,) = ExportedModel(onnx_file, backend)(x)
    worst = export.difference(found, expected)
    print(f'{backend} {size}: {worst:.1e}')
    assert worst < 5e-6


@pytest.mark.parametrize('backend', ['onnxruntime', 'openvino'])
def test_several_threads(onnx_file, backend):
    exported = ExportedModel(onnx_file, backend)
    images = torch.randn(8, 1, 3, 64, 64)
    expected = [exported(image)[0] for image in images]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            found = pool.map(exported, images)
            for (one,), other in zip(found, expected, strict=True):
                assert torch.equal(one, other)


@pytest.mark.parametrize(
    ('file_format', 'name', 'files'),
    [
        ('openvino', 'm.xml', ['m.bin', 'm.xml']),
        ('torch-export', 'm.pt2', ['m.pt2']),
    ],
)
def test_formats(fcn, tmp_path, file_format, name, files):
    path = tmp_path / name
    found = export_model(
        fcn, path, file_format, shape=(70, 99), fixed_size=True
    )
    print(file_format, found)
    assert max(found.values()) < 5e-6
    assert sorted(x.name for x in tmp_path.iterdir()) == files
    exported = ExportedModel(path, trusted=True)
    assert exported.description['classes'][18] == 'class18'


@pytest.mark.parametrize('size', [(1, 1), (2, 3), (5, 8), (33, 64)])
def test_padding_in_the_graph(size):
    from uhrnet.apis.export_graph import NativeSameConv, PaddedSameConv
    from uhrnet.models.layers import SameConv2d

    conv = SameConv2d(3, 4, 3, stride=2)
    x = torch.randn(2, 3, *size)
    for kind in (NativeSameConv, PaddedSameConv):
        assert export.difference(kind(conv)(x), conv(x)) < 1e-6
    with pytest.raises(ValueError, match='not .*5, 5'):
        PaddedSameConv(SameConv2d(3, 4, 5, stride=2))


def test_description(fcn, onnx_file):
    for backend in ('onnxruntime', 'openvino'):
        found = ExportedModel(onnx_file, backend).description
        assert found['task'] == 'segmentation' and found['outputs'] == 'logits'
        assert found['classes'] == list(fcn.dataset_meta['classes'])
        assert found['palette'][1] == [3, 4, 5]
        assert found['normalisation']['mean'] == [127.5] * 3
        assert found['normalisation']['bgr_to_rgb'] is True


def test_labels_of_one_size(fcn, tmp_path):
    path = tmp_path / 'labels.onnx'
    export_model(
        fcn, path, 'onnx', shape=(64, 96), argmax=True, fixed_size=True
    )
    x = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        logits = fcn(x, mode='tensor')
    expected = torch.nn.functional.interpolate(
        logits, (64, 96), mode='bilinear'
    ).argmax(1)
    (labels,) = ExportedModel(path)(x)
    assert labels.dtype == torch.uint8 and torch.equal(labels.long(), expected)
    with pytest.raises(ValueError, match='64x96 alone, and got 64x128'):
        ExportedModel(path)(torch.zeros(1, 3, 64, 128))


def test_a_graph_that_differs_is_not_written(fcn, tmp_path, monkeypatch):
    monkeypatch.setattr(
        export, 'reference', lambda model, x, task: (model(x) + 0.01,)
    )
    with pytest.raises(ExportError, match='differs from the model by'):
        export_model(fcn, tmp_path / 'm.onnx', 'onnx', SIZE, fixed_size=True)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_traced(fcn, tmp_path):
    class Counting(type(fcn)):
        """Depends on the values."""

        def extract_feat(self, inputs):
            return super().extract_feat(inputs * int(inputs.sum() > 0))

    fcn.__class__, kept = Counting, fcn.__class__
    try:
        with pytest.raises(ExportError, match='cannot be traced'):
            export_model(
                fcn, tmp_path / 'm.onnx', 'onnx', SIZE, fixed_size=True
            )
    finally:
        fcn.__class__ = kept
    assert not list(tmp_path.iterdir())


def hostile_pt2(path):
    """A file that runs something when torch loads it."""

    class Call:
        def __reduce__(self):
            return Path.write_text, (path.with_name('executed'), 'yes')

    with zipfile.ZipFile(path, 'w') as file:
        file.writestr('model/archive_format', 'pt2')
        file.writestr('model/data/weights/weight_0', pickle.dumps(Call()))


def test_pt2_of_strangers_is_not_loaded(tmp_path, monkeypatch):
    path = tmp_path / 'stranger.pt2'
    hostile_pt2(path)
    called = []
    monkeypatch.setattr(torch.export, 'load', lambda *a, **k: called.append(a))
    with pytest.raises(ValueError, match='may run code.*trusted=True'):
        ExportedModel(path)
    assert not called


WRONG = {
    'the description of .* is damaged': ['{not json', '[' * 100000],
    'no valid task': ['[1, 2]', 'null', '"x"', '{}'],
}


def test_descriptions_of_strangers(onnx_file):
    from uhrnet.apis.exported_model import read_description

    good = ExportedModel(onnx_file).description
    assert read_description('f', json.dumps(good)) == good
    for message, texts in WRONG.items():
        for text in texts:
            with pytest.raises(DataError, match=message):
                read_description('f', text)
    for key, value in (
        ('size', 5),
        ('size', ['a', 'b']),
        ('classes', 5),
        ('classes', {}),
        ('normalisation', dict(mean=['a'], std=[1])),
        ('size', [64, 96, 3]),
        ('size', [10**400, 1]),
        ('classes', [1]),
        ('palette', [[0, 0]]),
        ('normalisation', dict(mean=5)),
        ('normalisation', dict(mean={'a': 1})),
        ('normalisation', dict(mean=[float('nan')] * 3)),
        ('normalisation', dict(bgr_to_rgb=1)),
        ('least', None),
        ('least', True),
    ):
        with pytest.raises(DataError, match=f'no valid .*{key}'):
            read_description('f', json.dumps(good | {key: value}))


def test_one_channel_has_no_argmax(tmp_path):
    model = build('fcn_uhrnet-w18-small', num_classes=2, out_channels=1)
    with pytest.raises(ValueError, match='one channel with a threshold'):
        export_model(model, tmp_path / 'm.onnx', 'onnx', SIZE, argmax=True)


def test_the_model_is_left_alone(fcn, tmp_path):
    state = torch.get_rng_state()
    export_model(fcn, tmp_path / 'm.onnx', 'onnx', SIZE, fixed_size=True)
    assert torch.equal(torch.get_rng_state(), state)
    half = copy.deepcopy(fcn).half()
    with pytest.raises(ValueError, match='float16.*in float32'):
        export_model(half, tmp_path / 'm.onnx', 'onnx', SIZE)


def test_refused(fcn, tmp_path):
    with pytest.raises(ValueError, match='at least 129 pixels'):
        export_model(fcn, tmp_path / 'm.pt2', 'torch-export', SIZE)
    with pytest.raises(ValueError, match='is a folder'):
        (tmp_path / 'd.onnx').mkdir()
        export_model(fcn, tmp_path / 'd.onnx', 'onnx', SIZE)
    with pytest.raises(ValueError, match=r'openvino \(.xml\)'):
        export_model(fcn, tmp_path / 'm.onnx', 'openvino')
    with pytest.raises(ValueError, match='one of depth'):
        export_model(
            build('depth_uhrnet-w18-small'), 'm.onnx', 'onnx', argmax=True
        )


def test_files_that_are_none(tmp_path, onnx_file):
    import onnx

    with pytest.raises(DataError, match='does not exist'):
        ExportedModel(tmp_path / 'none.onnx')
    with pytest.raises(ValueError, match='cannot be run by openvino'):
        ExportedModel(tmp_path / 'none.pt2', 'openvino')
    half = tmp_path / 'half.onnx'
    half.write_bytes(onnx_file.read_bytes()[:-1000])
    foreign = tmp_path / 'foreign.onnx'
    model = onnx.load(onnx_file)
    del model.metadata_props[:]
    onnx.save(model, foreign)
    for backend in ('onnxruntime', 'openvino'):
        with pytest.raises(DataError, match='half.onnx cannot be read by'):
            ExportedModel(half, backend)
        with pytest.raises(DataError, match='foreign.onnx was not written'):
            ExportedModel(foreign, backend)
