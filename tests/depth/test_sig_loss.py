"""The scale-invariant loss."""

import numpy as np
import pytest
import torch

from uhrnet.depth.losses import SigLoss


def depths(seed=0, shape=(2, 1, 5, 7)):
    rng = np.random.default_rng(seed)
    target = rng.uniform(1, 80, shape)
    target[rng.random(shape) < 0.3] = 0
    prediction = rng.uniform(0, 80, shape)
    return tuple(torch.tensor(x) for x in (prediction, target))


def by_hand(prediction, target, max_depth=np.inf, spread=True):
    p, t = prediction.numpy(), target.numpy()
    valid = (t > 0) & (t <= max_depth)
    g = np.log(p[valid] + 1e-3) - np.log(t[valid] + 1e-3)
    variance = np.mean((g - g.mean()) ** 2) if spread else 0
    return 10 * np.sqrt(variance + 0.15 * g.mean() ** 2)


@pytest.mark.parametrize('max_depth', [None, 40.0])
def test_formula(max_depth):
    prediction, target = depths()
    loss = SigLoss(max_depth=max_depth)(prediction, target)
    assert loss.dtype == torch.float32
    expected = by_hand(prediction, target, max_depth or np.inf)
    assert np.isclose(loss.item(), expected, rtol=1e-5)
    # as BTS writes it
    p, t = prediction.numpy(), target.numpy()
    valid = (t > 0) & (t <= (max_depth or np.inf))
    g = np.log(p[valid] + 1e-3) - np.log(t[valid] + 1e-3)
    bts = 10 * np.sqrt((g**2).mean() - 0.85 * g.mean() ** 2)
    assert np.isclose(expected, bts)


def test_weight_eps_and_name():
    prediction, target = depths()
    loss = SigLoss()(prediction, target)
    assert torch.isclose(
        SigLoss(loss_weight=1.0)(prediction, target), loss / 10
    )
    assert SigLoss(eps=1.0)(prediction, target) < loss
    assert SigLoss(loss_name='loss_sig').loss_name == 'loss_sig'


@pytest.mark.parametrize(
    'case',
    [
        'perfect',
        'one pixel',
        'one perfect pixel',
        'none',
        'too deep',
        'zero',
        'below zero',
    ],
)
def test_gradients_are_finite(case):
    prediction, target = depths()
    known = target > 0
    if case == 'perfect':
        prediction = torch.where(known, target, prediction)
    elif case.startswith('one'):
        first = known.nonzero()[0]
        value = target[tuple(first)].item()
        target.zero_()[tuple(first)] = value
        if 'perfect' in case:
            prediction[tuple(first)] = value
    elif case == 'none':
        target.zero_()
    elif case == 'too deep':
        target[known] = 90
    else:
        prediction.fill_(-1.0 if case == 'below zero' else 0.0)
    prediction.requires_grad_()
    loss = SigLoss(max_depth=80)(prediction, target)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(prediction.grad).all()
    assert not prediction.grad[target == 0].any()
    if case in ('none', 'too deep'):
        assert loss == 0
    elif 'perfect' in case:
        assert loss < 1e-4 and not prediction.grad.any()
    elif case != 'below zero':
        assert prediction.grad.any()


def test_what_is_no_depth_does_not_count():
    prediction, target = depths()
    expected = SigLoss()(prediction, target)
    hole = (target > 0).nonzero()[0]
    for value in (float('inf'), float('nan'), -3.0, 0.0):
        target[tuple(hole)] = value
        found = SigLoss()(prediction, target)
        assert torch.isfinite(found) and found != expected
    prediction[tuple(hole)] = 77  # where nothing is known
    assert SigLoss()(prediction, target) == found


def test_the_cap_itself_counts():
    prediction, target = depths()
    target.zero_()[0, 0, 0, :2] = torch.tensor([40.0, 41.0])
    loss = SigLoss(max_depth=40.0)(prediction, target)
    target[0, 0, 0, 1] = 0
    assert loss == SigLoss()(prediction, target) > 0


def test_warm_up_counts_steps_and_is_saved():
    prediction, target = depths()
    loss = SigLoss(warm_up_iters=2)
    early = by_hand(prediction, target, spread=False)
    late = by_hand(prediction, target)
    assert np.isclose(loss.eval()(prediction, target).item(), early)
    loss.train()
    assert np.isclose(loss(prediction, target).item(), early)
    resumed = SigLoss(warm_up_iters=2)
    resumed.load_state_dict(loss.state_dict())
    values = [resumed(prediction, target).item() for _ in range(2)]
    assert np.allclose(values, [early, late])
    assert not SigLoss().state_dict()


def test_half_precision():
    prediction, target = depths()
    with torch.autocast('cpu', torch.bfloat16):
        loss = SigLoss()(prediction.bfloat16(), target.float())
    assert np.isclose(loss.item(), by_hand(prediction, target), rtol=0.02)


def test_other_shapes_are_refused():
    prediction, target = depths()
    with pytest.raises(ValueError, match=r'\(2, 1, 5, 7\).*\(2, 1, 5, 6\)'):
        SigLoss()(prediction, target[..., :-1])
