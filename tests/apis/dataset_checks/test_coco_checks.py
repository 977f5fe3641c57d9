"""Annotations in COCO's form: every defect is found, and nothing else."""

import json
from collections import Counter

import numpy as np
import pytest
from apis.planted import check, config_of, edit_image, edit_json, found
from pycocotools import mask as coder

STEM = 'mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320'
pytestmark = pytest.mark.usefixtures('mmdet_scope')


@pytest.fixture
def cfg(data):
    cfg = config_of(STEM, data)
    # Of the scenes' few images, one or another shows no thing.
    cfg.train_dataloader.dataset.filter_cfg = dict(filter_empty_gt=False)
    return cfg


@pytest.fixture
def clean(cfg, data):
    """What is found in the scenes as they are: images without a thing."""
    return found(check(cfg), data)


def annotations(data, split='train'):
    """Those of an image with a few things, by its name."""
    content = json.loads((data / f'instances_{split}.json').read_text())
    counts = Counter(x['image_id'] for x in content['annotations'])
    (number, count) = counts.most_common()[0]
    (name,) = (x['file_name'] for x in content['images'] if x['id'] == number)
    assert count > 2
    return number, name


def test_clean(cfg, data, clean):
    report = check(cfg)
    assert {x.kind for x in report.defects} <= {'no_objects'}
    for split in ('train', 'val'):
        content = json.loads((data / f'instances_{split}.json').read_text())
        names = {x['id']: x['name'] for x in content['categories']}
        expected = Counter(
            names[x['category_id']] for x in content['annotations']
        )
        assert report.splits[split].boxes == expected
    shown = {x['image_id'] for x in content['annotations']}
    empty = len(content['images']) - len(shown)
    assert [x[:2] for x in clean].count(('val', 'no_objects')) == empty


BOXES = {
    'no width': ([5, 6, 0, 4], 'box_without_area'),
    'negative height': ([5, 6, 4, -4], 'box_without_area'),
    'to the right of it': ([97, 6, 4, 4], 'box_outside'),
    'half of it': ([90, 6, 20, 20], 'box_partly_outside'),
    'less than a pixel': ([5, 6, 0.5, 4], 'small_box'),
    'by rounding': ([90, 6, 6.9, 20], None),
}


@pytest.mark.parametrize('box, kind', BOXES.values(), ids=BOXES)
def test_boxes(cfg, data, clean, box, kind):
    number, name = annotations(data)
    mask = [[10, 10, 20, 10, 20, 20]]

    def change(content):
        content['annotations'].append(
            dict(
                id=9999, image_id=number, category_id=1, bbox=box, area=9,
                iscrowd=0, segmentation=mask,
            )
        )  # fmt: skip

    # boxes alone: the mask is that of another place
    cfg.train_dataloader.dataset.pipeline[1].with_mask = False
    edit_json(data / 'instances_train.json', change)
    more = [('train', kind, f'images/train/{name}')] if kind else []
    assert found(check(cfg), data) == sorted(clean + more)


LONG = coder.encode(np.ones((64, 97), np.uint8, 'F'))['counts'].decode()
RLE = dict(size=[64, 96], counts=[0, 64 * 96])
# Changes of an annotation, and what is then found
ANNOTATIONS = {
    'unknown class': (dict(category_id=77), ['unknown_class']),
    'NaN': (dict(bbox=[1, 2, float('nan'), 4]), ['annotation', 'data_set']),
    'a box of three': (dict(bbox=[1, 2, 3]), ['annotation', 'data_set']),
    'no area': (dict(area=0), ['annotation']),
    'area missing': (dict(area=None), ['annotation', 'data_set']),
    'another image': (dict(image_id=555), ['annotation']),
    'mask missing': (dict(segmentation=[]), ['broken_mask']),
    'two corners': (dict(segmentation=[[1, 2, 3, 4]]), ['broken_mask']),
    'numbers alone': (
        dict(segmentation=[1, 2, 3, 4, 5, 6]),
        ['broken_mask', 'data_set'],
    ),
    'outside': (
        dict(segmentation=[[200, 200, 220, 200, 220, 220]]),
        ['broken_mask'],
    ),
    'code of another size': (
        dict(segmentation=dict(RLE, size=[32, 96])),
        ['broken_mask', 'data_set'],
    ),
    'code too short': (
        dict(segmentation=dict(RLE, counts=[0, 10])),
        ['broken_mask', 'data_set'],
    ),
    'code too long': (
        dict(segmentation=dict(RLE, counts=LONG)),
        ['broken_mask', 'data_set'],
    ),
    'a good code': (dict(segmentation=RLE), []),
}


@pytest.mark.parametrize(
    'values, kinds', ANNOTATIONS.values(), ids=ANNOTATIONS
)
def test_annotations(cfg, data, clean, values, kinds):
    number, name = annotations(data)

    def change(content):
        item = next(
            x for x in content['annotations'] if x['image_id'] == number
        )
        item.update(values)

    edit_json(data / 'instances_train.json', change)
    file = 'instances_train.json'
    places = dict.fromkeys(kinds, f'images/train/{name}')
    if 'image_id' in values:
        places = {'annotation': file}
    if 'data_set' in kinds:
        places['data_set'] = file
    more = [('train', kind, places[kind]) for kind in kinds]
    report = check(cfg)
    assert found(report, data) == sorted(clean + more)
    assert report.splits['train'].images == 8


