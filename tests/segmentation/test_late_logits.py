"""Logits that are made when they are read, in all that reads them."""

import copy
import pickle

import pytest
import torch
from mmengine.evaluator import DumpResults
from mmengine.evaluator.metric import _to_cpu
from mmengine.structures import PixelData

from uhrnet.segmentation.late_logits import LateLogits

# isort: split
from mmseg.structures import SegDataSample

# What changes a dict, and what is true of it afterwards
CHANGED = {
    '__delitem__': lambda x: x.__delitem__('data') or 'data' not in x,
    '__ior__': lambda x: x.__ior__(dict(a=1)).keys() == {'data', 'a'},
    '__reversed__': lambda x: [*reversed(x)] == ['data'],
    'clear': lambda x: x.clear() or not x,
    'popitem': lambda x: x.popitem()[0] == 'data',
    'pop': lambda x: x.pop('data').shape == (3, 4, 5),
    'setdefault': lambda x: x.setdefault('data', 1).shape == (3, 4, 5),
}


class Maker:
    """Counts how often logits are made."""

    def __init__(self):
        self.data = torch.randn(3, 4, 5)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return self.data


@pytest.fixture
def maker():
    return Maker()


@pytest.fixture
def sample(maker):
    return SegDataSample(
        metainfo=dict(img_path='a'),
        seg_logits=LateLogits(maker),
        pred_sem_seg=PixelData(data=torch.zeros(1, 4, 5)),
    )


READ = {
    'data': lambda x: x.seg_logits.data,
    'get': lambda x: x.get('seg_logits').get('data'),
    'values': lambda x: x.seg_logits.values()[0],
    'cpu': lambda x: x.cpu().seg_logits.data,
    'detach': lambda x: x.detach().seg_logits.data,
    'to': lambda x: x.to('cpu').seg_logits.data,
    'numpy': lambda x: torch.tensor(x.numpy().seg_logits.data),
    'new': lambda x: x.new().seg_logits.data,
    'clone': lambda x: x.clone().seg_logits.data,
    'copied': lambda x: copy.copy(x).seg_logits.data,
    'deepcopy': lambda x: copy.deepcopy(x).seg_logits.data,
    'pickle': lambda x: pickle.loads(pickle.dumps(x)).seg_logits.data,
    'slice': lambda x: x.seg_logits[0:4, 0:5].data,
    'new of pixels': lambda x: x.seg_logits.new().data,
    'to_dict': lambda x: x.to_dict()['seg_logits']['data'],
    'dict get': lambda x: x.to_dict()['seg_logits'].get('data'),
    'dict items': lambda x: dict(x.to_dict()['seg_logits'].items())['data'],
    'dict of it': lambda x: dict(x.to_dict()['seg_logits'])['data'],
    'unpacked': lambda x: {**x.to_dict()['seg_logits']}['data'],
    'united': lambda x: (x.to_dict()['seg_logits'] | {})['data'],
    'united to': lambda x: ({} | x.to_dict()['seg_logits'])['data'],
    'updated': lambda x: _updated(x.to_dict()['seg_logits'])['data'],
    'dict copy': lambda x: x.to_dict()['seg_logits'].copy()['data'],
    'dict deepcopy': lambda x: copy.deepcopy(x.to_dict())['seg_logits'][
        'data'
    ],
    'dict pickle': lambda x: pickle.loads(pickle.dumps(x.to_dict()))[
        'seg_logits'
    ]['data'],
    'evaluator': lambda x: _to_cpu(x.to_dict())['seg_logits']['data'],
    'pop': lambda x: x.to_dict()['seg_logits'].pop('data'),
}


def _updated(other):
    result = {}
    result.update(other)
    return result


@pytest.mark.parametrize('way', READ)
def test_every_way_to_read(way, sample, maker):
    assert torch.equal(READ[way](sample), maker.data)
    assert maker.calls == 1
    assert torch.equal(sample.seg_logits.data, maker.data)
    assert maker.calls == 1


def test_what_does_not_read(sample, maker):
    assert 'seg_logits' in sample and 'data' in sample.seg_logits
    assert set(sample.keys()) == {'seg_logits', 'pred_sem_seg'}
    assert isinstance(sample.seg_logits, PixelData)
    fields = sample.to_dict()
    assert set(fields) == {'seg_logits', 'pred_sem_seg', 'img_path'}
    assert isinstance(fields['seg_logits'], dict)
    assert maker.calls == 0


def test_it_is_plain_pixel_data_otherwise(sample, maker):
    pixels = sample.seg_logits
    plain = PixelData(data=maker.data)
    assert pixels.shape == plain.shape
    assert pixels.keys() == plain.keys() == ['data']
    assert repr(pixels).split(' at ')[0].replace('Late', '') == repr(
        plain
    ).split(' at ')[0].replace('PixelData', 'Logits')
    assert type(pickle.loads(pickle.dumps(pixels))) is PixelData
    fields = sample.to_dict()['seg_logits']
    assert type(pickle.loads(pickle.dumps(fields))) is dict
    assert len(fields) == 1 and 'data' in fields and list(fields) == ['data']
    pixels.data = torch.ones(3, 4, 5)
    assert (sample.seg_logits.data == 1).all()
    with pytest.raises(AttributeError, match="'other'"):
        getattr(pixels, 'other')  # noqa: B009
    del sample.seg_logits
    sample.seg_logits = PixelData(data=maker.data)
    assert torch.equal(sample.seg_logits.data, maker.data)


def test_dump_results_has_them(sample, maker, tmp_path):
    dump = DumpResults(str(tmp_path / 'a.pkl'))
    dump.process({}, [sample.to_dict()])
    dump.evaluate(1)
    (result,) = pickle.loads((tmp_path / 'a.pkl').read_bytes())
    assert torch.equal(result['seg_logits']['data'], maker.data)
    assert type(result['seg_logits']) is dict


@pytest.mark.parametrize('name', CHANGED)
def test_a_dict_that_is_changed(name, sample):
    assert CHANGED[name](sample.seg_logits.to_dict())


def test_removed(sample):
    late = sample.seg_logits.clone()
    assert late.pop('data').shape == (3, 4, 5) and 'data' not in late
    assert late.pop('data', None) is None
    del sample.seg_logits.data
    assert 'data' not in sample.seg_logits
