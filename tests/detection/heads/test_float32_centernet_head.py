"""CenterNet's head where the host's fails, and its equal elsewhere."""

import pytest
import torch

from uhrnet.detection.heads import Float32CenterNetHead

# isort: split
from mmdet.models.dense_heads import CenterNetHead
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData


def build(kind=Float32CenterNetHead):
    test_cfg = ConfigDict(topk=10, local_maximum_kernel=3, max_per_img=10)
    head = kind(8, 4, num_classes=3, test_cfg=test_cfg)
    head.init_weights()
    return head


def loss_of(head, maps):
    truth = InstanceData(
        bboxes=torch.tensor([[4.0, 4.0, 20.0, 24.0]]), labels=torch.tensor([1])
    )
    meta = dict(img_shape=(32, 48), batch_input_shape=(32, 48))
    losses = head.loss_by_feat(*head((maps,)), [truth], [meta])
    return sum(losses.values())


def test_is_the_hosts_in_float32(mmdet_scope):
    ours, host = build(), build(CenterNetHead)
    host.load_state_dict(ours.state_dict())
    maps = torch.randn(1, 8, 8, 12)
    for a, b in zip(ours((maps,)), host((maps,)), strict=True):
        assert torch.equal(a[0], b[0])
    assert torch.equal(loss_of(ours, maps), loss_of(host, maps))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_large_logits_under_autocast(dtype, mmdet_scope):
    """The host's loss is NaN where float16 rounds a score to 1."""
    head = build()
    head.heatmap_head[-1].bias.data.fill_(20.0)
    maps = torch.randn(1, 8, 8, 12)
    with torch.autocast('cpu', dtype):
        outs = head((maps,))
        loss = loss_of(head, maps)
    assert all(out[0].dtype == torch.float32 for out in outs)
    assert torch.isfinite(loss)
    loss.backward()
    assert all(torch.isfinite(p.grad).all() for p in head.parameters())


def test_channels_last(mmdet_scope):
    maps = torch.randn(2, 8, 8, 12)
    head = build()
    meta = dict(batch_input_shape=(32, 48), border=[0, 32, 0, 48])
    metas = [meta] * 2
    found = [
        head.predict_by_feat(*head((x,)), batch_img_metas=metas)
        for x in (maps, maps.to(memory_format=torch.channels_last))
    ]
    for a, b in zip(*found, strict=True):
        assert torch.allclose(a.bboxes, b.bboxes, atol=1e-4)
