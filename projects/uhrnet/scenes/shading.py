"""Colours of what the rays meet: materials, light, shadows and haze."""

from itertools import pairwise

import numpy as np

from .noise import cell_hash, fractal, mix, rgb
from .raycast import BACKDROP, FIRST, GROUND, SKY, Hits, rectangles
from .scene import REACH, Scene
from .sky import Sky


def shade(scene: Scene, hits: Hits, k: np.ndarray) -> np.ndarray:
    """Linear-light colours (3, h, w) of all points of the grid."""
    shape = hits.depth.shape
    rays, depth = hits.rays.reshape(3, -1), hits.depth.ravel()
    number = hits.number.ravel()
    unit = rays / np.sqrt((rays * rays).sum(0))
    albedo = np.zeros_like(rays)
    normal = np.zeros_like(rays)
    gloss = np.zeros_like(depth)
    order = np.argsort(number, kind='stable')
    cuts = np.searchsorted(
        number[order], np.arange(SKY, len(scene.solids) + FIRST + 1)
    )
    camera = np.array(scene.camera.position, np.float32)[:, None]
    above = scene.camera.height / hits.focal
    for value, (a, b) in enumerate(pairwise(cuts), start=SKY):
        if a == b or value == SKY:
            continue
        i = order[a:b]
        d, t = rays[:, i], depth[i]
        if value == GROUND:
            x, y = camera[0] + d[0] * t, camera[1] + d[1] * t
            across = t / hits.focal
            along = t * t / hits.focal * (above * hits.focal) ** -1
            albedo[:, i] = scene.street.albedo(x, y, across, along)
            normal[2, i] = 1
        elif value == BACKDROP:
            albedo[:, i], normal[:, i] = _backdrop(scene, d, t)
        else:
            solid = scene.solids[value - FIRST]
            p = np.stack(solid.local(camera + d * t))
            n = solid.normal(p)
            normal[:, i] = solid.world(n)
            albedo[:, i], gloss[i] = solid.material(p, n, t / hits.focal)
    lit = _sunlight(scene, hits, normal.reshape(3, *shape), k).ravel()
    albedo *= _contact(scene, hits, k).ravel()
    seen = order[cuts[1] :]
    colour = np.empty_like(rays)
    sky = order[: cuts[1]]
    colour[:, sky] = scene.sky.colour(unit[:, sky])
    colour[:, seen] = _surface(
        scene.sky,
        albedo[:, seen],
        normal[:, seen],
        gloss[seen],
        lit[seen],
        unit[:, seen],
        depth[seen],
    )
    return colour.reshape(3, *shape)


def _surface(
    sky: Sky,
    albedo: np.ndarray,
    n: np.ndarray,
    gloss: np.ndarray,
    lit: np.ndarray,
    d: np.ndarray,
    depth: np.ndarray,
) -> np.ndarray:
    """Colour of surfaces (3, N) with light, mirrored sky and haze."""
    colour = sky.light(albedo, n, lit)
    shiny = np.flatnonzero(gloss > 0.02)
    if shiny.size:
        v, m = d[:, shiny], n[:, shiny]
        facing = -(v * m).sum(0)
        r = v + 2 * facing * m
        rim = (1 - np.clip(facing, 0, 1)) ** 4
        share = np.clip(gloss[shiny] * (0.55 + 0.9 * rim), 0, 0.9)
        s = sky.sun
        spark = np.clip(r[0] * s[0] + r[1] * s[1] + r[2] * s[2], 0, 1) ** 48
        spark = spark * lit[shiny] * gloss[shiny]
        colour[:, shiny] = (
            mix(colour[:, shiny], sky.mirror(r), share)
            + 1.5 * spark * sky.sun_colour
        )
    air = 1 - np.exp(-depth / sky.haze)
    return mix(colour, sky.horizon * 0.95, air)


def _sunlight(
    scene: Scene, hits: Hits, normal: np.ndarray, k: np.ndarray
) -> np.ndarray:
    """Share of the sun (h, w) that reaches each point of the grid."""
    shape = hits.depth.shape
    sun = scene.sky.sun
    lit = np.ones(shape, np.float32)
    known = hits.number >= 0
    depth = np.where(known, hits.depth, 0)
    facing = sum(s * n for s, n in zip(sun, normal, strict=True)) > 0
    facing &= known
    points = hits.rays * depth
    points += np.array(scene.camera.position, np.float32)[:, None, None]
    # A hull and its shadow on the ground hold all that it can darken.
    drop = np.maximum(hits.corners[..., 2:], 0) / sun[2]
    reach = np.concatenate([hits.corners, hits.corners - drop * sun], 1)
    for index, box in rectangles(scene, reach, k, shape):
        if not facing[box].any():
            continue
        t = scene.solids[index].intersect(points[(slice(None), *box)], sun)
        # Nearer than 4 cm is the surface itself.
        lit[box][(t > 0.04) & (t < np.inf)] = 0
    return lit


def _contact(scene: Scene, hits: Hits, k: np.ndarray) -> np.ndarray:
    """Dimming of the ground (h, w) close to what stands on it."""
    shape = hits.depth.shape
    dim = np.ones(shape, np.float32)
    if not scene.contacts:
        return dim
    points = np.stack([contact.corners() for contact in scene.contacts])
    x0, y0, _ = scene.camera.position
    for index, box in rectangles(scene, points, k, shape):
        ground = hits.number[box] == GROUND
        t = np.where(ground, hits.depth[box], 0)
        rays = hits.rays[(slice(None), *box)]
        near = scene.contacts[index].dimming(
            x0 + rays[0] * t, y0 + rays[1] * t
        )
        dim[box] *= np.where(ground, near, 1)
    return dim


def _backdrop(
    scene: Scene, d: np.ndarray, depth: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Colour (3, N) and world normals (3, N) of the backdrop."""
    angle = np.arctan2(d[0], d[1])
    z = scene.camera.height + depth * d[2]
    n = np.stack([-d[0], -d[1], 0 * angle]) / np.hypot(d[0], d[1])
    if not scene.skyline:
        leaf = fractal(angle * 8, z * 0.06, 90)
        n[2] = 0.4
        shade = 0.75 + 0.05 * z
        return rgb(84, 110, 66) * (1 + 0.25 * leaf) * shade, n
    block = np.floor(angle * 26)
    tone = cell_hash(block, block * 0 + 1, scene.seed % 997)
    wall = mix(rgb(150, 132, 122), rgb(196, 186, 172), tone)
    x, row = angle * REACH / 2.6, z / 3.1
    pane = (np.abs(x - np.floor(x) - 0.5) < 0.26) & (
        np.abs(row - np.floor(row) - 0.5) < 0.28
    )
    return np.where(pane, wall * 0.45, wall), n