def test_parts_of_masks(cfg, data, clean):
    number, name = annotations(data)

    def change(content):
        first, second, *_ = (
            x for x in content['annotations'] if x['image_id'] == number
        )
        left, top, width, height = first['bbox']
        right, bottom = left + width, top + height
        first['segmentation'] = [
            [left, top, right, top, right, bottom, left, bottom],
            [1, 2, 3, 4],
        ]
        left, top, *_ = second['bbox']
        x = 0 if left > 20 else 90
        second['segmentation'] = [[x, 0, x + 6, 0, x + 6, 64, x, 64]]
        second['bbox'] = [40, 10, 20, 20]

    edit_json(data / 'instances_train.json', change)
    more = [('train', 'partial_mask', f'images/train/{name}')] * 2
    assert found(check(cfg), data) == sorted(clean + more)


def test_stated_size_and_filter(cfg, data, clean):
    number, name = annotations(data)
    empty, keys = [], ('train', 'images/train/')

    def change(content):
        for image in content['images']:
            if image['id'] == number:
                image['width'] = 97
            elif len(empty) < 2:
                empty.append(image['id'])
                path = data / f'images/train/{image["file_name"]}'
                edit_image(path, lambda x: x[:20] if len(empty) == 2 else x)
                if len(empty) == 2:
                    image['height'] = 20
        content['annotations'] = [
            x for x in content['annotations'] if x['image_id'] not in empty
        ]
        empty[:] = [
            x['file_name'] for x in content['images'] if x['id'] in empty
        ]

        for item in content['annotations']:
            if item['image_id'] == number:
                # Codes state the size too, and stop the data set.
                x, y, w, h = item['bbox']
                item['segmentation'] = [[x, y, x + w, y, x + w, y + h]]

    edit_json(data / 'instances_train.json', change)
    clean = {x for x in clean if x[2] not in {keys[1] + x for x in empty}}
    size = (keys[0], 'stated_size', keys[1] + name)
    none = [(keys[0], 'no_objects', keys[1] + x) for x in empty]
    assert found(check(cfg), data) == sorted([*clean, size, *none])
    cfg.train_dataloader.dataset.filter_cfg = dict(
        filter_empty_gt=True, min_size=32
    )
    report = check(cfg, ['train'])
    left_out = {x.file.split('/')[-1] for x in report.defects} - {name}
    assert left_out >= {*empty}
    assert {x.kind for x in report.defects} == {'stated_size', 'left_out'}
    notes = report.splits['train'].levels['note']
    assert notes == len(left_out) and report.splits['train'].images == 8
    texts = [x.message for x in report.defects]
    assert sum('smaller than min_size=32' in x for x in texts) == 1


def test_files(cfg, data, clean):
    path = data / 'instances_train.json'

    def change(content):
        again = dict(content['images'][0])
        content['images'].append(again)
        nameless = dict(content['images'][1], id=4321)
        del nameless['file_name']
        content['images'].append(nameless)

    edit_json(path, change)
    report = check(cfg, ['train'])
    kinds = Counter(x.kind for x in report.defects)
    assert kinds['annotation'] == 2 and kinds['data_set'] == 1
    path.write_text('{"images": [')
    report = check(cfg)
    assert found(report, data) == sorted(
        [x for x in clean if x[0] == 'val']
        + [('train', 'data_set', 'instances_train.json')]
    )
    assert report.splits['val'].images == 4


def test_classes_that_the_file_lacks(cfg, data):
    cfg.train_dataloader.dataset.metainfo = dict(classes=('person', 'dog'))
    report = check(cfg, ['train'])
    stopped = [x for x in report.defects if x.kind == 'data_set']
    assert len(stopped) == 1 and "'dog'" in stopped[0].message
    assert report.splits['train'].boxes.keys() == {'person'}
    assert report.splits['train'].images == 8


def test_evaluator_of_other_images(cfg, data):
    cfg.val_evaluator.ann_file = str(data / 'instances_train.json')
    report = check(cfg, ['val'])
    assert ('val', 'data_set') in {(x.split, x.kind) for x in report.defects}


def test_labels_of_pixels_for_htc(cfg, data, clean):
    dataset = cfg.train_dataloader.dataset
    dataset.data_prefix.seg = 'annotations/train/'
    dataset.pipeline[1].with_seg = True
    assert found(check(cfg), data) == clean
    labels = data / 'annotations/train'
    (labels / '00001.png').unlink()
    edit_image(labels / '00002.png', lambda x: x[1:])
    (labels / '00003.png').write_bytes(b'')
    more = [
        ('train', 'missing', 'annotations/train/00001.png'),
        ('train', 'size', 'annotations/train/00002.png'),
        ('train', 'unreadable', 'annotations/train/00003.png'),
    ]
    assert found(check(cfg), data) == sorted(clean + more)
