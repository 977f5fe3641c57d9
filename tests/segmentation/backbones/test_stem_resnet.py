"""A ResNet that returns its stem."""

import pytest
import torch

from uhrnet.segmentation.backbones import StemResNetV1c

# isort: split
from mmseg.models.backbones import ResNetV1c

SMALL = dict(
    depth=18, base_channels=8, stem_channels=8, norm_cfg=dict(type='BN')
)


@pytest.mark.parametrize('out_indices', [(0, 1, 2, 3), (1, 3)], ids=str)
def test_is_the_hosts_and_its_stem(out_indices):
    ours = StemResNetV1c(out_indices=out_indices, **SMALL).eval()
    host = ResNetV1c(out_indices=out_indices, **SMALL)
    host.eval()
    host.load_state_dict(ours.state_dict())
    image = torch.randn(2, 3, 65, 97)
    with torch.no_grad():
        stem, *maps = ours(image)
        expected = host(image)
        assert torch.equal(stem, host.stem(image))
    assert stem.shape == (2, 8, 33, 49)
    assert len(maps) == len(expected) == len(out_indices)
    assert all(map(torch.equal, maps, expected))


def test_stages_stay_frozen():
    model = StemResNetV1c(frozen_stages=1, **SMALL).train()
    fixed = {n for n, p in model.named_parameters() if not p.requires_grad}
    assert {name.split('.')[0] for name in fixed} == {'stem', 'layer1'}
    assert not model.stem.training
