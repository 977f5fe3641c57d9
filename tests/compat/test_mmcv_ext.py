"""The stand-in for ``mmcv._ext`` appears when needed, and only then."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from uhrnet.compat import mmcv_ext

ROOT = Path(__file__).parents[2]
COMPILED = mmcv_ext.ops_backend() == 'compiled'
OPS = (
    'nms',
    'softnms',
    'roi_align_forward',
    'roi_align_backward',
    'sigmoid_focal_loss_forward',
    'sigmoid_focal_loss_backward',
)


def python(code, *args):
    """Run code in a fresh interpreter and return what it prints."""
    head = f'import sys; sys.path.insert(0, {str(ROOT / "projects")!r})\n'
    result = subprocess.run(
        [sys.executable, '-c', head + code, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def fallback():
    """The module as Python would make it, without registering it."""
    spec = mmcv_ext._FallbackFinder().find_spec('mmcv._ext')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_install_imports_nothing():
    """Once, behind the other finders, and without a look at mmcv."""
    out = python("""
import json
from uhrnet.compat import mmcv_ext
kind = mmcv_ext._FallbackFinder
sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, kind)]
before = set(sys.modules)
mmcv_ext.install()
mmcv_ext.install()
print(json.dumps([
    sorted(set(sys.modules) - before),
    [isinstance(f, kind) for f in sys.meta_path],
]))
""")
    imported, finders = json.loads(out)
    assert imported == []
    assert finders[-1] and sum(finders) == 1


def test_backend_does_not_import_mmcv():
    out = python("""
import importlib.util
path = importlib.util.find_spec('uhrnet').submodule_search_locations[0]
spec = importlib.util.spec_from_file_location(
    'alone', path + '/compat/mmcv_ext.py')
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module._is_compiled(), 'mmcv' in sys.modules)
""")
    assert out.split() == [str(COMPILED), 'False']


def test_inactive_if_extension_exists(tmp_path):
    """Even if that extension has nothing, and even installed before it."""
    (tmp_path / '_ext.py').write_text('real = True\n')
    out = python(
        """
from uhrnet.compat import mmcv_ext
import mmcv
mmcv_ext.install()
mmcv.__path__.append(sys.argv[1])
print(mmcv_ext.ops_backend())
import mmcv._ext
print(mmcv_ext.ops_backend(), mmcv._ext.__file__)
print(mmcv._ext.__spec__.origin)
""",
        tmp_path,
    )
    first, second, path, origin = out.split()
    assert first == second == 'compiled'
    assert path == origin
    if not COMPILED:
        assert path == str(tmp_path / '_ext.py')


def test_broken_extension_is_not_hidden(tmp_path):
    """A build for another PyTorch should be rebuilt, not worked around."""
    if COMPILED:
        pytest.skip('a real extension is installed')
    (tmp_path / '_ext.py').write_text("raise ImportError('bad symbol')\n")
    out = python(
        """
from uhrnet.compat import mmcv_ext
import mmcv
mmcv_ext.install()
mmcv.__path__.append(sys.argv[1])
try:
    import mmcv.ops
except ImportError as error:
    print(error)
""",
        tmp_path,
    )
    assert out.strip() == 'bad symbol'


def test_finds_one_name_only():
    finder = mmcv_ext._FallbackFinder()
    for name in ('mmcv', 'mmcv._ext2', 'mmcv.ops', '_ext', 'other._ext'):
        assert finder.find_spec(name) is None
    assert finder.find_spec('mmcv._ext', ['/nowhere']).name == 'mmcv._ext'


def test_module_is_a_module(fallback):
    assert fallback.__name__ == fallback.__spec__.name == 'mmcv._ext'
    assert isinstance(fallback.__spec__.loader, mmcv_ext._FallbackLoader)
    for name in ('__file__', '__path__', '__wrapped__', '_private'):
        assert not hasattr(fallback, name)
    for name in OPS:
        assert getattr(fallback, name).__module__.startswith('uhrnet.compat')


def test_report_on_environment(fallback):
    for report in (
        fallback.get_compiler_version(),
        fallback.get_compiling_cuda_version(),
    ):
        assert 'fallback ops of uhrnet' in report


@pytest.mark.parametrize('name', ['deform_conv_forward', 'ball_query'])
def test_unsupported_op(fallback, name):
    assert hasattr(fallback, name)
    op = getattr(fallback, name)
    assert op.__name__ == name
    with pytest.raises(NotImplementedError) as error:
        op(1, two=2)
    for part in (f"'{name}'", 'mmcv==2.1.0', '--no-binary mmcv', 'mim'):
        assert part in str(error.value)


def test_backend_name(monkeypatch):
    monkeypatch.setattr(mmcv_ext, '_is_compiled', lambda: False)
    for ops, name in ((None, 'pytorch'), (object(), 'torchvision')):
        monkeypatch.setattr(
            mmcv_ext, 'torchvision_ops', lambda device, ops=ops: ops
        )
        assert mmcv_ext.ops_backend() == name


def test_torchvision_is_found():
    """Where it imports, all tests of a ``backend`` run on it as well."""
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError, OSError) as error:
        pytest.skip(f'no torchvision for this PyTorch: {error}')
    assert mmcv_ext.torchvision_ops('cpu') is not None


@pytest.mark.parametrize('error', [ImportError, RuntimeError, OSError])
def test_torchvision_that_fails_to_import(error, monkeypatch):
    class Refuse:
        def find_spec(self, name, path=None, target=None):
            if name == 'torchvision':
                raise error('built for another PyTorch')

    monkeypatch.setattr(sys, 'meta_path', [Refuse(), *sys.meta_path])
    monkeypatch.delitem(sys.modules, 'torchvision', raising=False)
    assert mmcv_ext.torchvision_ops.__wrapped__('cpu') is None


DETECTOR = """
import json, logging
from uhrnet.compat import mmcv_ext
mmcv_ext.install()
mmcv_ext.install()
import torch
import mmdet, mmseg
import mmdet.models, mmseg.models
from mmcv.ops import roi_align
from mmcv.utils import collect_env
from mmcv.utils.ext_loader import check_ops_exist
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from mmengine.utils.dl_utils import mmcv_full_available

