"""Ray casting: what each ray of the camera meets first.

One ray goes through every point of a grid of half a pixel: grid point (1, 1)
is the centre of pixel (0, 0), and every second point from there the centre of
another pixel.
"""

from dataclasses import dataclass

import numpy as np

from .noise import cell_hash, fractal
from .scene import REACH, Scene

# Numbers of what is no solid; solid i has number i + FIRST.
SKY, GROUND, BACKDROP, FIRST = -1, 0, 1, 2


@dataclass
class Hits:
    """What the rays meet first, on the grid (h, w) of half pixels.

    Args:
        rays: World directions (3, h, w), float32; 1 along the camera's axis.
        depth: Along the camera's axis in metres (h, w); ``inf`` in the sky.
        number: What was met (h, w), int16.
        corners: Of the bounding boxes of all solids, (P, 8, 3).
        focal: Focal length in steps of the grid.
    """

    rays: np.ndarray
    depth: np.ndarray
    number: np.ndarray
    corners: np.ndarray
    focal: float


def cast(scene: Scene, height: int, width: int, k: np.ndarray) -> Hits:
    """Find what is nearest in the direction of each point of the grid.

    Args:
        scene: What to look at.
        height: Height of the image in pixels.
        width: Width of the image in pixels.
        k: Calibration matrix (3, 3) for that size.
    """
    u, v = (np.arange(2 * n + 1) * 0.5 - 0.5 for n in (width, height))
    exact = scene.camera.rays(u, v, k)
    rays = exact.astype(np.float32)
    level = np.hypot(rays[0], rays[1])
    # Without roll, all rays of a row fall alike.
    fall = exact[2, :, :1]
    with np.errstate(divide='ignore'):
        ground = np.where(fall < 0, -scene.camera.height / fall, np.inf)
    wall = np.float32(REACH) / level
    on_ground = ground < wall
    top = _outline(scene, rays)
    on_wall = ~on_ground & (scene.camera.height + wall * rays[2] < top)
    depth = np.where(on_ground, ground, np.where(on_wall, wall, np.inf))
    depth = depth.astype(np.float32)
    number = np.where(on_ground, GROUND, np.where(on_wall, BACKDROP, SKY))
    number = number.astype(np.int16)
    origin = scene.camera.position
    corners = np.array([solid.corners() for solid in scene.solids])
    corners = corners.reshape(-1, 8, 3)
    for index, box in rectangles(scene, corners, k, depth.shape):
        rows, columns = box
        solid = scene.solids[index]
        t = solid.intersect(origin, rays[:, rows, columns])
        near = t < depth[box]
        if near.any():
            np.copyto(depth[box], t.astype(np.float32), where=near)
            np.copyto(number[box], np.int16(index + FIRST), where=near)
    return Hits(rays, depth, number, corners, 2 * k[0, 0])


def rectangles(
    scene: Scene, points: np.ndarray, k: np.ndarray, shape: tuple[int, int]
) -> list[tuple[int, tuple[slice, slice]]]:
    """Which hulls of world points are in view, and where on the grid.

    Args:
        scene: For its camera.
        points: P hulls of M points, (P, M, 3).
        k: Calibration matrix (3, 3).
        shape: Of the grid of half pixels, (h, w).

    Returns:
        Pairs of the number of a hull and its window: slices of rows, columns.
    """
    height, width = shape[0] // 2, shape[1] // 2
    low_u, low_v, high_u, high_v = scene.camera.windows(points, k).T
    out = []
    for index in range(len(points)):
        if not (
            low_u[index] < width
            and low_v[index] < height
            and high_u[index] > -1
            and high_v[index] > -1
        ):
            continue
        left = max(int(np.floor(2 * max(low_u[index], -1) + 1)), 0)
        upper = max(int(np.floor(2 * max(low_v[index], -1) + 1)), 0)
        right = int(np.ceil(2 * min(high_u[index], width) + 1)) + 1
        lower = int(np.ceil(2 * min(high_v[index], height) + 1)) + 1
        out.append((index, (slice(upper, lower), slice(left, right))))
    return out


def _outline(scene: Scene, rays: np.ndarray) -> np.ndarray:
    """Height in metres of the backdrop in the directions (3, h, w)."""
    angle = np.arctan2(rays[0], rays[1])
    shift = scene.seed % 89
    if scene.skyline:
        block = np.floor(angle * 26)
        rise = cell_hash(block, block * 0, scene.seed % 997)
        return (5.5 + 13 * rise * rise).astype(np.float32)
    wave = fractal(angle + shift, angle * 0 + 3, 60)
    leaf = fractal(angle + shift, angle * 0 + 1, 700)
    return (9 + 1.6 * wave + 0.6 * leaf).astype(np.float32)
