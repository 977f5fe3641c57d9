"""Counts of whole configs, of backbones that need more than a meta device."""

import pytest
import torch
from config_files import named
from torch import nn

from uhrnet.apis.config_cost import build_without_memory, measure_config
from uhrnet.apis.convnext_cost import ARCHS, ConvNeXtLayers


def test_swin(mmseg_scope):
    """Its rates of drop paths are read from a tensor, all else is meta."""
    name = 'fpn_swin-t-in1k-pre_4xb2-80k_cityscapes-512x1024'
    model = build_without_memory(named(name))
    assert {p.device.type for p in model.parameters()} == {'meta'}
    rates = [
        layer.drop_prob
        for layer in model.modules()
        if type(layer).__name__ == 'DropPath'
    ]
    assert rates[0] == 0 and rates[-1] == pytest.approx(0.3)


@pytest.mark.parametrize('algorithm', ['hfgd', 'fpn'])
def test_convnext(algorithm, mmseg_scope):
    """Heads are built, and the backbone's cost is that of its paper."""
    name = f'{algorithm}_convnext-t-in1k-pre_4xb2-80k_cityscapes-512x1024'
    found = measure_config(named(name), (224, 224))
    # 4.5 G with the classifier's 0.8 M
    assert found.macs_by_part['backbone'] == pytest.approx(4.456e9, rel=1e-3)
    assert found.macs_by_part['decode_head'] > 0


@pytest.mark.parametrize(
    'arch, millions', [('tiny', 28.6), ('base', 88.6)]
)  # fmt: skip
def test_parameters_are_those_of_the_paper(arch, millions):
    """Without its classifier, and with a norm for every map."""
    widths = ARCHS[arch][1]
    with torch.device('meta'):
        model = ConvNeXtLayers(arch)
    params = sum(p.numel() for p in model.parameters())
    params += (widths[-1] + 1) * 1000 - 2 * sum(widths[:-1])
    assert params / 1e6 == pytest.approx(millions, abs=0.05)


def test_convnext_is_that_of_mmpretrain():
    models = pytest.importorskip(
        'mmpretrain.models',
        reason='mmpretrain does not import here',
        exc_type=ImportError,
    )
    from uhrnet.apis import measure_complexity

    for arch in ARCHS:
        theirs = models.ConvNeXt(
            arch, out_indices=[0, 1, 2, 3], gap_before_final_norm=False
        )
        # in a module whose train() returns itself
        ours, theirs = (
            measure_complexity(nn.Sequential(model), (1, 3, 224, 256))
            for model in (ConvNeXtLayers(arch), theirs)
        )
        assert (ours.params, ours.macs) == (theirs.params, theirs.macs)
