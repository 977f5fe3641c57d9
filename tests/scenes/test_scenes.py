import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from uhrnet.scenes import (
    CLASSES,
    PALETTE,
    THINGS,
    make_frame,
    render,
    sample_scene,
)

SKY = CLASSES.index('sky')
GROUND = [CLASSES.index(n) for n in ('road', 'sidewalk', 'terrain')]
SIZES = [(192, 320), (97, 61), (33, 47), (1, 1)]


def scene(seed):
    return sample_scene(np.random.default_rng(seed))


def same(a, b):
    return (
        all(
            np.array_equal(getattr(a, name), getattr(b, name))
            for name in ('image', 'labels', 'depth', 'instances', 'intrinsics')
        )
        and a.objects == b.objects
    )


def test_constants():
    assert len(CLASSES) == len(set(CLASSES)) == len(PALETTE)
    assert set(THINGS) < set(CLASSES)
    colours = np.array(PALETTE)
    apart = np.abs(colours[:, None] - colours).sum(-1)
    assert apart[~np.eye(len(CLASSES), dtype=bool)].min() > 60


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('seed', range(3))
def test_shapes_and_sky(seed, size):
    frame = render(scene(seed), *size)
    assert frame.image.shape == (*size, 3)
    assert frame.image.dtype == np.uint8
    assert frame.image.flags.c_contiguous
    assert frame.labels.shape == size and frame.labels.dtype == np.uint8
    assert frame.depth.shape == size and frame.depth.dtype == np.float32
    assert frame.instances.shape == size
    assert frame.instances.dtype == np.int32
    assert frame.labels.max() < len(CLASSES)
    # The sky, and only the sky, has no depth; 16 bits hold all the others.
    np.testing.assert_array_equal(frame.depth > 0, frame.labels != SKY)
    assert frame.depth.max() < 255


@pytest.mark.parametrize('size', SIZES[:3])
@pytest.mark.parametrize('seed', range(4))
def test_ground_depth_is_that_of_the_plane(seed, size):
    setting = scene(seed)
    frame = render(setting, *size)
    camera = setting.camera
    rows, columns = np.nonzero(np.isin(frame.labels, GROUND))
    assert rows.size > 0.1 * size[0] * size[1]
    focal = 0.5 * size[1] / math.tan(0.5 * camera.fov)
    down = (rows - 0.5 * (size[0] - 1)) / focal
    fall = down * math.cos(camera.pitch) - math.sin(camera.pitch)
    np.testing.assert_allclose(
        frame.depth[rows, columns], camera.height / fall, rtol=0, atol=1e-4
    )


def test_ground_classes_lie_where_the_street_has_them():
    setting = scene(1)
    frame = render(setting, 96, 160)
    camera, k = setting.camera, frame.intrinsics
    rows, columns = np.nonzero(frame.labels == CLASSES.index('road'))
    ray = np.linalg.inv(k) @ [columns, rows, np.ones(rows.size)]
    point = camera.rotation @ (ray * frame.depth[rows, columns])
    np.testing.assert_allclose(point[2], -camera.height, atol=1e-4)
    x, y = point[0] + camera.x, point[1]
    street = setting.street
    beside = np.abs(x - street.curvature * y**2) > street.half + 1e-3
    if street.crossing is not None:
        beside &= np.abs(y - street.crossing) > street.crossing_half + 1e-3
    assert not beside.any()


def test_camera_axes_are_a_rotation():
    rotation = scene(0).camera.rotation
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)


