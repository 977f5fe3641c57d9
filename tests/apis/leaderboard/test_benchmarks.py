"""What a config's name says of its data."""

import pytest
from config_files import CONFIGS

from uhrnet.apis.leaderboard.benchmarks import (
    BENCHMARKS,
    benchmark_of,
    counted_size,
    crop_of,
    gpus_of,
)


def test_every_config_has_a_data_set():
    seen = {benchmark_of(path.stem).data for path in CONFIGS}
    assert seen == {benchmark.data for benchmark in BENCHMARKS.values()}
    assert {gpus_of(path.stem) for path in CONFIGS} == {1, 4, 8}


@pytest.mark.parametrize(
    'name, data, size',
    [
        ('a_b_4xb3-120k_cityscapes-512x1024', 'Cityscapes', (1024, 2048)),
        ('a_b_1xb4-1k_cityscapes-packed-9x9', 'Cityscapes', (1024, 2048)),
        ('a_b_1xb4-1k_camvid-256x256', 'CamVid', (360, 480)),
        ('a_b_4xb10-110k_lip-473x473', 'LIP', (473, 473)),
        (
            'a_b_4xb4-60k_pascal-context-59-480x480',
            'Pascal Context (59 classes)',
            (480, 480),
        ),
        ('a_b_8xb2-1x_coco', 'COCO', (800, 1344)),
        ('a_b_8xb16-140e_coco-512x512', 'COCO', (512, 512)),
        ('a_b_1xb4-6e_bccd-240x320', 'BCCD', (256, 320)),
        ('depth_b_4xb4-24e_kitti-352x704', 'KITTI (Eigen)', (352, 1216)),
    ],
)
def test_sizes(name, data, size):
    benchmark = benchmark_of(name)
    assert benchmark.data == data
    divisor = 32 if data in ('COCO', 'BCCD') else 1
    assert counted_size(name, divisor) == size


def test_crops():
    assert crop_of('a_b_4xb3-120k_cityscapes-512x1024') == (512, 1024)
    assert crop_of('a_b_8xb2-1x_coco') is None
    assert benchmark_of('depth_a_1xb8-4k_scenes-96x160').test == (
        'scenes, 64 held out'
    )
    assert benchmark_of('fcn_a_1xb4-500it_scenes-192x320').test == 'scenes val'
