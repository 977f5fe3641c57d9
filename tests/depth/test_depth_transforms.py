"""Image and depth stay together: both tell where each pixel came from."""

import copy

import cv2
import numpy as np
import pytest
from config_files import ROOT
from mmengine.config import Config
from mmengine.dataset import Compose

from uhrnet.depth.transforms import (
    CanonicalFocal,
    FreezeDepth,
    PackDepthInputs,
    RandomGammaColor,
    RandomZoom,
)

# isort: split
import mmseg.datasets.transforms  # noqa: F401
from mmseg.registry import TRANSFORMS

# The band of rows where nothing is known
UNKNOWN = (40, 80)


def plane(y, x):
    """A slanted wall: depth in metres at a place of the original image."""
    return 10 + 0.01 * x + 0.02 * y


def sample(height, width):
    """An image of coordinates, whose depth is that of the wall."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    depth = plane(y, x)
    depth[UNKNOWN[0] : UNKNOWN[1]] = 0
    return dict(
        # from 1 on: 0 is what has been turned in
        img=np.dstack((y + 1, x + 1, y)).astype(np.float32),
        gt_depth_map=depth,
        seg_fields=['gt_depth_map'],
        img_path='image.png',
        img_shape=(height, width),
        ori_shape=(height, width),
    )


def by_a_pixel(step, mask):
    """Erode or dilate a mask by a pixel; outside there is nothing."""
    return step(
        mask.astype(np.uint8), np.ones((3, 3)),
        borderType=cv2.BORDER_CONSTANT, borderValue=0,
    )  # fmt: skip


def check_together(results):
    """Where depth is known it is that of the place the image shows."""
    y, x = results['img'][..., 0] - 1, results['img'][..., 1] - 1
    depth = results['gt_depth_map'] * results.get('zoom', 1)
    known = depth > 0
    inside = (y > 0) & (x > 0)
    # A pixel and a half of the wall. At the border of what has been rotated
    # the image is mixed with black, and a crop hides where that is.
    allowed = 1.5 * (0.01 + 0.02)
    both = known & (by_a_pixel(cv2.erode, inside) > 0)
    assert both.mean() > 0.5
    error = np.abs(depth - plane(y, x))[both].max()
    print(f'max distance {error:.3f} m, allowed {allowed:.3f} m')
    assert error < allowed
    # Nothing is invented: not in the band, and not where nothing was.
    low, high = UNKNOWN
    assert not both[(y > low + 1) & (y < high - 2)].any()
    assert not known[by_a_pixel(cv2.dilate, inside) == 0].any()
    values = depth[known]
    assert values.min() > 9.9, 'a mean of a depth and an unknown one'


DATA = {
    'kitti_352x704': (375, 1242),
    'nyu_416x544': (480, 640),
    'scenes-depth_96x160': (96, 160),
}


def training_steps(name):
    """Those of a data set's pipeline that move pixels."""
    cfg = Config.fromfile(ROOT / f'configs/_base_/datasets/{name}.py')
    steps = [
        step
        for step in cfg.train_pipeline
        if not step.type.startswith(('Load', 'Pack', 'RandomGamma'))
    ]
    for step in steps:
        if step.type == 'RandomRotate':
            step.prob = 1.0
    return steps, tuple(cfg.get('crop_size', DATA[name]))


@pytest.mark.parametrize('name', DATA)
@pytest.mark.parametrize('seed', range(4))
def test_pipelines_keep_image_and_depth_together(name, seed):
    np.random.seed(seed)
    steps, crop = training_steps(name)
    assert len(steps) >= 2
    results = sample(*DATA[name]) | dict(focal=300.0)
    for step in steps:
        results = TRANSFORMS.build(step)(results)
    assert results['img'].shape[:2] == results['gt_depth_map'].shape == crop
    check_together(results)


def test_a_shift_would_be_seen():
    """The check above can fail."""
    results = sample(192, 320)
    results['gt_depth_map'] = np.roll(results['gt_depth_map'], 3, axis=0)
    with pytest.raises(AssertionError):
        check_together(results)


@pytest.mark.parametrize('ratio', [0.7, 1.0, 1.3, 2.0])
def test_zoom_of_the_ground(ratio):
    """Zooming in on a horizontal plane shows the same plane.

    A camera 1.5 m above the ground, of focal length 100, sees depth
    150 / (row - horizon); so it does after a zoom about the horizon.
    """
    horizon = -20.0
    y, _ = np.mgrid[:120, :80].astype(np.float32)
    results = dict(
        img=np.dstack((y, y, y)),
        gt_depth_map=(150 / (y - horizon)).astype(np.float32),
        seg_fields=['gt_depth_map'],
    )
    results = RandomZoom((ratio, ratio))(results)
    depth = results['gt_depth_map']
    assert (
        depth.shape
        == results['img_shape']
        == (
            round(120 * ratio),
            round(80 * ratio),
        )
    )
    assert results['zoom'] == ratio
    rows = np.arange(depth.shape[0])
    moved = ratio * (horizon + 0.5) - 0.5
    expected = 150 / (rows - moved)
    # half a pixel of the original, which is `ratio` pixels here
    nearest = 150 / (rows - moved - 0.51 * ratio)
    assert (np.abs(depth[:, 0] - expected) <= nearest - expected).all()
    # by the row that the image shows, too
    shown = results['img'][:, 0, 0]
    assert np.abs(1 / depth[:, 0] - ratio * (shown - horizon) / 150).max() < (
        0.51 * ratio / 150
    )


