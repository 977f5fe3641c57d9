"""Trees, hedges, fences, street lamps, signs and signals."""

import math

import numpy as np

from .buildings import Spot
from .classes import LABEL
from .materials import Foliage, Plain, Planks, tint
from .noise import rgb
from .plates import Plate, Signal
from .primitives import Capsule, Convex, Ellipsoid, Solid, polygon

_LEAVES = (
    (74, 112, 42), (88, 124, 48), (60, 98, 44), (104, 130, 50),
    (122, 128, 46), (68, 104, 58),
)  # fmt: skip
_BARK = ((96, 78, 62), (80, 66, 56), (118, 104, 90))
_METAL = ((96, 100, 104), (62, 68, 70), (136, 140, 142))


def _rod(
    start: tuple[float, ...],
    end: tuple[float, ...],
    radius: float,
    label: int,
    surface: Plain,
) -> Capsule:
    axis = tuple(b - a for a, b in zip(start, end, strict=True))
    return Capsule(start, (0, 0, 0), label, surface, axis=axis, radius=radius)


def tree(rng: np.random.Generator, spot: Spot, size: float) -> list[Solid]:
    """Broad tree or slim poplar; ``size`` is the crown radius in metres."""
    label = LABEL['vegetation']
    leaves = tint(rng, _LEAVES)
    bark = Plain(tint(rng, _BARK), grain=0.25, density=60)
    slim = bool(rng.random() < 0.25)
    stem = float(rng.uniform(0.9, 1.3)) * (1.2 if slim else 1.9)
    stem = stem + 0.25 * size
    rise = size * float(
        rng.uniform(1.7, 2.3) if slim else rng.uniform(0.85, 1.1)
    )
    wide = size * (0.55 if slim else 1.0)
    middle = stem + 0.85 * rise
    lean = rng.normal(0, 0.12, 2)
    solids: list[Solid] = [
        _rod(
            spot.point(0, 0, -0.1),
            spot.point(float(lean[0]), float(lean[1]), middle),
            0.07 + 0.045 * size,
            label,
            bark,
        )
    ]

    def crown(
        at: tuple[float, float, float], radius: float, height: float
    ) -> None:
        solids.append(
            Ellipsoid(
                spot.point(*at),
                (radius, radius, height),
                label,
                Foliage(leaves, float(rng.uniform(0, 30))),
                float(rng.uniform(0, 6)),
                ragged=0.62,
                grain=float(rng.uniform(26, 38)),
            )
        )

    crown((0, 0, middle), 0.72 * wide, 0.92 * rise)
    turn = float(rng.uniform(0, 6))
    for index in range(6):
        angle = turn + index * math.tau / 6 + float(rng.uniform(-0.3, 0.3))
        level = 0.55 * rise * (0.55 if index % 2 else -0.6)
        reach = wide * float(rng.uniform(0.42, 0.6))
        radius = wide * float(rng.uniform(0.4, 0.52))
        at = (
            reach * math.cos(angle),
            reach * math.sin(angle),
            middle + level + 0.1 * rise * float(rng.standard_normal()),
        )
        crown(at, radius, radius * (1.5 if slim else 0.85))
    return solids


def bush(rng: np.random.Generator, spot: Spot, size: float) -> list[Solid]:
    """Round shrub on the ground; ``size`` is its radius in metres."""
    leaves = tint(rng, _LEAVES)
    return [
        Ellipsoid(
            spot.point(dx * size, dy * size, 0.5 * size * k),
            (size * k, size * k, 0.75 * size * k),
            LABEL['vegetation'],
            Foliage(leaves, float(rng.uniform(0, 30))),
            ragged=0.5,
            grain=26.0,
        )
        for dx, dy, k in ((0, 0, 1.0), (0.7, 0.3, 0.7), (-0.5, 0.6, 0.75))
    ]


def hedge(rng: np.random.Generator, spot: Spot, length: float) -> list[Solid]:
    """Trimmed hedge along local y."""
    half = (0.35, 0.5 * length, float(rng.uniform(0.5, 0.75)))
    leaves = Foliage(tint(rng, _LEAVES) * 0.85, float(rng.uniform(0, 30)))
    where = spot.point(0, 0, half[2])
    return [Convex(where, half, LABEL['vegetation'], leaves, spot.yaw)]


