"""Lists and folders of depth."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from depth.kitti_list import eigen_list

from uhrnet.depth.datasets import (
    KITTIDepthDataset,
    NumpyDepthDataset,
    NYUDepthDataset,
    ScenesDepthDataset,
)
from uhrnet.errors import DataError


def kitti(root, **kwargs):
    return KITTIDepthDataset(
        data_root=str(root),
        ann_file='kitti_eigen_test.txt',
        data_prefix=dict(img_path='input', depth_map_path='gt_depth'),
        **kwargs,
    )


def test_kitti_evaluates_652_of_697(tmp_path):
    eigen_list(tmp_path)
    dataset = kitti(tmp_path, test_mode=True)
    assert len(dataset) == 652 and dataset.without_depth == 45
    first = dataset.get_data_info(0)
    drive = '2011_09_26_drive_0000_sync'
    assert first['img_path'] == str(
        tmp_path / f'input/2011_09_26/{drive}/image_02/data/0000000000.png'
    )
    assert first['depth_map_path'] == str(
        tmp_path
        / f'gt_depth/{drive}/proj_depth/groundtruth/image_02/0000000000.png'
    )
    assert first['focal'] == 721.5377
    names = [
        Path(dataset.get_data_info(i)['img_path']).stem for i in range(652)
    ]
    assert '0000000003' not in names and len(set(names)) == 652
    assert first['out_name'] == (
        f'2011_09_26_{drive}_image_02_data_0000000000'
    )


def test_nyu_begins_paths_with_a_slash(tmp_path):
    (tmp_path / 'list.txt').write_text(
        '/kitchen/rgb_00045.jpg /kitchen/sync_depth_00045.png 518.8579\n'
        '\n'
        'bathroom/rgb_00001.jpg bathroom/sync_depth_00001.png\n'
    )
    dataset = NYUDepthDataset(data_root=str(tmp_path), ann_file='list.txt')
    assert len(dataset) == 2
    first = dataset.get_data_info(0)
    assert first['img_path'] == str(tmp_path / 'kitchen/rgb_00045.jpg')
    assert first['depth_map_path'] == str(
        tmp_path / 'kitchen/sync_depth_00045.png'
    )


@pytest.mark.parametrize(
    'line',
    ['a.png', 'a.png b.png far', 'a.png b.png 1 2', 'a.png b.png -1',
     'a.png b.png inf', 'a.png b.png nan'],
)  # fmt: skip
def test_other_lines_are_refused(line, tmp_path):
    (tmp_path / 'list.txt').write_text(f'x.png y.png 7\n{line}\n')
    with pytest.raises(DataError, match=rf"list.txt, line 2: '{line}'"):
        NYUDepthDataset(data_root=str(tmp_path), ann_file='list.txt')


@pytest.mark.parametrize('name', ['../a.png', 'a/../../b', 'http://host/a'])
def test_names_that_lead_out_of_the_folder(name, tmp_path):
    for line in (f'{name} y.png', f'x.png {name}'):
        (tmp_path / 'list.txt').write_text(f'x.png y.png 7\n{line}\n')
        with pytest.raises(DataError, match=r'list.txt, line 2, names .* out'):
            NYUDepthDataset(data_root=str(tmp_path), ann_file='list.txt')


def test_missing_and_empty_lists(tmp_path):
    with pytest.raises(DataError, match='kitti_eigen_test.txt, a list of'):
        kitti(tmp_path)
    (tmp_path / 'kitti_eigen_test.txt').write_text('a.png None 7\n')
    with pytest.raises(DataError, match='names no image with depth'):
        kitti(tmp_path)


def folders(root, images=('a/1', '2'), depths=('a/1', '2')):
    for folder, names, suffix in (
        ('images', images, '.jpg'),
        ('depth', depths, '.npz'),
    ):
        for name in names:
            path = root / folder / (name + suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()


def numpy_depth(root, **kwargs):
    prefix = dict(img_path='images', depth_map_path='depth')
    options = dict(
        data_prefix=prefix, img_suffix='.jpg', depth_map_suffix='.npz'
    )
    return NumpyDepthDataset(data_root=str(root), **options | kwargs)


def test_folders(tmp_path):
    folders(tmp_path)
    dataset = numpy_depth(tmp_path)
    paths = [
        (info['img_path'], info['depth_map_path'])
        for info in map(dataset.get_data_info, range(len(dataset)))
    ]
    assert [x['out_name'] for x in dataset] == ['2', 'a_1']
    assert paths == [
        (f'{tmp_path}/images/{name}.jpg', f'{tmp_path}/depth/{name}.npz')
        for name in ('2', 'a/1')
    ]
    for more in ({}, dict(depth_map_path=None)):
        prefix = dict(img_path='images') | more
        alone = numpy_depth(tmp_path, data_prefix=prefix)
        assert 'depth_map_path' not in alone.get_data_info(0)


def test_folders_that_cannot_be_right(tmp_path):
    folders(tmp_path, depths=('2', 'other'))
    with pytest.raises(DataError, match=r'1 of 2 images .* first one a/1.npz'):
        numpy_depth(tmp_path)
    with pytest.raises(DataError, match=r'images has no file \*.bmp'):
        numpy_depth(tmp_path, img_suffix='.bmp')
    with pytest.raises(DataError, match=r'pictures, a folder .* not exist'):
        numpy_depth(tmp_path, data_prefix=dict(img_path='pictures'))


def test_a_list_of_names(tmp_path):
    folders(tmp_path)
    path = tmp_path / 'val.txt'
    path.write_text('a/1\n\n')
    dataset = numpy_depth(tmp_path, ann_file='val.txt')
    assert [x['out_name'] for x in dataset] == ['a_1']
    path.write_text('a/1\nb\n')
    with pytest.raises(DataError, match="without .jpg, and has 'b'"):
        numpy_depth(tmp_path, ann_file='val.txt')
    path.write_text('')
    with pytest.raises(DataError, match="and has 'none'"):
        numpy_depth(tmp_path, ann_file='val.txt')
    with pytest.raises(DataError, match='other.txt, a list of images'):
        numpy_depth(tmp_path, ann_file='other.txt')
    path.write_bytes(b'\xff\xfe\x00')
    with pytest.raises(DataError, match='val.txt is not a list of images'):
        numpy_depth(tmp_path, ann_file='val.txt')


def test_names_that_would_be_one(tmp_path):
    names = ('a/1', 'a_1')
    folders(tmp_path, images=names, depths=names)
    with pytest.raises(DataError, match='would both be saved as a_1'):
        numpy_depth(tmp_path)
    (tmp_path / 'list.txt').write_text('a/1.jpg a.png 7\na_1.jpg b.png 7\n')
    with pytest.raises(DataError, match='would both be saved as a_1'):
        NYUDepthDataset(data_root=str(tmp_path), ann_file='list.txt')


def test_folders_by_another_name(tmp_path):
    folders(tmp_path)
    prefix = dict(img_path='images', depth_path='depth')
    with pytest.raises(DataError, match="not 'depth_path'"):
        numpy_depth(tmp_path, data_prefix=prefix)
    (tmp_path / 'list.txt').write_text('a/1.jpg a.png 7\n')
    with pytest.raises(DataError, match="not 'depth_path'"):
        NYUDepthDataset(
            data_root=str(tmp_path), ann_file='list.txt', data_prefix=prefix
        )


def scenes_depth(root, split='val'):
    return ScenesDepthDataset(
        data_root=str(root),
        data_prefix=dict(
            img_path=f'images/{split}', depth_map_path=f'depth/{split}'
        ),
    )


def test_scenes_know_their_cameras(scenes, tmp_path):
    dataset = scenes_depth(scenes)
    meta = json.loads((scenes / 'meta.json').read_text())
    assert len(dataset) == 4
    for i in range(4):
        camera = np.array(meta['images']['val'][i]['intrinsics'])
        assert dataset.get_data_info(i)['focal'] == camera[0, 0] > 40
    root = tmp_path / 'scenes'
    shutil.copytree(scenes, root)
    path = root / 'meta.json'
    broken = json.loads(path.read_text())
    texts = ['{"images": {"train": []}}', '{', '[' * 100_000]
    for focal in (0, float('nan'), 10**400, 'x'):
        broken['images']['val'][1]['intrinsics'][0][0] = focal
        texts.append(json.dumps(broken))
    for content in (*texts, None):
        path.unlink() if content is None else path.write_text(content)
        with pytest.raises(DataError, match="cameras of the split 'val'"):
            scenes_depth(root)
