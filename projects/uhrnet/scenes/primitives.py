"""Solids that a ray can hit.

Each solid has its own frame: ``centre`` in the world and a turn by ``yaw``
about the vertical (local y is the heading, local x points right, z up). Points
and directions are sequences of three arrays that broadcast; all are float32
where the rays are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .materials import Material
from .noise import cell_hash, fractal

Vector = Sequence[np.ndarray | float]
_CORNERS = np.array(
    [(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], float
)


@dataclass
class Solid:
    """Base of the solids.

    Args:
        centre: World position of the local origin, metres.
        half: Half extents of the local bounding box, metres.
        label: Semantic class index.
        material: What gives the surface its colour.
        yaw: Turn to the left about the vertical, radians.
        instance: Number of the object that it is part of; 0 for none.
    """

    centre: tuple[float, float, float]
    half: tuple[float, float, float]
    label: int
    material: Material
    yaw: float = 0.0
    instance: int = 0

    def __post_init__(self) -> None:
        # Python floats do not widen float32 arrays; numpy scalars do.
        self.centre = tuple(float(value) for value in self.centre)
        self.half = tuple(float(value) for value in self.half)
        self._cos, self._sin = math.cos(self.yaw), math.sin(self.yaw)

    def turn(self, v: Vector) -> Vector:
        """World direction to local direction."""
        if not self.yaw:
            return v[0], v[1], v[2]
        c, s = self._cos, self._sin
        return c * v[0] + s * v[1], c * v[1] - s * v[0], v[2]

    def local(self, p: Vector) -> Vector:
        """World point to local point."""
        return self.turn([a - b for a, b in zip(p, self.centre, strict=True)])

    def world(self, v: np.ndarray) -> np.ndarray:
        """Local directions (3, N) to world directions (3, N)."""
        c, s = self._cos, self._sin
        return np.stack([c * v[0] - s * v[1], s * v[0] + c * v[1], v[2]])

    def corners(self) -> np.ndarray:
        """Corners (8, 3) of the bounding box in the world."""
        v = self.world((_CORNERS * self.half).T)
        return v.T + self.centre

    def intersect(self, o: Vector, d: Vector) -> np.ndarray:
        """Ray parameter of the first entry, ``inf`` for a miss.

        Args:
            o: World origins.
            d: World directions, of any length.
        """
        raise NotImplementedError

    def normal(self, p: np.ndarray) -> np.ndarray:
        """Local unit normals (3, N) at local surface points (3, N)."""
        raise NotImplementedError


@dataclass
class Convex(Solid):
    """Box of the half extents, cut by planes.

    Args:
        planes: (normal, offset) pairs in the local frame; the solid is where
            ``normal . p <= offset``.
    """

    planes: tuple[tuple[tuple[float, float, float], float], ...] = ()

    def intersect(self, o: Vector, d: Vector) -> np.ndarray:
        """See ``Solid.intersect``."""
        o, d = self.local(o), self.turn(d)
        enter, leave = -np.inf, np.inf
        for axis, half in enumerate(self.half):
            # A tiny bias instead of a special case for parallel rays: it
            # sends both bounds far away, on the right sides.
            inverse = 1 / (d[axis] + 1e-12)
            middle = -o[axis] * inverse
            span = half * np.abs(inverse)
            enter = np.maximum(enter, middle - span)
            leave = np.minimum(leave, middle + span)
        for normal, offset in self.planes:
            slope = sum(n * v for n, v in zip(normal, d, strict=True) if n)
            gap = offset - sum(
                n * v for n, v in zip(normal, o, strict=True) if n
            )
            slope = slope + 1e-12
            t = gap / slope
            enter = np.maximum(enter, np.where(slope < 0, t, -np.inf))
            leave = np.minimum(leave, np.where(slope < 0, np.inf, t))
        return np.where((enter < leave) & (enter > 0), enter, np.inf)

    def normal(self, p: np.ndarray) -> np.ndarray:
        """See ``Solid.normal``."""
        box = np.abs(p) - np.array(self.half, p.dtype)[:, None]
        face = box.argmax(0)
        best = box.max(0)
        out = np.where(np.arange(3)[:, None] == face, np.sign(p), 0)
        for normal, offset in self.planes:
            n = np.array(normal, p.dtype)
            out = np.where(n @ p - offset > best, n[:, None], out)
            best = np.maximum(best, n @ p - offset)
        return out.astype(p.dtype)


@dataclass
class Ellipsoid(Solid):
    """Ellipsoid of the half extents, with a ragged outline if asked.

    Args:
        ragged: How far from the outline leaves are missing, 0 for none.
        grain: Cells of the leaf pattern in a unit of the scaled frame.
    """

    ragged: float = 0.0
    grain: float = 30.0

    def intersect(self, o: Vector, d: Vector) -> np.ndarray:
        """See ``Solid.intersect``."""
        o = [v / h for v, h in zip(self.local(o), self.half, strict=True)]
        d = [v / h for v, h in zip(self.turn(d), self.half, strict=True)]
        square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
        nearest = -(o[0] * d[0] + o[1] * d[1] + o[2] * d[2]) / square
        # The offset of the closest point, not the textbook discriminant,
        # which cancels for a small solid far away.
        miss = [a + nearest * b for a, b in zip(o, d, strict=True)]
        inside = 1 - (miss[0] ** 2 + miss[1] ** 2 + miss[2] ** 2)
        root = np.sqrt(np.maximum(inside, 0))
        t = nearest - root / np.sqrt(square)
        hit = (inside > 0) & (t > 0)
        if self.ragged:
            # ``root`` is the cosine between ray and normal: 0 on the outline.
            p = [a + t * b for a, b in zip(o, d, strict=True)]
            seed = self.centre[0] * 3.7
            a, b = p[0] + 0.6 * p[1] + seed, p[2] + 0.5 * p[1]
            leaf = cell_hash(np.floor(a * 9), np.floor(b * 9))
            leaf = 0.25 + 0.8 * leaf + 0.2 * fractal(a, b, self.grain)
            hit &= root > self.ragged * leaf
        return np.where(hit, t, np.inf)

    def normal(self, p: np.ndarray) -> np.ndarray:
        """See ``Solid.normal``."""
        n = p / (np.array(self.half, p.dtype)[:, None] ** 2)
        return n / np.maximum(np.linalg.norm(n, axis=0), 1e-9)


@dataclass
class Wheel(Solid):
    """Cylinder about the local x axis; ``half`` is (width, radius, radius)."""

    def intersect(self, o: Vector, d: Vector) -> np.ndarray:
        """See ``Solid.intersect``."""
        o, d = self.local(o), self.turn(d)
        width, radius, _ = self.half
        inverse = 1 / (d[0] + 1e-12)
        span = width * np.abs(inverse)
        enter, leave = -o[0] * inverse - span, -o[0] * inverse + span
        square = d[1] * d[1] + d[2] * d[2]
        nearest = -(o[1] * d[1] + o[2] * d[2]) / square
        a, b = o[1] + nearest * d[1], o[2] + nearest * d[2]
        inside = radius * radius - a * a - b * b
        root = np.sqrt(np.maximum(inside, 0) / square)
        enter = np.maximum(enter, nearest - root)
        leave = np.minimum(leave, nearest + root)
        hit = (inside > 0) & (enter < leave) & (enter > 0)
        return np.where(hit, enter, np.inf)

    def normal(self, p: np.ndarray) -> np.ndarray:
        """See ``Solid.normal``."""
        width, radius, _ = self.half
        rim = np.hypot(p[1], p[2])
        side = np.abs(p[0]) - width > rim - radius
        zero = np.zeros_like(rim)
        flat = np.stack([np.sign(p[0]), zero, zero])
        tread = np.stack([zero, p[1] / rim, p[2] / rim])
        return np.where(side, flat, tread)


@dataclass
class Capsule(Solid):
    """Cylinder with round ends from ``centre`` along ``axis``.

    ``half`` is ignored on input: it follows from the axis and the radius.

    Args:
        axis: Vector from the first to the second end, in the world, metres.
        radius: Radius in metres.
    """

    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
    radius: float = 0.1

    def __post_init__(self) -> None:
        self.axis = tuple(float(value) for value in self.axis)
        self.half = tuple(abs(a) + self.radius for a in self.axis)
        super().__post_init__()
        if self.yaw:
            raise ValueError('a capsule is turned by its axis, not by yaw')

    def corners(self) -> np.ndarray:
        """See ``Solid.corners``."""
        ends = np.array([(0, 0, 0), self.axis]) + self.centre
        low, high = ends.min(0) - self.radius, ends.max(0) + self.radius
        return np.where(_CORNERS < 0, low, high)

    def intersect(self, o: Vector, d: Vector) -> np.ndarray:
        """See ``Solid.intersect``."""
        o, a = self.local(o), self.axis
        aa = sum(v * v for v in a)
        along_d = (d[0] * a[0] + d[1] * a[1] + d[2] * a[2]) / aa
        along_o = (o[0] * a[0] + o[1] * a[1] + o[2] * a[2]) / aa
        # Without their parts along the axis, the rays meet a circle.
        e = [v - along_d * w for v, w in zip(d, a, strict=True)]
        m = [v - along_o * w for v, w in zip(o, a, strict=True)]
        square = e[0] * e[0] + e[1] * e[1] + e[2] * e[2] + 1e-12
        nearest = -(m[0] * e[0] + m[1] * e[1] + m[2] * e[2]) / square
        c = [v + nearest * w for v, w in zip(m, e, strict=True)]
        inside = self.radius**2 - (c[0] ** 2 + c[1] ** 2 + c[2] ** 2)
        t = nearest - np.sqrt(np.maximum(inside, 0) / square)
        position = along_o + t * along_d
        wall = (inside > 0) & (t > 0) & (position >= 0) & (position <= 1)
        # Beyond the ends of the wall, the ball at the nearer end counts.
        end = np.where(position < 0.5, 0.0, 1.0).astype(position.dtype)
        b = [v - end * w for v, w in zip(o, a, strict=True)]
        length = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
        close = -(b[0] * d[0] + b[1] * d[1] + b[2] * d[2]) / length
        g = [v + close * w for v, w in zip(b, d, strict=True)]
        deep = self.radius**2 - (g[0] ** 2 + g[1] ** 2 + g[2] ** 2)
        ball = close - np.sqrt(np.maximum(deep, 0) / length)
        cap = (inside > 0) & (deep > 0) & (ball > 0)
        return np.where(wall, t, np.where(cap, ball, np.inf))

    def normal(self, p: np.ndarray) -> np.ndarray:
        """See ``Solid.normal``."""
        a = np.array(self.axis, p.dtype)
        share = np.clip(a @ p / (a @ a), 0, 1)
        n = p - a[:, None] * share
        return n / np.maximum(np.linalg.norm(n, axis=0), 1e-9)


def polygon(
    sides: int, radius: float, turn: float = 0.0
) -> tuple[tuple[tuple[float, float, float], float], ...]:
    """Planes that cut an upright plate (local x, z) to a regular polygon."""
    angles = [turn + 2 * math.pi * i / sides for i in range(sides)]
    return tuple(((math.sin(a), 0.0, math.cos(a)), radius) for a in angles)


def plane(
    normal: tuple[float, float, float], point: tuple[float, float, float]
) -> tuple[tuple[float, float, float], float]:
    """Plane through a point, its normal scaled to length 1."""
    size = math.sqrt(sum(n * n for n in normal))
    unit = tuple(n / size for n in normal)
    return unit, sum(n * p for n, p in zip(unit, point, strict=True))