def fence(rng: np.random.Generator, spot: Spot, length: float) -> list[Solid]:
    """Board fence between posts along local y."""
    label = LABEL['fence']
    colour = tint(
        rng, ((150, 112, 76), (222, 220, 212), (118, 96, 78), (92, 112, 96))
    )
    height = float(rng.uniform(0.95, 1.5))
    half = (0.03, 0.5 * length, 0.5 * (height - 0.08))
    where = spot.point(0, 0, 0.08 + half[2])
    solids: list[Solid] = [
        Convex(where, half, label, Planks(colour), spot.yaw)
    ]
    rail = (0.06, 0.5 * length, 0.035)
    where = spot.point(0, 0, height)
    solids.append(Convex(where, rail, label, Plain(colour), spot.yaw))
    posts = max(round(length / 2.4), 1)
    for index in range(posts + 1):
        y = -half[1] + length * index / posts
        where = spot.point(0, y, 0.5 * height + 0.05)
        post = (0.07, 0.07, 0.5 * height + 0.05)
        surface = Plain(colour * 0.9)
        solids.append(Convex(where, post, label, surface, spot.yaw))
    return solids


def lamp(rng: np.random.Generator, spot: Spot, inward: float) -> list[Solid]:
    """Street lamp; ``inward`` is the sign of local x towards the road."""
    label = LABEL['pole']
    metal = Plain(tint(rng, _METAL), gloss=0.05)
    high = float(rng.uniform(6.0, 7.5))
    reach = 1.8 * inward
    top, tip = spot.point(0, 0, high), spot.point(reach, 0, high + 0.45)
    head = Convex(
        spot.point(reach + 0.25 * inward, 0, high + 0.42),
        (0.38, 0.14, 0.07),
        label,
        Plain(rgb(214, 214, 206)),
        spot.yaw,
    )
    return [
        _rod(spot.point(0, 0, 0), top, 0.085, label, metal),
        _rod(spot.point(0, 0, 0), spot.point(0, 0, 1.0), 0.12, label, metal),
        _rod(top, tip, 0.05, label, metal),
        head,
    ]


def sign(rng: np.random.Generator, spot: Spot, instance: int) -> list[Solid]:
    """Traffic sign on a post, its face towards local -y."""
    kind = str(rng.choice(Plate.KINDS, p=[0.3, 0.06, 0.1, 0.2, 0.2, 0.14]))
    radius = float(rng.uniform(0.36, 0.44))
    planes = {
        'limit': polygon(20, radius),
        'entry': polygon(20, radius),
        'stop': polygon(8, radius, math.pi / 8),
        # Polygons are given by the distance of their sides, and these two
        # have their corners at the radius.
        'warning': polygon(3, 0.5 * radius, math.pi),
        'parking': (),
        'priority': polygon(4, math.sqrt(0.5) * radius, math.pi / 4),
    }[kind]
    wide = radius * (0.85 if kind == 'parking' else 1.0)
    high = float(rng.uniform(2.25, 2.6))
    metal = Plain(rgb(128, 132, 134), gloss=0.05)
    plate = Convex(
        spot.point(0, -0.06, high),
        (wide, 0.02, wide),
        LABEL['sign'],
        Plate(kind, wide),
        spot.yaw,
        instance,
        planes,
    )
    top = spot.point(0, 0, high + 0.8 * radius)
    post = _rod(spot.point(0, 0, 0), top, 0.035, LABEL['pole'], metal)
    return [plate, post]


def signal(
    rng: np.random.Generator, spot: Spot, instance: int, lit: int
) -> list[Solid]:
    """Traffic light on a post, its lamps towards local -y."""
    metal = Plain(rgb(72, 76, 78), gloss=0.05)
    half = (0.17, 0.14, 0.46)
    high = float(rng.uniform(2.7, 3.1))
    head = Convex(
        spot.point(0, -0.05, high),
        half,
        LABEL['sign'],
        Signal(half[2], lit),
        spot.yaw,
        instance,
    )
    top = spot.point(0, 0, high - half[2])
    post = _rod(spot.point(0, 0, 0), top, 0.06, LABEL['pole'], metal)
    return [head, post]
