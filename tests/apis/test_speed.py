"""Cases are what they say, and take turns in processes of their own."""

import ctypes
import math
import sys
from types import SimpleNamespace

import pytest
import torch
from command_line import import_tool
from config_files import ROOT
from mmengine.config import Config

from uhrnet.apis.speed import Result, measure, peak_of, seconds_of
from uhrnet.apis.speed_case import Case, build_call, random_batch
from uhrnet.errors import ConfigError

FCN = 'uhrnet/fcn_uhrnet-w18-small_1xb4-500it_scenes-192x320.py'
DEPTH = 'uhrnet/depth_uhrnet-w18-small_1xb8-4k_scenes-96x160.py'
MASKS = 'uhrnet/mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320.py'
SHAPE = (64, 96)


def case(config=FCN, **options):
    """A small one."""
    return Case(str(ROOT / 'configs' / config), shape=SHAPE, **options)


def test_inference():
    call, model = build_call(case(batch=2))
    assert not model.training
    assert call().shape == (2, 11, 16, 24)
    plain = call()
    assert not plain.requires_grad


def test_options_of_inference():
    call, model = build_call(
        case(memory_format='contiguous', dtype='bfloat16')
    )
    assert call().dtype == torch.bfloat16
    weight = model.backbone.stage1[0].conv2.conv.weight
    assert weight.is_contiguous() and model.backbone.memory_format == (
        'contiguous'
    )
    _, prepared = build_call(case(prepare=True))
    kinds = {type(x).__name__ for x in prepared.modules()}
    assert 'BatchNorm2d' not in kinds
    overridden = case(cfg_options={'model.decode_head.num_classes': 5})
    assert build_call(overridden)[0]().shape[1] == 5


def test_compiled_case(monkeypatch):
    parts = []
    monkeypatch.setattr(
        'uhrnet.engine.hooks.CompileHook.compile_parts',
        lambda self, model: parts.append(model),
    )
    _, model = build_call(case(compile='default'))
    assert parts == [model]


@pytest.mark.parametrize('config', [FCN, DEPTH, MASKS])
def test_training(config):
    """A step of the config's optimiser on data of the right form."""
    call, model = build_call(case(config, task='train', batch=2))
    before = model.backbone.stem1.conv.weight.clone()
    losses = call()
    assert losses and all(x.isfinite().all() for x in losses.values())
    assert not torch.equal(before, model.backbone.stem1.conv.weight)


def test_training_in_half_precision(monkeypatch):
    kept = []
    monkeypatch.setattr(
        'uhrnet.apis.speed_case.keep_freed_memory', lambda: kept.append(1)
    )
    dtypes = []
    call, model = build_call(case(task='train', dtype='bfloat16'))
    model.decode_head.conv_seg.register_forward_hook(
        lambda module, args, out: dtypes.append(out.dtype)
    )
    call()
    assert dtypes == [torch.bfloat16] and kept
    kept.clear()
    build_call(case(task='train', stock_memory=True))
    assert not kept


def test_images_have_the_stated_size():
    """Also where the recipe's preprocessor pads to its crop."""
    call, model = build_call(case(task='train'))
    sizes = []
    model.backbone.register_forward_pre_hook(
        lambda module, args: sizes.append(args[0].shape[2:])
    )
    call()
    assert sizes == [SHAPE]
    assert random_batch(model, 3, SHAPE)['inputs'][2].dtype == torch.uint8


def test_excluded():
    for options, said in (
        (dict(task='train', prepare=True), 'cannot be trained'),
        (dict(task='train', backend='openvino'), 'cannot be trained'),
        (dict(compile='default', backend='openvino'), 'on its own'),
        (dict(prepare=True, backend='openvino'), 'on its own'),
        (dict(memory_format='contiguous', backend='openvino'), 'on its own'),
        (dict(stock_memory=True), 'is for training'),
    ):
        with pytest.raises(ValueError, match=said):
            build_call(case(**options))


@pytest.mark.slow
def test_in_turn():
    host = Case(
        'mmseg::hrnet/fcn_hr18s_4xb2-40k_cityscapes-512x1024.py', shape=SHAPE
    )
    ours, theirs = measure([case(), host], rounds=2, threads=1)
    for result in (ours, theirs):
        assert len(result.seconds) == 2 and min(result.seconds) > 0
        assert result.megabytes > 0 and result.kernels is None
    assert 0.2e9 < ours.macs < 0.3e9 and 0.2e9 < theirs.macs < 0.3e9


def test_a_case_that_fails():
    with pytest.raises(ConfigError, match='none.py does not exist'):
        measure([Case('none.py')])
    with pytest.raises(ConfigError, match='scenes.*: stock_memory is for'):
        measure([case(stock_memory=True)])
    with pytest.raises(ValueError, match='rounds must be 1 or more'):
        measure([case()], rounds=0)


def test_measured():
    assert seconds_of(lambda: None, 'cpu') < 1
    if sys.platform.startswith('linux'):  # what other tests have freed
        ctypes.CDLL(None).malloc_trim(0)
    megabytes = peak_of(lambda: torch.ones(2**24), 'cpu')
    assert math.isnan(megabytes) or 60 < megabytes < 80
    result = Result([3.0, 1.0, 2.0], 5.0, macs=10**12, device='NVIDIA H200')
    assert result.median == 2
    half = SimpleNamespace(dtype='bfloat16', task='train')
    assert result.utilisation(half) == pytest.approx(6e12 / 2 / 989e12)
    assert result.utilisation(case()) is None


def test_table(monkeypatch):
    tool = import_tool(monkeypatch, 'tools/analysis_tools/benchmark.py')
    first = Result([0.5], 10, macs=2 * 10**9)
    second = Result([1.0], 20, macs=10**9, kernels=7, device='NVIDIA H200')
    line = tool.row('name', case(batch=4), second, first)
    assert line == (
        '| name | 1.0000 s | 1.0000 to 1.0000 | 4.00 | 2.00 | 20 MB | 1.0 | '
        '7 |  |'
    )
    text = 'configs/a.py --prepare --shape 64 96 --cfg-options model.x=1'
    monkeypatch.setattr('sys.argv', ['benchmark.py', text, '--rounds', '3'])
    args, (parsed,) = tool.parse_args()
    assert args.rounds == 3 and parsed.prepare and parsed.shape == (64, 96)
    assert parsed.cfg_options == {'model.x': 1}
    assert Config(parsed.cfg_options)
