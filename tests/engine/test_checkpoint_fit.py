import itertools

import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from torch import nn
from torch.utils.data import Dataset

import uhrnet.engine  # noqa: F401, registers the hook

_numbers = itertools.count()
META = dict(iter=0, epoch=0)


class Net(BaseModel):
    def __init__(self, width=4, classes=2):
        super().__init__()
        self.backbone = nn.Linear(3, width)
        self.decode_head = nn.Linear(width, classes)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, inputs, mode='tensor'):
        if mode == 'loss':
            return dict(loss=self.decode_head.weight.sum())
        return [BaseDataElement()]


class Data(Dataset):
    metainfo: dict = {}

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return dict(inputs=torch.zeros(3))


@pytest.fixture
def check(tmp_path):
    """Load through a real runner, which is where the hook gets its facts."""

    def run(model, state, train=False, resume=False, meta=META):
        path = tmp_path / 'some.pth'
        torch.save(dict(state_dict=state, meta=meta), path)
        loader = dict(
            batch_size=1,
            dataset=Data(),
            sampler=dict(type='DefaultSampler', shuffle=False),
        )
        runner = Runner(
            model=model,
            work_dir=str(tmp_path),
            train_dataloader=loader,
            train_cfg=dict(by_epoch=False, max_iters=1),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.0)),
            test_dataloader=loader,
            test_cfg=dict(),
            test_evaluator=Evaluator([]),
            load_from=str(path),
            resume=resume,
            custom_hooks=[dict(type='CheckpointFitHook')],
            experiment_name=f'check_{next(_numbers)}',
            default_scope='mmengine',
        )
        (runner.train if train else runner.test)()

    return run


def test_equal_model_passes(check):
    state = Net().state_dict()
    model = Net()
    check(model, state)
    assert torch.equal(model.backbone.weight, state['backbone.weight'])
    check(Net(), {f'module.{key}': value for key, value in state.items()})


@pytest.mark.parametrize('mode', [dict(), dict(train=True, resume=True)])
def test_another_model(check, mode):
    with pytest.raises(ValueError) as error:
        check(Net(), Net(width=5).state_dict(), **mode)
    assert 'does not fit' in str(error.value)
    assert 'backbone.weight: (5, 3) in place of (4, 3)' in str(error.value)


@pytest.mark.parametrize('mode', [dict(), dict(train=True, resume=True)])
def test_another_head(check, mode):
    """The run has a training config too, as every config file does."""
    with pytest.raises(ValueError, match='decode_head.weight'):
        check(Net(), Net(classes=7).state_dict(), **mode)


def test_missing_and_unknown_names_are_told(check):
    state = Net().state_dict()
    del state['backbone.bias']
    state['neck.weight'] = torch.zeros(1)
    with pytest.raises(ValueError) as error:
        check(Net(), state)
    assert 'some.pth does not fit' in str(error.value)
    assert 'backbone.bias: missing' in str(error.value)
    assert 'neck.weight: unknown' in str(error.value)


def test_counters_of_batch_norm_may_be_missing(check):
    state = Net().state_dict()
    del state['norm.num_batches_tracked']
    check(Net(), state)


def test_long_lists_are_cut(check):
    state = {f'x{i}': torch.zeros(1) for i in range(50)}
    with pytest.raises(ValueError, match=r'and \d+ more'):
        check(Net(), state)


def test_fine_tuning_may_change_the_head(check):
    check(Net(), Net(classes=7).state_dict(), train=True)
    with pytest.raises(ValueError, match='backbone.weight'):
        check(Net(), Net(width=5).state_dict(), train=True)


def test_weights_alone_are_not_resumed(check):
    state = Net().state_dict()
    with pytest.raises(ValueError, match='nothing to resume.*load_from='):
        check(Net(), state, train=True, resume=True, meta=dict(arch='x'))
    check(Net(), state, train=True, meta=dict(arch='x'))
    check(Net(), state, meta=dict(arch='x'))


def test_archs_are_named(check):
    net = Net()
    meta = META | dict(arch='uhrnet-w48')
    state = Net(width=5).state_dict()
    with pytest.raises(ValueError, match=r'this model: it holds uhrnet-w48\.'):
        check(net, state, meta=meta)
    net.backbone.name = 'uhrnet-w18'
    with pytest.raises(ValueError, match='w48, the config builds uhrnet-w18'):
        check(net, state, meta=meta)
    with pytest.raises(ValueError, match='this model: the config builds uhr'):
        check(net, state)


def test_normalisation(check):
    def net(std):
        model = Net()
        for name, value in (('mean', [1, 2, 3]), ('std', std)):
            buffer = torch.tensor(value).view(3, 1, 1)
            model.data_preprocessor.register_buffer(name, buffer, False)
        return model

    given = dict(mean=[1.0, 2.0, 3.0], std=[4.0, 4.0, 4.0])
    meta = META | dict(normalisation=given)
    state = Net().state_dict()
    with pytest.raises(ValueError, match=r'std \[4.0, .* is \[5, 5, 5\]'):
        check(net([5] * 3), state, meta=meta)
    with pytest.raises(ValueError, match='data_preprocessor.mean is None'):
        check(Net(), state, meta=meta)
    # Fine-tuning may choose its own.
    check(Net(), state, meta=meta, train=True)
    check(net([4.0] * 3), state, meta=meta)
    check(Net(), state, meta=META | dict(normalisation=None))
