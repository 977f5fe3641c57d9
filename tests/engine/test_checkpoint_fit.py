import itertools

import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from torch import nn
from torch.utils.data import Dataset

import uhrnet
import uhrnet.engine  # registers the hook

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
            default_hooks=dict(
                checkpoint=dict(
                    type='CheckpointHook', interval=1, by_epoch=False
                )
            ),
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


def preprocessing(std, **swap):
    model = Net()
    for name, value in (('mean', [1, 2, 3]), ('std', std)):
        buffer = torch.tensor(value).view(-1, 1, 1)
        model.data_preprocessor.register_buffer(name, buffer, False)
    for name, value in (swap or dict(channel_conversion=True)).items():
        setattr(model.data_preprocessor, name, value)
    return model


NORMALISATION = dict(mean=[1.0, 2.0, 3.0], std=[4.0] * 3, bgr_to_rgb=True)


@pytest.mark.parametrize(
    'model, problem',
    [
        (lambda: preprocessing([5] * 3), r'std \[4.0, .* has \[5.0, 5.0, 5'),
        (lambda: preprocessing([4]), r'std \[4.0, .* has \[4.0\]'),
        (Net, 'mean .* has None'),
        (
            lambda: preprocessing([4] * 3, channel_conversion=False),
            'bgr_to_rgb True, and model.data_preprocessor has False',
        ),
        (
            lambda: preprocessing([4] * 3, _channel_conversion=False),
            'bgr_to_rgb True, and model.data_preprocessor has False',
        ),
    ],
    ids=['values', 'number', 'none', 'order', 'order in mmdet'],
)
def test_normalisation(check, model, problem, caplog):
    meta = META | dict(normalisation=NORMALISATION)
    state = Net().state_dict()
    with pytest.raises(ValueError, match=f'some.pth was trained.* {problem}'):
        check(model(), state, meta=meta)
    with pytest.raises(ValueError, match='was trained with'):
        check(model(), state, meta=meta, train=True, resume=True)
    # Fine-tuning may choose its own.
    check(model(), state, meta=meta, train=True)


def test_normalisation_that_is_equal_or_unknown(check):
    state = Net().state_dict()
    meta = META | dict(normalisation=NORMALISATION)
    check(preprocessing([4] * 3), state, meta=meta)
    check(Net(), state, meta=META | dict(normalisation=None))


def test_what_is_saved(check, tmp_path):
    model = preprocessing([4] * 3)
    model.backbone.name = 'uhrnet-w48'
    check(model, Net().state_dict(), train=True)
    saved = torch.load(tmp_path / 'iter_1.pth', weights_only=False)['meta']
    assert saved['arch'] == 'uhrnet-w48'
    assert saved['normalisation'] == NORMALISATION
    assert saved['uhrnet_version'] == uhrnet.__version__


def test_a_backbone_alone(check):
    state = {k: v for k, v in Net().state_dict().items() if 'backbone' in k}
    with pytest.raises(ValueError, match='It is a backbone alone: train'):
        check(Net(), state)
    check(Net(), state, train=True)


def test_fine_tuning_from_something_else_entirely(check):
    with pytest.raises(ValueError, match='does not fit'):
        check(Net(), {'some.weight': torch.zeros(1)}, train=True)