torch.manual_seed(0)
torch.set_num_threads(1)
box = dict(type='DeltaXYWHBBoxCoder', target_stds=[.1, .1, .2, .2])
loss_box = dict(type='L1Loss')
assign = dict(
    type='MaxIoUAssigner', pos_iou_thr=.5, neg_iou_thr=.5, min_pos_iou=.3)
sample = dict(type='RandomSampler', num=32, pos_fraction=.5)
model = MODELS.build(ConfigDict(
    type='mmdet.FasterRCNN',
    data_preprocessor=dict(type='mmdet.DetDataPreprocessor'),
    backbone=dict(type='ResNet', depth=18, base_channels=4, stem_channels=4),
    neck=dict(type='FPN', in_channels=[4, 8, 16, 32], out_channels=8,
              num_outs=5),
    rpn_head=dict(
        type='RPNHead', in_channels=8, feat_channels=8,
        anchor_generator=dict(type='AnchorGenerator', scales=[4],
                              ratios=[.5, 1., 2.],
                              strides=[4, 8, 16, 32, 64]),
        bbox_coder=box, loss_bbox=loss_box,
        loss_cls=dict(type='CrossEntropyLoss', use_sigmoid=True)),
    roi_head=dict(
        type='StandardRoIHead',
        bbox_roi_extractor=dict(
            type='SingleRoIExtractor', out_channels=8,
            featmap_strides=[4, 8, 16, 32],
            roi_layer=dict(type='RoIAlign', output_size=7,
                           sampling_ratio=0)),
        bbox_head=dict(type='Shared2FCBBoxHead', in_channels=8,
                       fc_out_channels=16, num_classes=3, bbox_coder=box,
                       loss_bbox=loss_box)),
    train_cfg=dict(
        rpn=dict(assigner=assign, sampler=sample, pos_weight=-1,
                 allowed_border=-1),
        rpn_proposal=dict(nms_pre=200, max_per_img=100,
                          nms=dict(type='nms', iou_threshold=.7),
                          min_bbox_size=0),
        rcnn=dict(assigner=assign, sampler=dict(
            sample, add_gt_as_proposals=True), pos_weight=-1)),
    test_cfg=dict(
        rpn=dict(nms_pre=200, max_per_img=50,
                 nms=dict(type='nms', iou_threshold=.7), min_bbox_size=0),
        rcnn=dict(score_thr=.01, max_per_img=10,
                  nms=dict(type='soft_nms', iou_threshold=.5)))))
samples = []
for _ in range(2):
    start = torch.rand(3, 2) * 30
    ends = start + 8 + torch.rand(3, 2) * 20
    item = DetDataSample(metainfo=dict(
        img_shape=(64, 64), ori_shape=(64, 64), scale_factor=(1., 1.)))
    item.gt_instances = InstanceData(
        bboxes=torch.cat([start, ends], 1), labels=torch.randint(3, (3,)))
    samples.append(item)
data = dict(inputs=[torch.randint(256, (3, 64, 64)) for _ in range(2)],
            data_samples=samples)
model.train()
weight = model.backbone.layer4[0].conv1.weight
before = weight.detach().clone()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
total, _ = model.parse_losses(
    model(**model.data_preprocessor(data, True), mode='loss'))
total.backward()
optimizer.step()
model.eval()
with torch.no_grad():
    found = model(**model.data_preprocessor(data), mode='predict')
print(json.dumps(dict(
    loss=total.item(),
    moved=(weight.detach() - before).abs().max().item(),
    found=[len(item.pred_instances) for item in found],
    ops_exist=check_ops_exist(),
    full=mmcv_full_available(),
    compiler=collect_env()['MMCV Compiler'],
    backend=mmcv_ext.ops_backend(),
    finders=[type(f).__name__ if not isinstance(f, type) else f.__name__
             for f in sys.meta_path],
)))
"""


def test_detector():
    """mmdet and mmseg import, and Faster R-CNN trains and predicts."""
    pytest.importorskip('mmengine')
    for name in ('mmdet', 'mmseg'):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f'{name} is not installed')
    *log, last = python(DETECTOR).strip().splitlines()
    result = json.loads(last)
    assert 0 < result['loss'] < 100
    assert result['moved'] > 0
    assert all(0 < num <= 10 for num in result['found'])
    # Both mean that ``mmcv.ops`` imports, which is what callers rely on.
    assert result['ops_exist'] and result['full']
    assert result['finders'].count('_FallbackFinder') == 1
    announced = [line for line in log if 'No compiled mmcv._ext' in line]
    if COMPILED:
        assert result['backend'] == 'compiled'
        assert announced == []
    else:
        assert result['backend'] in ('torchvision', 'pytorch')
        assert 'fallback ops of uhrnet' in result['compiler']
        assert len(announced) == 1 and 'INFO' in announced[0]
