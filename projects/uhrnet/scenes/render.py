"""Renders a scene to an image with its exact labels, depth and masks.

The centre of a pixel decides on its label, depth and instance; its colour is
the tent-weighted mean of the nine rays in and around it, so that edges are
smooth and yet nothing is shifted.
"""

from dataclasses import dataclass

import numpy as np

from .classes import LABEL
from .raycast import GROUND, SKY, cast
from .scene import Scene
from .shading import shade


@dataclass
class Instance:
    """One visible object.

    Args:
        id: Its value in the instance map.
        label: Semantic class index.
        bbox: x, y, width, height of the visible part, whole pixels.
        area: Number of visible pixels.
    """

    id: int
    label: int
    bbox: tuple[int, int, int, int]
    area: int


@dataclass
class Frame:
    """A rendered scene.

    Args:
        image: RGB (H, W, 3), uint8.
        labels: Semantic class indices (H, W), uint8.
        depth: Distance along the camera's axis in metres (H, W), float32;
            0 in the sky.
        instances: Object numbers (H, W), int32; 0 for none.
        objects: The objects in ``instances``, by number.
        intrinsics: Calibration matrix (3, 3).
    """

    image: np.ndarray
    labels: np.ndarray
    depth: np.ndarray
    instances: np.ndarray
    objects: list[Instance]
    intrinsics: np.ndarray


def render(
    scene: Scene, height: int, width: int, min_pixels: int = 16
) -> Frame:
    """Render a scene.

    Args:
        scene: What to render.
        height: Height of the image in pixels.
        width: Width of the image in pixels.
        min_pixels: Objects with fewer visible pixels are not instances;
            their semantic label stays.
    """
    if height < 1 or width < 1:
        raise ValueError(f'no image has the size {height} x {width}')
    k = scene.camera.intrinsics(height, width)
    hits = cast(scene, height, width, k)
    linear = shade(scene, hits, k)
    pixel = (slice(1, None, 2), slice(1, None, 2))
    number, depth = hits.number[pixel], hits.depth[pixel]
    labels, instances = _annotate(
        scene, hits.rays[:, 1::2, 1::2], depth, number
    )
    instances, objects = _visible(scene, instances, min_pixels)
    return Frame(
        image=_develop(linear, scene.seed),
        labels=labels,
        depth=np.where(number == SKY, 0, depth).astype(np.float32),
        instances=instances,
        objects=objects,
        intrinsics=k,
    )


def _annotate(
    scene: Scene, rays: np.ndarray, depth: np.ndarray, number: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Semantic labels uint8 and instance numbers int32, (H, W) each."""
    far = LABEL['building' if scene.skyline else 'vegetation']
    label = [LABEL['sky'], LABEL['terrain'], far]
    label += [solid.label for solid in scene.solids]
    instance = [0, 0, 0] + [solid.instance for solid in scene.solids]
    labels = np.array(label, np.uint8)[number - SKY]
    ground = number == GROUND
    x = scene.camera.position[0] + rays[0][ground] * depth[ground]
    y = scene.camera.position[1] + rays[1][ground] * depth[ground]
    labels[ground] = scene.street.labels(x, y)
    return labels, np.array(instance, np.int32)[number - SKY]


def _visible(
    scene: Scene, instances: np.ndarray, min_pixels: int
) -> tuple[np.ndarray, list[Instance]]:
    """Number the objects that show enough pixels from 1."""
    area = np.bincount(instances.ravel(), minlength=len(scene.instances) + 1)
    renumber = np.zeros(area.size, np.int32)
    objects = []
    for old in range(1, area.size):
        if area[old] < max(min_pixels, 1):
            continue
        rows, columns = np.nonzero(instances == old)
        renumber[old] = len(objects) + 1
        left, top = int(columns.min()), int(rows.min())
        objects.append(
            Instance(
                id=len(objects) + 1,
                label=scene.instances[old - 1],
                bbox=(
                    left,
                    top,
                    int(columns.max()) - left + 1,
                    int(rows.max()) - top + 1,
                ),
                area=int(area[old]),
            )
        )
    return renumber[instances], objects


def _develop(linear: np.ndarray, seed: int) -> np.ndarray:
    """Linear light (3, 2 H + 1, 2 W + 1) to a noisy 8-bit image (H, W, 3)."""
    # Bright points are bounded before they are averaged, or edges of the
    # sky would stay jagged.
    linear = np.clip(linear, 0, 2.5)
    rows = linear[:, 1::2] * 0.5 + 0.25 * (linear[:, :-1:2] + linear[:, 2::2])
    mean = rows[..., 1::2] * 0.5 + 0.25 * (rows[..., :-1:2] + rows[..., 2::2])
    # Filmic curve: contrast in the middle, a soft shoulder.
    mean = mean * 0.82
    curve = mean * (2.51 * mean + 0.03) / (mean * (2.43 * mean + 0.59) + 0.14)
    value = np.clip(curve, 0, 1) ** np.float32(1 / 2.2) * 255
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal(value.shape, dtype=np.float32)
    value = value + noise * (1.1 + 0.004 * value)
    value = np.clip(np.rint(value), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(value.transpose(1, 2, 0))
