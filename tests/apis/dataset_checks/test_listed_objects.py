"""Data sets of detection of whose files nothing is known."""

from pathlib import Path

import pytest
from apis.planted import check, config_of, found

STEM = 'mask-rcnn_uhrnetv2p-w18-small_1xb4-12e_scenes-192x320'
GOOD = dict(bbox=[10, 10, 20, 20], bbox_label=0, ignore_flag=0)
GOOD['mask'] = [[10, 10, 20, 10, 20, 20]]
# Changes of an object that is as it should be, and what is then found
CASES = {
    'nothing': ({}, None),
    'a point': (dict(bbox=[5, 5, 5, 5]), 'box_without_area'),
    'NaN': (dict(bbox=[5, 5, float('nan'), 9]), 'annotation'),
    'a class too far': (dict(bbox_label=3), 'unknown_class'),
    'no class': (dict(bbox_label=None), 'unknown_class'),
    'no mask': (dict(mask=None), 'broken_mask'),
}


@pytest.fixture
def listed(data, mmdet_scope):
    """Check a data set that lists one object in its first image."""
    from mmdet.datasets import BaseDetDataset
    from mmdet.registry import DATASETS

    def run(samples):
        @DATASETS.register_module(force=True)
        class Own(BaseDetDataset):
            METAINFO = dict(classes=('a', 'b', 'c'))

            def load_data_list(self):
                return samples

        cfg = config_of(STEM, data)
        dataset = cfg.train_dataloader.dataset
        dataset.update(type='Own', filter_cfg=None)
        return check(cfg, ['train'])

    return run


@pytest.mark.parametrize('values, kind', CASES.values(), ids=CASES)
def test_objects(listed, data, values, kind):
    path = data / 'images/train/00000.png'
    item = GOOD | values
    report = listed(
        [dict(img_path=str(path), width=96, height=64, instances=[item])]
    )
    if values.get('bbox') == [5, 5, 5, 5]:
        # the mask is that of another place, too
        kinds = [kind, 'partial_mask']
    else:
        kinds = [kind] if kind else []
    expected = [('train', x, 'images/train/00000.png') for x in kinds]
    assert found(report, data) == expected


def test_samples_that_are_no_images(listed):
    report = listed([dict(images=[dict(img_path='0.png')])])
    assert [x.kind for x in report.defects] == ['data_set']
    assert 'without img_path' in report.defects[0].message
    assert Path(report.defects[0].file).name == 'instances_train.json'
