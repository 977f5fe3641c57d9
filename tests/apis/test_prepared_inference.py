"""A prepared model predicts what it did before."""

import copy
import warnings
from types import SimpleNamespace

import pytest
import torch
from config_files import ROOT
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from uhrnet.apis import prepare_for_inference
from uhrnet.engine.hooks import PrepareForInferenceHook
from uhrnet.models import UHRNet

MODELS = {
    'fcn_uhrnet-w18-small': 122,
    'fcn_hrnet-w18': 306,
    'ocrnet_hrnet-w48': 314,
    'hfgd_uhrnet-w18-small': 139,
    'hfgd_r50': 73,
    'fcn_r50-d8': 59,
    'depth_uhrnet-w18-small': 122,
}


def norms(model):
    return [x for x in model.modules() if isinstance(x, _BatchNorm)]


def trained(model):
    """Statistics as after a training, or folding would change nothing."""
    for norm in norms(model):
        norm.running_mean.normal_(0, 0.1)
        norm.running_var.uniform_(0.5, 2)
        norm.weight.data.uniform_(0.5, 1.5)
        norm.bias.data.normal_(0, 0.1)
    return model.eval()


def build(name):
    from mmseg.registry import MODELS as REGISTRY

    import uhrnet.depth  # noqa: F401

    cfg = Config.fromfile(ROOT / f'configs/_base_/models/{name}.py').model
    cfg.backbone.pop('init_cfg', None)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return trained(revert_sync_batchnorm(REGISTRY.build(cfg)))


def difference(one, other):
    return ((one - other).abs().max() / other.abs().max()).item()


@pytest.mark.parametrize('name', MODELS)
def test_predictions_stay(name, mmseg_scope):
    model = build(name)
    number = len(norms(model))
    x = torch.randn(1, 3, 70, 90)
    with torch.no_grad():
        before = model(x)
        prepared = prepare_for_inference(model)
        after = prepared(x)
    error = difference(after, before)
    print(f'{name}: {number} batch norms folded, predictions {error:.1e} off')
    assert prepared is model and error < 1e-5
    assert number == MODELS[name] and not norms(model)
    assert not any(p.requires_grad for p in model.parameters())
    weights = [m.weight for m in model.modules() if isinstance(m, nn.Conv2d)]
    assert all(
        x.is_contiguous(memory_format=torch.channels_last) for x in weights
    )


def test_twice_and_from_training():
    model = trained(UHRNet('w18-small'))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        before = model(x)
    once = prepare_for_inference(model.train())
    again = prepare_for_inference(once)
    assert not again.training
    with torch.no_grad():
        for one, other in zip(again(x), before, strict=True):
            assert difference(one, other) < 1e-5


def test_a_detector(mmdet_scope):
    """In mmdetection's registry, with its preprocessor."""
    from mmdet.registry import MODELS as REGISTRY

    cfg = Config.fromfile(
        ROOT / 'configs/_base_/models/faster-rcnn_uhrnetv2p-w18.py'
    ).model
    cfg.backbone.arch = 'w18-small'
    model = trained(revert_sync_batchnorm(REGISTRY.build(cfg)))
    x = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        before = model.extract_feat(x)
        mean = model.data_preprocessor.mean.clone()
        after = prepare_for_inference(model).extract_feat(x)
    assert all(
        difference(a, b) < 1e-5 for a, b in zip(after, before, strict=True)
    )
    assert torch.equal(model.data_preprocessor.mean, mean)


def test_hook_prepares_what_is_wrapped():
    model = trained(UHRNet('w18-small'))
    plain = copy.deepcopy(model)
    PrepareForInferenceHook().before_test(SimpleNamespace(model=model))
    assert norms(plain) and not norms(model)
