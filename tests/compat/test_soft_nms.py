"""Soft suppression agrees with mmcv's compiled op: boxes, order, scores."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch

from uhrnet.compat import soft_nms as fallback

DATA = Path(__file__).parents[1] / 'data'
MAKE = runpy.run_path(str(DATA / 'make_mmcv_ops.py'))
CASES = list(MAKE['softnms_cases']())
IDS = [case[0] for case in CASES]
# Scores are at most 1; a NaN must meet a NaN.
TOLERANCE = dict(rtol=0, atol=1e-6)


@pytest.mark.parametrize('dense', [True, False], ids=['matrix', 'rows'])
@pytest.mark.parametrize('case', CASES, ids=IDS)
def test_stored(case, dense, reference, monkeypatch):
    if not dense:
        monkeypatch.setattr(fallback, '_MAX_DENSE', 0)
    name, boxes, scores, kwargs = case
    dets, kept = MAKE['run_softnms'](fallback.softnms, boxes, scores, kwargs)
    assert kept.dtype == torch.int64
    assert kept.tolist() == reference[name].tolist()
    assert torch.equal(dets[:, :4], boxes[kept])
    theirs = reference[f'{name}/scores']
    np.testing.assert_allclose(dets[:, 4].numpy(), theirs, **TOLERANCE)


def test_live(compiled):
    """The stored results do not depend on the machine that made them."""
    if compiled is None:
        pytest.skip('mmcv has no compiled ops here')
    for name, *args in CASES:
        dets, kept = MAKE['run_softnms'](fallback.softnms, *args)
        theirs, their_kept = MAKE['run_softnms'](compiled.softnms, *args)
        assert torch.equal(kept, their_kept), name
        np.testing.assert_allclose(
            dets.numpy(), theirs.numpy(), **TOLERANCE, err_msg=name
        )


def test_leaves_inputs_alone():
    boxes, scores = map(torch.from_numpy, MAKE['clustered'](50, 2, 0))
    before = boxes.clone(), scores.clone()
    dets = torch.zeros(50, 5)
    fallback.softnms(boxes, scores, dets, 0.3, 0.5, 0.05, 1, 0)
    assert torch.equal(boxes, before[0]) and torch.equal(scores, before[1])
