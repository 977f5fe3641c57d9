import torch
from mmengine.optim import build_optim_wrapper
from torch import nn

from uhrnet.engine import Bf16OptimWrapper


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        self.seen = self.layer(x).dtype
        return self.layer(x).float().square().mean()


def test_forward_in_bfloat16_weights_in_float32():
    model = Net()
    wrapper = build_optim_wrapper(
        model,
        dict(type='Bf16OptimWrapper', optimizer=dict(type='SGD', lr=0.1)),
    )
    assert isinstance(wrapper, Bf16OptimWrapper)
    before = model.layer.weight.clone()
    with wrapper.optim_context(model):
        loss = model(torch.randn(4, 8))
    assert model.seen == torch.bfloat16
    wrapper.update_params(loss)
    assert model.layer.weight.dtype == torch.float32
    assert not torch.equal(model.layer.weight, before)
    model(torch.randn(4, 8))
    assert model.seen == torch.float32, 'autocast went on'
