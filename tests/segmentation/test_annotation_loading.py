import cv2
import numpy as np
import pytest
from mmseg.datasets.transforms import LoadAnnotations

from uhrnet.errors import DataError
from uhrnet.segmentation.transforms import LoadCheckedAnnotations


def load(labels, tmp_path, loader=None, num_classes=3, **results):
    path = tmp_path / 'labels.png'
    cv2.imwrite(str(path), labels)
    results = (
        dict(
            seg_map_path=str(path),
            img_path='image.png',
            reduce_zero_label=False,
            seg_fields=[],
        )
        | results
    )
    loader = loader or LoadCheckedAnnotations(num_classes=num_classes)
    return loader(results)['gt_seg_map']


@pytest.fixture
def labels():
    x = np.random.default_rng(0).integers(0, 3, (5, 6), np.uint8)
    x[0, 0] = 255
    return x


@pytest.mark.parametrize(
    'results',
    [
        {},
        dict(label_map={0: 2, 1: 0, 2: 255}),
        dict(reduce_zero_label=True),
        dict(reduce_zero_label=True, label_map={0: 1, 1: 0}),
    ],
    ids=str,
)
def test_equals_the_host_where_labels_are_right(labels, tmp_path, results):
    ours = load(labels, tmp_path, **results)
    theirs = load(labels, tmp_path, LoadAnnotations(), **results)
    assert ours.dtype == theirs.dtype == np.uint8
    np.testing.assert_array_equal(ours, theirs)


def test_label_out_of_range(labels, tmp_path):
    labels[1, 1:3] = 7
    with pytest.raises(DataError) as error:
        load(labels, tmp_path)
    assert 'labels.png' in str(error.value)
    assert 'outside 0-2' in str(error.value)
    assert '7 (2 pixels)' in str(error.value)


def test_ignore_index_is_an_option(labels, tmp_path):
    loader = LoadCheckedAnnotations(num_classes=3, ignore_index=254)
    with pytest.raises(DataError, match=r'255 \(1 pixels\)'):
        load(labels, tmp_path, loader)
    labels[labels == 255] = 254
    load(labels, tmp_path, loader)


def test_checked_after_the_label_map(tmp_path):
    labels = np.full((4, 4), 7, np.uint8)
    assert (load(labels, tmp_path, label_map={7: 1}) == 1).all()


def test_one_row(tmp_path):
    labels = np.zeros((1, 7), np.uint8)
    assert load(labels, tmp_path, ori_shape=(1, 7)).shape == (1, 7)


def test_new_images_have_no_labels():
    results = dict(img_path='x.png')
    assert LoadCheckedAnnotations(num_classes=3)(results) == results


def test_size_of_the_image(labels, tmp_path):
    load(labels, tmp_path, ori_shape=(5, 6))
    with pytest.raises(DataError, match=r'5x6 .* image\.png is 6x5'):
        load(labels, tmp_path, ori_shape=(6, 5))


def test_colour_coded(tmp_path):
    with pytest.raises(DataError, match=r'\(4, 4, 3\).*one channel'):
        load(np.zeros((4, 4, 3), np.uint8), tmp_path)


def test_more_than_eight_bits(tmp_path):
    with pytest.raises(DataError, match='label 300'):
        load(np.full((4, 4), 300, np.uint16), tmp_path)


def test_truncated(tmp_path, labels):
    path = tmp_path / 'labels.png'
    cv2.imwrite(str(path), labels)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match='labels.png is truncated'):
        LoadCheckedAnnotations(num_classes=3)(
            dict(seg_map_path=str(path), reduce_zero_label=False)
        )