@pytest.mark.parametrize('seed', range(5))
def test_solids_lie_on_their_surface(seed):
    """Each hit is on the outline of the solid that it is said to be on."""
    setting = scene(seed)
    rng = np.random.default_rng(seed)
    origin = np.array(setting.camera.position)
    kinds = set()
    for solid in setting.solids:
        corners = solid.corners()
        target = corners.mean(0) + 0.2 * rng.normal(size=(20, 3))
        d = (target - origin).T
        t = solid.intersect(origin, d)
        hit = np.isfinite(t)
        p = origin[:, None] + d[:, hit] * t[hit]
        low, high = corners.min(0) - 1e-4, corners.max(0) + 1e-4
        np.testing.assert_array_equal(np.clip(p.T, low, high), p.T)
        normal = solid.world(solid.normal(np.stack(solid.local(p))))
        np.testing.assert_allclose((normal**2).sum(0), 1, atol=1e-4)
        # Rays enter; a solid is never seen from within.
        assert ((normal * d[:, hit]).sum(0) <= 1e-6).all()
        kinds.add(type(solid).__name__) if hit.any() else None
    assert {'Convex', 'Ellipsoid', 'Capsule', 'Wheel'} <= kinds


@pytest.mark.parametrize('seed', range(6))
def test_instances_agree_with_labels(seed):
    frame = render(scene(seed), 96, 160)
    ids = [instance.id for instance in frame.objects]
    assert ids == list(range(1, len(ids) + 1))
    assert set(np.unique(frame.instances)) - {0} == set(ids)
    for instance in frame.objects:
        mask = frame.instances == instance.id
        assert (frame.labels[mask] == instance.label).all()
        assert CLASSES[instance.label] in THINGS
        assert instance.area == mask.sum() >= 16
        x, y, w, h = instance.bbox
        box = mask[y : y + h, x : x + w]
        assert box.sum() == instance.area
        edges = box[0], box[-1], box[:, 0], box[:, -1]
        assert all(edge.any() for edge in edges)


def test_objects_with_few_pixels_keep_only_their_label():
    setting = scene(0)
    every = render(setting, 96, 160, min_pixels=1)
    large = render(setting, 96, 160, min_pixels=60)
    assert 0 < len(large.objects) < len(every.objects)
    np.testing.assert_array_equal(every.labels, large.labels)
    things = [CLASSES.index(name) for name in THINGS]
    np.testing.assert_array_equal(
        every.instances > 0, np.isin(every.labels, things)
    )


def test_same_picture_for_same_key():
    first = make_frame(0, 'train', 3, (48, 80))
    assert same(first, make_frame(0, 'train', 3, (48, 80)))
    for other in ((1, 'train', 3), (0, 'val', 3), (0, 'train', 4)):
        assert not same(first, make_frame(*other, (48, 80)))


def test_size_changes_only_the_sampling():
    """Pixel centres of a threefold image coincide with those of a small."""
    setting = scene(2)
    small = render(setting, 40, 60)
    large = render(setting, 120, 180)
    agree = small.labels == large.labels[1::3, 1::3]
    assert agree.mean() > 0.995
    near = np.isclose(small.depth, large.depth[1::3, 1::3], rtol=1e-3)
    assert near.mean() > 0.99


def test_pictures_have_light_and_detail():
    for index in range(4):
        image = make_frame(0, 'train', index, (96, 160)).image / 255
        assert 0.2 < image.mean() < 0.75
        assert image.std() > 0.12


def test_empty_images_are_refused():
    with pytest.raises(ValueError, match='0 x 5'):
        render(scene(0), 0, 5)


def test_needs_no_torch_and_no_toolbox():
    """The modules themselves, whatever the package around them imports."""
    folder = Path(sys.modules['uhrnet.scenes'].__file__).parent
    code = (
        'import importlib.util, sys\n'
        f'spec = importlib.util.spec_from_file_location("scenes", '
        f'{str(folder / "__init__.py")!r})\n'
        'module = importlib.util.module_from_spec(spec)\n'
        'sys.modules["scenes"] = module\n'
        'spec.loader.exec_module(module)\n'
        'names = {name.split(".")[0] for name in sys.modules}\n'
        'assert not names & {"torch", "mmcv", "mmengine", "mmseg", "mmdet"}\n'
        'module.make_frame(0, "train", 0, (9, 16))\n'
    )
    subprocess.run([sys.executable, '-c', code], check=True)
