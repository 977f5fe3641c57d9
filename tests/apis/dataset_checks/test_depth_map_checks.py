"""Depth maps: every defect is found, by name, and nothing else."""

import shutil

import cv2
import numpy as np
import pytest
from apis.planted import check, config_of, found, truncate

STEM = 'depth_uhrnet-w18-small_1xb8-4k_scenes-96x160'
pytestmark = pytest.mark.usefixtures('mmseg_scope')


@pytest.fixture
def cfg(data):
    return config_of(STEM, data)


def change(path, function):
    np.save(path, function(np.load(path)))


def test_clean(cfg, data):
    report = check(cfg)
    assert report.defects == []
    depth = [np.load(x) for x in (data / 'depth/train').glob('*.npy')]
    known = np.concatenate([x[x > 0] for x in depth])
    figures = report.splits['train'].depth
    assert figures.known == len(known)
    assert figures.beyond == (known > 80).sum()
    assert figures.nearest == known.min() and figures.farthest == known.max()
    assert figures.total == pytest.approx(known.sum(dtype=np.float64))


def far(depth):
    depth[:] = 90
    depth[:9] = 70
    return depth


def test_every_defect_of_a_split(cfg, data):
    folder = data / 'depth/train'
    truncate(data / 'images/train/00000.png')
    truncate(folder / '00001.npy')
    change(folder / '00002.npy', lambda x: np.stack([x, x], 2))
    change(folder / '00003.npy', lambda x: x[1:])
    change(folder / '00004.npy', lambda x: x * 1000)
    change(folder / '00005.npy', lambda x: np.where(x > 0, np.nan, x))
    change(folder / '00006.npy', far)
    report = check(cfg)
    assert found(report, data) == sorted(
        [
            ('train', 'unreadable', 'images/train/00000.png'),
            ('train', 'unreadable', 'depth/train/00001.npy'),
            ('train', 'wrong_form', 'depth/train/00002.npy'),
            ('train', 'size', 'depth/train/00003.npy'),
            ('train', 'depth_range', 'depth/train/00004.npy'),
            ('train', 'empty_depth', 'depth/train/00005.npy'),
            ('train', 'far_depth', 'depth/train/00006.npy'),
        ]
    )
    assert report.splits['train'].levels == dict(error=5, warning=2)


def test_missing_maps_are_all_named(cfg, data):
    """Although the data set stops at the first."""
    for number in (2, 5):
        (data / f'depth/val/{number:05}.npy').unlink(missing_ok=True)
        (data / f'depth/train/{number:05}.npy').unlink()
    report = check(cfg)
    assert found(report, data) == [
        ('train', 'data_set', '.'),
        ('train', 'missing', 'depth/train/00002.npy'),
        ('train', 'missing', 'depth/train/00005.npy'),
        ('val', 'data_set', '.'),
        ('val', 'missing', 'depth/val/00002.npy'),
    ]


def test_a_list_in_the_form_of_nyu(data, tmp_path):
    root = tmp_path / 'nyu'
    root.mkdir()
    for split, name in (('train', 'train'), ('val', 'test')):
        shutil.copytree(data / 'images' / split, root / 'rgb' / split)
        shutil.copytree(data / 'depth' / split, root / 'sync' / split)
        lines = [
            f'/rgb/{split}/{x.name} /sync/{split}/{x.name} 518.9'
            for x in sorted((data / 'images' / split).iterdir())
        ]
        path = root / f'nyudepthv2_{name}_files_with_gt.txt'
        path.write_text('\n'.join(lines))
    cfg = config_of('depth_uhrnet-w18-small_4xb4-24e_nyu-416x544', root)
    for split in ('train', 'val', 'test'):
        dataset = cfg[f'{split}_dataloader'].dataset
        dataset.data_prefix = dict(img_path='', depth_map_path='')
        dataset.pipeline[1 if split == 'train' else 2].scale = 256
    assert cfg.test_dataloader.dataset.pipeline[2].type == 'LoadCheckedDepth'
    levels = {x.level for x in check(cfg).defects}
    assert levels <= {'warning'}
    (root / 'rgb/train/00003.png').unlink()
    path = root / 'sync/train/00004.png'
    cv2.imwrite(str(path), cv2.imread(str(path)))
    report = check(cfg)
    errors = [x for x in found(report, root) if x[1] != 'far_depth']
    assert errors == [
        ('train', 'missing', 'rgb/train/00003.png'),
        ('train', 'wrong_form', 'sync/train/00004.png'),
    ]
    path = root / 'nyudepthv2_train_files_with_gt.txt'
    path.write_text('one word too many here')
    report = check(cfg)
    assert report.splits['val'].images == 4
    assert [x for x in found(report, root) if x[1] != 'far_depth'] == [
        ('train', 'data_set', path.name)
    ]
