import pickle

import numpy as np
import pytest
import torch
from mmengine.fileio import dump

from uhrnet.analysis.prediction_pickles import read_predictions
from uhrnet.errors import DataError

SAMPLE = dict(
    img_path='a.png',
    ori_shape=(4, 6),
    scale_factor=np.float64(0.5),
    homography=np.eye(3, dtype=np.float32),
    pred_sem_seg=dict(data=torch.arange(24).view(1, 4, 6)),
    pred_instances=dict(
        bboxes=torch.rand(3, 6)[::2, :4],
        masks=[dict(size=[4, 6], counts=b'\x80abc')],
    ),
)


class Hostile:
    """Calls something while it is read."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize('protocol', [2, 4])
def test_what_mmengine_dumps(tmp_path, protocol):
    path = tmp_path / 'a.pkl'
    dump([SAMPLE], str(path), protocol=protocol)
    (read,) = read_predictions(path)
    masks = read['pred_sem_seg']['data']
    assert torch.equal(masks, SAMPLE['pred_sem_seg']['data'])
    boxes = read['pred_instances']['bboxes']
    assert torch.equal(boxes, SAMPLE['pred_instances']['bboxes'])
    assert read['pred_instances']['masks'][0]['counts'] == b'\x80abc'
    assert np.array_equal(read['homography'], np.eye(3))
    assert read['scale_factor'] == 0.5


def test_runs_nothing(tmp_path):
    """Neither a call, nor one in what a tensor is made of."""
    victim = tmp_path / 'made'
    call = Hostile(open, str(victim), 'w')
    inner = tmp_path / 'inner.pth'
    torch.save(call, inner)
    nested = Hostile(torch.storage._load_from_bytes, inner.read_bytes())
    path = tmp_path / 'a.pkl'
    for content in (call, nested, Hostile(torch.load, str(inner))):
        path.write_bytes(pickle.dumps([content]))
        with pytest.raises(DataError, match='could run code'):
            read_predictions(path)
    assert not victim.exists()


def test_refused(tmp_path):
    path = tmp_path / 'a.pkl'
    with pytest.raises(DataError, match='is missing: make it by'):
        read_predictions(path)
    whole = pickle.dumps([SAMPLE], 2)
    path.write_bytes(whole[:-200])
    with pytest.raises(DataError, match=r'a.pkl (is damaged|was refused)'):
        read_predictions(path)
    path.write_bytes(pickle.dumps(SAMPLE))
    with pytest.raises(DataError, match='holds a dict and no list'):
        read_predictions(path)
