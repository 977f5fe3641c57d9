"""Compiled networks compute the same, and nothing else is compiled."""

import copy
import shutil
from types import SimpleNamespace

import pytest
import torch
from apis.test_export import build
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from uhrnet.apis.export import difference
from uhrnet.engine.hooks import CompileHook
from uhrnet.engine.hooks.compilation import kept

SIZE = (64, 96)


def compiled(model, mode='default', backend='eager', train=False):
    """A copy as the hook leaves it."""
    model = copy.deepcopy(model)
    hook = CompileHook(mode, backend)
    runner = SimpleNamespace(model=model)
    hook.before_train(runner) if train else hook.before_test(runner)
    return model


@pytest.fixture(autouse=True)
def fresh():
    """No code of other tests."""
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()


def frames():
    """How many functions were compiled, and where graphs broke."""
    counters = torch._dynamo.utils.counters
    return counters['frames']['ok'], dict(counters['graph_break'])


def samples():
    meta = dict(img_shape=SIZE, ori_shape=SIZE, pad_shape=SIZE)
    labels = torch.randint(0, 19, (1, *SIZE))
    return [
        SegDataSample(metainfo=meta, gt_sem_seg=PixelData(data=labels.clone()))
        for _ in range(2)
    ]


@pytest.mark.parametrize(
    ('name', 'parts'),
    [
        ('fcn_uhrnet-w18-small', 2),
        ('hfgd_uhrnet-w18-small', 2),
        ('ocrnet_hrnet-w48', 3),
        ('depth_uhrnet-w18-small', 2),
    ],
)
def test_predictions(name, parts):
    model = build(name)
    image = torch.randn(2, 3, *SIZE)
    with torch.no_grad():
        expected = model(image, mode='tensor')
        found = compiled(model)(image, mode='tensor')
    torch.testing.assert_close(found, expected)
    assert frames() == (parts, {})


@pytest.mark.parametrize(
    'name', ['fcn_uhrnet-w18-small', 'hfgd_uhrnet-w18-small']
)
def test_training(name):
    """Same losses, same gradients, and no code that is not compiled."""
    torch.manual_seed(0)
    model = build(name).train()
    other = compiled(model, train=True)
    assert model.state_dict().keys() == other.state_dict().keys()
    image, truth = torch.randn(2, 3, *SIZE), samples()
    for each in (model, other):
        torch.manual_seed(1)  # of dropout
        losses = each.loss(image, copy.deepcopy(truth))
        sum(v for k, v in losses.items() if 'loss' in k).backward()
    assert frames()[0] >= 2 and not frames()[1]
    for (key, one), two in zip(
        model.named_parameters(), other.parameters(), strict=True
    ):
        assert difference(two.grad, one.grad) < 1e-4, key


@pytest.mark.slow
def test_detector():
    model = build('fcos_uhrnetv2p-w18')
    image = torch.randn(1, 3, 128, 256)
    with torch.no_grad():
        expected = model(image, mode='tensor')
        found = compiled(model)(image, mode='tensor')
    torch.testing.assert_close(found, expected)
    assert frames()[0] >= 3


@pytest.mark.slow
@pytest.mark.skipif(
    not shutil.which('g++'), reason='torch.compile needs a C++ compiler'
)
def test_real_compiler():
    """The backend that users get, on the smallest part."""
    model = build('fcn_uhrnet-w18-small')
    other = compiled(model, backend='inductor')
    maps = [torch.randn(2, c, 16, 24) for c in (2, 4, 8, 16, 32)]
    with torch.no_grad():
        torch.testing.assert_close(
            other.decode_head.forward(maps), model.decode_head.forward(maps)
        )


def test_results_of_recorded_graphs_are_copied():
    buffer = torch.zeros(3)

    def replay(value):
        return [buffer.fill_(value), buffer]

    with torch.no_grad():
        one = kept(replay)(1.0)
        kept(replay)(2.0)
    assert [x.tolist() for x in one] == [[1.0] * 3] * 2
    # with gradients, the graph of the backward pass needs the buffer itself
    assert kept(replay)(3.0)[0] is buffer


def test_marks_the_steps_of_recorded_graphs(monkeypatch):
    marks = []
    monkeypatch.setattr(
        torch.compiler, 'cudagraph_mark_step_begin', lambda: marks.append(1)
    )
    for mode in ('default', 'reduce-overhead'):
        hook = CompileHook(mode)
        hook.before_train_iter(None, 0)
        hook.before_val_iter(None, 0)
        hook.before_test_iter(None, 0)
    assert len(marks) == 3


def test_unknown_mode():
    with pytest.raises(ValueError, match="reduce-overhead .*not 'fast'"):
        CompileHook('fast')
