"""COCO files whose fields would crash or exhaust what reads them."""

import copy
import json

import numpy as np
import pytest
from pycocotools import mask as rle

from uhrnet.detection.datasets import CheckedCocoDataset
from uhrnet.detection.datasets.coco_fields import check_fields
from uhrnet.errors import DataError

CONTENT = dict(
    images=[dict(id=1, file_name='a/b.jpg', height=10, width=20)],
    categories=[dict(id=1, name='cat')],
    annotations=[
        dict(
            id=7,
            image_id=1,
            category_id=1,
            bbox=[1, 1, 7, 6.5],
            area=45.5,
            iscrowd=0,
            segmentation=[[1, 1, 8, 1, 8, 7.5]],
        )
    ],
)


def test_a_file_in_order():
    check_fields(CONTENT, 'f.json')
    check_fields({}, 'f.json')


def masks():
    rng = np.random.default_rng(0)
    for share in (0, 0.02, 0.5, 1):
        yield rng.random((10, 20)) < share
    yield np.ones((10, 20), bool)


def with_mask(mask):
    content = copy.deepcopy(CONTENT)
    content['annotations'][0]['segmentation'] = mask
    return content


def test_masks_of_pycocotools():
    for mask in masks():
        code = rle.encode(np.asfortranarray(mask, np.uint8))
        check_fields(with_mask(dict(code, counts=code['counts'].decode())), '')
        runs = np.flatnonzero(np.diff(mask.T.ravel(), prepend=0, append=2))
        counts = np.diff(runs, prepend=0).tolist()
        check_fields(with_mask(dict(size=[10, 20], counts=counts)), '')


@pytest.mark.parametrize('polygon', [[0, 0, 1, 1], [0, 0, 1, 1, 2, 2, 3]])
def test_polygons_that_detectors_leave_out(polygon):
    check_fields(with_mask([polygon]), '')


@pytest.mark.parametrize(
    'mask',
    [
        # The first of these ends the process inside of pycocotools.
        [[0, 0, 1e9, 0, 1e9, 1e9]],
        [[0, 0, float('nan'), 1, 2, 2]],
        [[0, 0, float('inf'), 1, 2, 2]],
        [[0, 0, 10**400, 1, 2, 2]],
        [[0, 0, 1, 1, '2', 2]],
        [[0, 0, 900_000, 0] * 250],
        [5],
        'text',
        dict(size=[10, 20], counts=[199]),
        dict(size=[10, 20], counts=[-1, 201]),
        dict(size=[10, 20], counts=[200.0]),
        dict(size=[1 << 30, 1 << 30], counts=[1 << 60]),
        dict(size=[10, 20], counts='0' * 1000),
        dict(size=[10, 20], counts='P'),
        dict(size=[10, 20], counts='ooooooooooooo0'),
        dict(size=[10, 20], counts='\u4e00'),
        dict(size=[10, 20]),
        dict(counts=[200]),
    ],
    ids=lambda mask: f'{mask!r:.40}',
)
def test_masks_that_are_none(mask):
    with pytest.raises(DataError, match=r'f.json, annotations\[0\]'):
        check_fields(with_mask(mask), 'f.json')


def test_a_long_outline_of_a_large_image():
    """Many short steps are fine, far apart as they may begin and end."""
    steps = np.linspace(0, 5000, 3000)
    check_fields(with_mask([np.c_[steps, steps].ravel().tolist()]), '')


@pytest.mark.parametrize(
    'part, changes',
    [
        ('images', dict(file_name='../b.jpg')),
        ('images', dict(file_name='/etc/passwd')),
        ('images', dict(file_name=5)),
        ('images', dict(height=0)),
        ('images', dict(height=True)),
        ('images', dict(height=1 << 20, width=1 << 20)),
        ('images', dict(width=None)),
        ('images', dict(id=[1])),
        ('categories', dict(name=None)),
        ('annotations', dict(bbox=[1, 2, 3])),
        ('annotations', dict(bbox=[1, 2, 3, float('nan')])),
        ('annotations', dict(bbox=[1, 2, 3, 1e30])),
        ('annotations', dict(bbox=None)),
        ('annotations', dict(area=float('inf'))),
        ('annotations', dict(area='1')),
        ('annotations', dict(image_id={})),
    ],
    ids=str,
)
def test_fields(part, changes):
    content = copy.deepcopy(CONTENT)
    content[part][0] |= changes
    text = rf'f.json, {part}\[0\].*({"|".join(changes)}|leads out|unhash|not)'
    with pytest.raises(DataError, match=text):
        check_fields(content, 'f.json')


def test_lists_and_ids():
    with pytest.raises(DataError, match='f.json has images that are no list'):
        check_fields(dict(images={}), 'f.json')
    with pytest.raises(DataError, match=r'images\[0\] is not of the form'):
        check_fields(dict(images=[5]), 'f.json')
    content = copy.deepcopy(CONTENT)
    content['annotations'] *= 2
    with pytest.raises(DataError, match='f.json has annotations of the same'):
        check_fields(content, 'f.json')


@pytest.mark.parametrize(
    'text',
    ['', '[', '[' * 100_000, '5', '[]', '{"images": [5]}', '\ud800',
     '{"annotations": [{}]}', '{"a": ' + '9' * 5000 + '}'],
    ids=lambda text: text[:9] or 'empty',
)  # fmt: skip
def test_files_that_are_none(text, tmp_path):
    path = tmp_path / 'f.json'
    path.write_bytes(text.encode('utf-8', 'surrogatepass'))
    with pytest.raises(DataError, match='f.json'):
        CheckedCocoDataset(
            ann_file=str(path), data_prefix=dict(img=''), pipeline=[]
        )


def test_a_whole_data_set(tmp_path):
    path = tmp_path / 'f.json'
    path.write_text(json.dumps(CONTENT))
    (image,) = CheckedCocoDataset(
        ann_file=str(path),
        data_prefix=dict(img='images'),
        metainfo=dict(classes=('cat',)),
        pipeline=[],
    )
    assert image['img_path'] == 'images/a/b.jpg'
    assert image['instances'][0]['bbox'] == [1, 1, 8, 7.5]
