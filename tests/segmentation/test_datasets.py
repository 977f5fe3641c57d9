import shutil

import numpy as np
import pytest
from mmseg.registry import DATASETS

from uhrnet.errors import DataError
from uhrnet.scenes import CLASSES


def build(kind, root, split='train', **kwargs):
    return DATASETS.build(
        dict(
            type=kind,
            data_root=str(root),
            data_prefix=dict(
                img_path=f'images/{split}', seg_map_path=f'annotations/{split}'
            ),
            pipeline=[
                dict(type='LoadCheckedImage'),
                dict(type='LoadCheckedAnnotations', num_classes=11),
            ],
            **kwargs,
        )
    )


def test_scenes(scenes, mmseg_scope):
    train, val = (build('ScenesDataset', scenes, s) for s in ('train', 'val'))
    assert (len(train), len(val)) == (8, 4)
    assert train.metainfo['classes'] == CLASSES
    assert len(train.metainfo['palette']) == len(CLASSES) == 11
    sample = train[0]
    assert sample['img'].shape == (64, 96, 3)
    assert sample['gt_seg_map'].shape == (64, 96)
    assert len(np.unique(sample['gt_seg_map'])) > 3


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_camvid_finds_the_image_format(scenes, tmp_path, mmseg_scope, suffix):
    root = tmp_path / 'camvid'
    shutil.copytree(scenes, root)
    for path in (root / 'images').rglob('*.png'):
        path.rename(path.with_suffix(suffix))
    dataset = build('CamVidDataset', root, 'val')
    assert len(dataset) == 4
    assert dataset[0]['img_path'].endswith(suffix)
    assert dataset[0]['seg_map_path'].endswith('.png')
    assert len(dataset.metainfo['classes']) == 11
    assert len(set(map(tuple, dataset.metainfo['palette']))) == 11


def test_camvid_with_other_images(scenes, tmp_path, mmseg_scope):
    root = tmp_path / 'camvid'
    shutil.copytree(scenes, root)
    for path in (root / 'images').rglob('*.png'):
        path.rename(path.with_suffix('.bmp'))
    with pytest.raises(DataError, match='img_suffix'):
        build('CamVidDataset', root)
    assert len(build('CamVidDataset', root, img_suffix='.bmp')) == 8
