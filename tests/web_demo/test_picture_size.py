"""Which models want pictures at one size."""

import pytest

from uhrnet.engine.config_file import read_config
from uhrnet.engine.config_lookup import find_config
from uhrnet.web_demo.picture_size import trained_side

SCENES = 'depth_uhrnet-w18-small_1xb8-4k_scenes-96x160'


def config_of(name):
    return read_config(find_config(name))


def test_depth_of_whole_pictures():
    assert trained_side(config_of(SCENES), 'depth') == 160


@pytest.mark.parametrize(
    ('name', 'task'),
    [
        ('depth_uhrnet-w18_4xb4-24e_kitti-352x704', 'depth'),
        ('depth_uhrnet-w18_4xb4-24e_nyu-416x544', 'depth'),
        (
            'fpn_uhrnet-w18-small-in1k-pre_4xb2-80k_cityscapes-512x1024',
            'segmentation',
        ),
        ('faster-rcnn_uhrnetv2p-w18-small_1xb4-6e_bccd-240x320', 'detection'),
    ],
)
def test_others_are_left_as_they_are(name, task):
    assert trained_side(config_of(name), task) is None


def test_a_test_pipeline_that_resizes():
    config = config_of(SCENES)
    resize = dict(type='Resize', scale=(160, 96))
    config.test_dataloader.dataset.pipeline.insert(2, resize)
    assert trained_side(config, 'depth') is None


def test_a_size_that_is_not_known():
    config = config_of(SCENES)
    del config.model.data_preprocessor.size
    assert trained_side(config, 'depth') is None
