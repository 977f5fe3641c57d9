"""Backbones whose maps are read through a stop-gradient."""

import sys
import types

import pytest
from torch import nn

from uhrnet.segmentation.backbones.fixed_output_norms import (
    FixedNormConvNeXt,
)


class ConvNeXt(nn.Module):
    """What mmpretrain's has of interest."""

    def __init__(self, arch, out_indices):
        super().__init__()
        self.arch, self.out_indices = arch, out_indices
        for index in out_indices:
            self.add_module(f'norm{index}', nn.LayerNorm(4))


def test_convnext_of_mmpretrain(monkeypatch):
    module = types.ModuleType('mmpretrain.models')
    module.ConvNeXt = ConvNeXt
    monkeypatch.setitem(sys.modules, 'mmpretrain', types.ModuleType('x'))
    monkeypatch.setitem(sys.modules, 'mmpretrain.models', module)
    model = FixedNormConvNeXt(arch='tiny', out_indices=[1, 2, 3])
    assert isinstance(model, ConvNeXt) and model.arch == 'tiny'
    trained = {n for n, p in model.named_parameters() if p.requires_grad}
    assert trained == {'norm3.weight', 'norm3.bias'}


class Broken(types.ModuleType):
    """A package that fails to import, as with another torchvision."""

    def __getattr__(self, name):
        raise RuntimeError('operator torchvision::nms does not exist')


@pytest.mark.parametrize('module', [None, Broken('mmpretrain.models')])
def test_convnext_without_mmpretrain(module, monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmpretrain.models', module)
    with pytest.raises(ImportError, match='pip install mmpretrain, and the'):
        FixedNormConvNeXt(arch='tiny')
