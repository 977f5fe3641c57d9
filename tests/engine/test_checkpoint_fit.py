import types

import pytest
import torch
from torch import nn

from uhrnet.engine.hooks import CheckpointFitHook


class Net(nn.Module):
    def __init__(self, width=4, classes=2):
        super().__init__()
        self.backbone = nn.Linear(3, width)
        self.decode_head = nn.Linear(width, classes)


def check(model, state, train=False, resume=False):
    runner = types.SimpleNamespace(
        model=model,
        _load_from='some.pth',
        _train_loop=object() if train else None,
        _resume=resume,
    )
    CheckpointFitHook().after_load_checkpoint(
        runner, dict(state_dict=state, meta={})
    )


def test_equal_model_passes():
    check(Net(), Net().state_dict())
    check(Net(), {f'module.{k}': v for k, v in Net().state_dict().items()})


@pytest.mark.parametrize('mode', [dict(), dict(train=True, resume=True)])
def test_another_model(mode):
    with pytest.raises(ValueError) as error:
        check(Net(), Net(width=5).state_dict(), **mode)
    assert 'some.pth does not fit' in str(error.value)
    assert 'backbone.weight: (5, 3) in place of (4, 3)' in str(error.value)


def test_missing_and_unknown_names_are_told():
    state = Net().state_dict()
    del state['backbone.bias']
    state['neck.weight'] = torch.zeros(1)
    with pytest.raises(ValueError) as error:
        check(Net(), state)
    assert 'backbone.bias: missing' in str(error.value)
    assert 'neck.weight: unknown' in str(error.value)


def test_long_lists_are_cut():
    state = {f'x{i}': torch.zeros(1) for i in range(50)}
    with pytest.raises(ValueError, match='and 49 more'):
        check(Net(), state)


def test_fine_tuning_may_change_the_head(caplog):
    check(Net(), Net(classes=7).state_dict(), train=True)
    with pytest.raises(ValueError, match='backbone.weight'):
        check(Net(), Net(width=5).state_dict(), train=True)
    with pytest.raises(ValueError, match='decode_head.weight'):
        check(Net(), Net(classes=7).state_dict())


def test_bare_state_dict():
    runner = types.SimpleNamespace(
        model=Net(), _load_from=None, _train_loop=None, _resume=False
    )
    CheckpointFitHook().after_load_checkpoint(runner, Net().state_dict())