def test_zoom_draws_from_its_range():
    ratios = []
    for _ in range(50):
        results = RandomZoom((1.0, 1.5))(sample(150, 40))
        ratios.append(results['zoom'])
        assert results['img_shape'] == (
            round(150 * ratios[-1]),
            round(40 * ratios[-1]),
        )
    assert 1 <= min(ratios) < 1.1 and 1.4 < max(ratios) <= 1.5


def test_longer_cameras_see_further():
    """Twice the focal length: the same image is of twice the distance."""
    before = sample(192, 320)
    step = CanonicalFocal(focal=250.0)
    results = step(copy.deepcopy(before) | dict(focal=500.0))
    assert results['zoom'] == 2.0
    depth = results['gt_depth_map']
    assert np.array_equal(depth * 2, before['gt_depth_map'])
    assert np.array_equal(results['img'], before['img'])
    # zooming by the ratio instead gives the same depth, by definition
    zoomed = RandomZoom((2.0, 2.0))(copy.deepcopy(before))
    assert np.array_equal(zoomed['gt_depth_map'][::2, ::2], depth)
    both = step(
        RandomZoom((2.0, 2.0))(copy.deepcopy(before) | dict(focal=500))
    )
    assert both['zoom'] == 4.0
    frozen = step(FreezeDepth()(copy.deepcopy(before) | dict(focal=500.0)))
    assert np.array_equal(frozen['gt_depth_map'], before['gt_depth_map'])
    assert frozen['zoom'] == 2.0
    for unknown in ({}, dict(focal=float('nan'))):
        with pytest.warns(UserWarning, match='image.png is not known'):
            results = step(copy.deepcopy(before) | unknown)
        assert 'zoom' not in results
        assert np.array_equal(results['gt_depth_map'], before['gt_depth_map'])


def test_frozen_depth_stays():
    before = sample(192, 320)
    results = FreezeDepth()(copy.deepcopy(before))
    for step in (
        dict(type='Resize', scale_factor=0.5, keep_ratio=True),
        dict(type='RandomFlip', prob=1.0),
        dict(type='RandomZoom', ratio_range=(1.2, 1.2)),
    ):
        results = TRANSFORMS.build(step)(results)
    assert results['img'].shape[:2] == (115, 192)
    assert np.array_equal(results['gt_depth_map'], before['gt_depth_map'])
    assert FreezeDepth()(dict(img_path='x'))['img_path'] == 'x'


def colored(**options):
    image = np.random.randint(0, 256, (20, 30, 3), np.uint8)
    results = dict(img=image.copy(), gt_depth_map=np.ones((20, 30)))
    step = RandomGammaColor(**options)
    return image, step(results)


def test_colors():
    image, results = colored(
        gamma=(2.0, 2.0), brightness=(1.5, 1.5), color=(0.8, 0.8), prob=1.0
    )
    expected = np.clip(np.rint((image / 255.0) ** 2 * 1.2 * 255), 0, 255)
    assert np.array_equal(results['img'], expected)
    assert results['img'].dtype == np.uint8
    assert (results['gt_depth_map'] == 1).all()
    image, results = colored(prob=0.0)
    assert np.array_equal(results['img'], image)


def test_channels_are_colored_apart():
    _, results = colored(
        gamma=(1, 1), brightness=(1, 1), color=(0.5, 0.9), prob=1.0
    )
    assert len({results['img'][..., i].max() for i in range(3)}) == 3


def test_what_is_packed():
    results = sample(192, 320) | dict(
        img=np.zeros((192, 320, 3), np.uint8),
        depth_map_path='d.png', out_name='a_b', focal=7.0, zoom=1.5,
        window=(1, 2, 3, 4), flip=False, flip_direction=None, other=3,
    )  # fmt: skip
    packed = PackDepthInputs()(results)
    found = packed['data_samples'].metainfo
    assert (found['out_name'], found['focal']) == ('a_b', 7.0)
    assert (found['zoom'], found['window']) == (1.5, (1, 2, 3, 4))
    assert 'other' not in found
    few = PackDepthInputs(meta_keys=('other',))(results)
    assert few['data_samples'].metainfo == dict(other=3)
    depth = packed['data_samples'].gt_depth_map.data
    assert depth.shape == (1, 192, 320)
    assert packed['inputs'].shape == (3, 192, 320)


def test_steps_compose():
    """In front of each other by name, as a config has them."""
    steps = [
        dict(type='RandomZoom', ratio_range=(2.0, 2.0)),
        dict(type='RandomZoom', ratio_range=(0.5, 0.5)),
        dict(type='CropWindow', rows=(10, 20), columns=(5, 25)),
        dict(type='CropWindow', rows=(1, 3), columns=(2, 4)),
    ]
    results = Compose([TRANSFORMS.build(x) for x in steps])(sample(192, 320))
    assert results['zoom'] == 1.0 and results['window'] == (11, 13, 7, 9)
