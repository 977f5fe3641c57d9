"""Predictions as they are drawn and saved."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from uhrnet.apis.coco_results import join_coco
from uhrnet.apis.predictions import (
    DepthPrediction,
    DetectionPrediction,
    SegmentationPrediction,
)
from uhrnet.errors import ConfigError

CLASSES = ('sky', 'road', 'car')
PALETTE = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
GREY = 100


def common(source='images/street.jpg', size=(20, 30)):
    image = np.full((*size, 3), GREY, np.uint8)
    return dict(image=image, source=source, seconds=0.1)


@pytest.fixture
def labels():
    labels = np.full((20, 30), 255, np.uint8)
    labels[:4] = 0
    labels[4:14] = 2
    return SegmentationPrediction(
        labels=labels, classes=CLASSES, palette=PALETTE, **common()
    )


@pytest.fixture
def depth():
    depth = np.full((20, 30), 8.0, np.float32)
    depth[:10], depth[0, 0], depth[0, 1] = 2.125, 300, np.nan
    return DepthPrediction(depth=depth, **common())


@pytest.fixture
def boxes():
    masks = np.zeros((2, 80, 90), bool)
    masks[0, 42:48, 22:28] = True
    return DetectionPrediction(
        boxes=np.float32([[20, 40, 29, 49], [1, 2, 9, 18]]),
        scores=np.float32([0.9, 0.2]),
        labels=np.array([2, 0]),
        masks=masks,
        classes=CLASSES,
        palette=PALETTE,
        **common(size=(80, 90)),
    )


def read(path, flag=cv2.IMREAD_UNCHANGED):
    return cv2.imread(str(path), flag)


def test_areas(labels):
    assert labels.areas() == [(2, 'car', 0.5), (0, 'sky', 0.2)]


def test_opacity_and_pixels_of_no_class(labels):
    drawn = labels.draw(0.5)
    assert drawn.dtype == np.uint8
    assert tuple(drawn[0, 0]) == (178, 50, 50)  # halfway to red
    assert (drawn[14:] == GREY).all()
    assert (labels.draw(0) == GREY).all()
    assert tuple(labels.draw(1)[5, 5]) == (0, 0, 255)


def test_labels_are_saved(labels, tmp_path):
    files = labels.save(tmp_path / 'new' / 'folder')
    assert [x.name for x in files] == ['street.png', 'street_overlay.png']
    assert np.array_equal(read(files[0]), labels.labels)
    assert np.array_equal(read(files[1])[..., ::-1], labels.draw())


def test_depth_is_saved(depth, tmp_path):
    array, png, overlay = depth.save(tmp_path, name='deep/a')
    assert array == tmp_path / 'deep' / 'a.npy'
    np.testing.assert_array_equal(np.load(array), depth.depth)
    values = read(png)
    assert values.dtype == np.uint16
    assert values[5, 5] == 544 and values[15, 15] == 2048
    assert values[0, 0] == 65535 and values[0, 1] == 0
    near, far = read(overlay)[5, 5], read(overlay)[15, 15]
    assert near[2] > near[0]  # red
    assert not np.array_equal(near, far)


def test_a_kind_alone(depth, tmp_path):
    assert [x.name for x in depth.save(tmp_path, ['png'])] == ['street.png']
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(ConfigError, match=r'labels: kinds are npy, png, over'):
        depth.save(tmp_path, ['labels'])


def test_an_image_is_not_replaced(labels, tmp_path):
    source = tmp_path / 'a.png'
    source.write_bytes(b'an image')
    found = dataclasses.replace(labels, source=str(source))
    with pytest.raises(ConfigError, match='a.png is the image itself'):
        found.save(tmp_path)
    assert source.read_bytes() == b'an image'


def test_boxes_above_a_threshold(boxes):
    best = boxes.above(0.5)
    assert best.scores.tolist() == pytest.approx([0.9])
    assert best.labels.tolist() == [2] and best.masks.shape == (1, 80, 90)
    assert boxes.above(0.95).draw().tolist() == boxes.image.tolist()
    assert len(boxes.scores) == 2


def test_masks_are_drawn_below_boxes(boxes):
    before = boxes.image.copy()
    drawn = boxes.above(0.5).draw(0.5)
    assert tuple(drawn[45, 25]) == (50, 50, 178)
    assert tuple(drawn[49, 24]) == PALETTE[2]  # the box's lower edge
    assert np.array_equal(boxes.image, before)


def test_an_empty_mask(boxes):
    nothing = dataclasses.replace(boxes, masks=np.zeros_like(boxes.masks))
    boxes_alone = dataclasses.replace(boxes, masks=None)
    assert np.array_equal(nothing.draw(), boxes_alone.draw())


def test_coco_reads_what_is_saved(boxes, tmp_path):
    path, _ = boxes.save(tmp_path)
    read = COCO(path)
    assert read.imgs[1]['file_name'] == 'images/street.jpg'
    assert [x['name'] for x in read.cats.values()] == list(CLASSES)
    first, second = read.loadAnns([1, 2])
    assert first['bbox'] == [20, 40, 9, 9] and first['category_id'] == 3
    assert np.array_equal(read.annToMask(first), boxes.masks[0])
    assert second['score'] == pytest.approx(0.2)


def test_files_are_joined(boxes):
    part = json.loads(boxes.encode('json'))
    whole = join_coco([part, dict(part, annotations=[]), part])
    assert [x['id'] for x in whole['images']] == [1, 2, 3]
    assert [x['image_id'] for x in whole['annotations']] == [1, 1, 3, 3]
    assert [x['id'] for x in whole['annotations']] == [1, 2, 3, 4]


def test_without_boxes(boxes, tmp_path):
    path, _ = boxes.above(1).save(tmp_path)
    assert json.loads(path.read_text())['annotations'] == []


@pytest.mark.parametrize(
    ('source', 'name'),
    [('a/b.c.png', 'b.c'), ('v/clip.mp4#12', 'clip_000012'), ('3', '3')],
)
def test_default_names(labels, source, name):
    one = SegmentationPrediction(
        labels=labels.labels,
        classes=CLASSES,
        palette=PALETTE,
        **common(source),
    )
    assert one.name == name
