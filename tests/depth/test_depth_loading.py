"""Depth maps of files, and the crops of benchmarks."""

import cv2
import numpy as np
import pytest

from uhrnet.depth.transforms import CropKITTI, CropWindow, LoadCheckedDepth
from uhrnet.errors import DataError

METRES = np.array([[0, 1, 2.5], [79, 3, 0.5]], np.float32)


def load(path, scale=1, shape=METRES.shape, **options):
    step = LoadCheckedDepth(scale=scale, **dict(max_depth=80) | options)
    results = dict(
        img_path='image.jpg', depth_map_path=str(path), seg_fields=[]
    )
    if shape is not None:
        results['ori_shape'] = shape
    results = step.transform(results)
    assert results['seg_fields'] == ['gt_depth_map']
    return results['gt_depth_map']


def write_png(path, values):
    assert cv2.imwrite(str(path), values)
    return path


@pytest.mark.parametrize('scale', [256, 1000])
def test_png(scale, tmp_path):
    metres = np.minimum(METRES, 60)  # 16 bits of millimetres reach 65.5 m
    values = np.rint(metres * scale).astype(np.uint16)
    depth = load(write_png(tmp_path / 'a.png', values), scale)
    assert depth.dtype == np.float32
    assert np.array_equal(depth, metres)


@pytest.mark.parametrize('kind', ['npy', 'npz', 'npz of another name'])
@pytest.mark.parametrize('form', [(2, 3), (1, 2, 3), (2, 3, 1)])
def test_arrays(kind, form, tmp_path):
    path = tmp_path / f'a.{kind[:3]}'
    values = METRES.reshape(form)
    if kind == 'npy':
        np.save(path, values)
    else:
        np.savez(path, **{'z' if 'other' in kind else 'depth': values})
    options = dict(key='z') if 'other' in kind else {}
    assert np.array_equal(load(path, **options), METRES)


def test_unknown_depths_become_zero(tmp_path):
    values = METRES.astype(np.float64)
    values[0] = np.nan, -1, np.inf
    np.save(tmp_path / 'a.npy', values)
    depth = load(tmp_path / 'a.npy')
    assert depth[0].tolist() == [0, 0, 0]
    assert np.array_equal(depth[1], METRES[1])
    # nothing known at all is not an error here
    np.save(tmp_path / 'b.npy', values * 0)
    assert not load(tmp_path / 'b.npy').any()


def test_a_sample_without_depth_passes():
    results = dict(img_path='image.jpg')
    assert LoadCheckedDepth(1, 80).transform(results) == dict(
        img_path='image.jpg'
    )


def fails(path, **options):
    with pytest.raises(DataError) as caught:
        load(path, **options)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_wrong_files(tmp_path):
    values = np.full((2, 3), 700, np.uint16)
    png = write_png(tmp_path / 'a.png', values)
    assert 'is 2x3' in fails(
        png, shape=(4, 6)
    ) and 'image.jpg is 4x6' in fails(png, shape=(4, 6))
    eight = write_png(tmp_path / 'b.png', values.astype(np.uint8))
    assert 'uint8 of shape (2, 3)' in fails(eight)
    colour = write_png(tmp_path / 'c.png', np.dstack([values] * 3))
    assert 'uint16 of shape (2, 3, 3)' in fails(colour)
    cut = tmp_path / 'd.png'
    cut.write_bytes(png.read_bytes()[:-20])
    assert 'truncated' in fails(cut)
    text = tmp_path / 'e.png'
    text.write_text('not a picture')
    fails(text)
    fails(tmp_path / 'missing.png')
    # metres read as millimetres, or the other way round
    message = fails(png, scale=1)
    assert 'from 700 to 700 m' in message and 'max_depth is 80 m' in message
    assert 'scale=1' in message


def test_wrong_arrays(tmp_path):
    path = tmp_path / 'a.npz'
    np.savez(path, image=METRES, z=METRES)
    assert "no array 'depth' but 'image', 'z'" in fails(path)
    path = tmp_path / 'a.npy'
    np.save(path, np.stack([METRES, METRES]))
    assert 'float32 of shape (2, 2, 3)' in fails(path)
    np.save(path, METRES.astype(complex))
    assert 'complex' in fails(path)
    np.save(path, METRES)
    path.write_bytes(path.read_bytes()[:-5])
    assert 'not a complete numpy file' in fails(path)


def test_files_are_known_by_what_they_hold(tmp_path):
    """Names are wrong, empty files are named."""
    np.savez(tmp_path / 'a.npz', depth=METRES)
    (tmp_path / 'a.npz').rename(tmp_path / 'a.npy')
    assert np.array_equal(load(tmp_path / 'a.npy'), METRES)
    np.save(tmp_path / 'b.npy', METRES)
    (tmp_path / 'b.npy').rename(tmp_path / 'b.npz')
    assert np.array_equal(load(tmp_path / 'b.npz'), METRES)
    for name in ('c.png', 'c.npy', 'c.npz'):
        (tmp_path / name).touch()
        assert name in fails(tmp_path / name)


@pytest.mark.parametrize('options', [dict(scale=0), dict(max_depth=-1)])
def test_scales_that_leave_nothing(options):
    with pytest.raises(ValueError, match='have to be above 0'):
        LoadCheckedDepth(**dict(scale=1, max_depth=1) | options)


def test_pickled_objects_are_not_run(tmp_path):
    class Hostile:
        def __reduce__(self):
            return (marker.write_text, ('ran',))

    marker = tmp_path / 'marker'
    path = tmp_path / 'a.npy'
    np.save(path, np.array([[Hostile()]], object), allow_pickle=True)
    assert 'not a complete numpy file' in fails(path, shape=None)
    assert not marker.exists()


def sample(height, width):
    """Image and depth that tell each pixel's place."""
    y, x = np.mgrid[:height, :width]
    return dict(
        img=np.dstack([y // 256, y % 256, x % 256]).astype(np.uint8),
        gt_depth_map=(y * 10000 + x).astype(np.float32),
        seg_fields=['gt_depth_map'],
        img_path='image.png',
        ori_shape=(height, width),
    )


def check(results, top, left, shape):
    assert results['img_shape'] == results['ori_shape'] == shape
    y, x = np.mgrid[top : top + shape[0], left : left + shape[1]]
    assert np.array_equal(results['gt_depth_map'], y * 10000 + x)
    assert np.array_equal(results['img'][..., 2], x % 256)
    rows = results['img'][..., 0] * 256.0 + results['img'][..., 1]
    assert np.array_equal(rows, y)


@pytest.mark.parametrize(
    'height, width, top, left',
    [(375, 1242, 23, 13), (370, 1226, 18, 5), (352, 1216, 0, 0)],
)
def test_crop_of_kitti(height, width, top, left):
    results = CropKITTI().transform(sample(height, width))
    check(results, top, left, (352, 1216))


def test_window():
    step = CropWindow(rows=(45, 472), columns=(43, 608))
    check(step.transform(sample(480, 640)), 45, 43, (427, 565))
    for shape in ((471, 640), (480, 607)):
        with pytest.raises(DataError, match=r'image.png is \d+x\d+'):
            step.transform(sample(*shape))
    with pytest.raises(DataError, match='rows -1-351'):
        CropKITTI().transform(sample(351, 1216))
