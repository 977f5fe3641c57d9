"""Town houses, cottages and their roofs."""

import math
from dataclasses import dataclass

import numpy as np

from .classes import LABEL
from .materials import Facade, Plain, Roof, tint
from .noise import rgb
from .primitives import Convex, Solid, plane

_PLASTER = (
    (222, 202, 168), (206, 176, 140), (196, 148, 120), (214, 208, 196),
    (170, 176, 178), (226, 214, 190), (188, 196, 178), (204, 160, 152),
)  # fmt: skip
_BRICK = ((158, 92, 72), (142, 84, 66), (170, 112, 84), (128, 88, 76))
_TILES = ((150, 74, 56), (122, 64, 54), (88, 84, 88), (104, 92, 84))
_SHOPS = (
    (150, 40, 42), (36, 82, 70), (40, 62, 110), (196, 140, 44), (72, 60, 58),
)  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """Where an object stands: world x, y in metres and yaw in radians."""

    x: float
    y: float
    yaw: float

    def point(self, x: float, y: float, z: float) -> tuple[float, ...]:
        """World position of a point in the object's frame."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return self.x + c * x - s * y, self.y + s * x + c * y, z


def _facade(
    rng: np.random.Generator, half: tuple[float, float, float], shop: bool
) -> Facade:
    brick = bool(rng.random() < 0.4)
    wall = tint(rng, _BRICK if brick else _PLASTER)
    return Facade(
        half=half,
        wall=wall,
        trim=tint(rng, ((226, 222, 212), (206, 200, 188), (190, 186, 180))),
        cell=float(rng.uniform(2.0, 3.0)),
        floor=float(rng.uniform(2.9, 3.5)),
        window=(float(rng.uniform(0.4, 0.62)), float(rng.uniform(0.45, 0.6))),
        seed=int(rng.integers(1000)),
        shop=tint(rng, _SHOPS) if shop else None,
        bricks=brick,
    )


def gable(
    spot: Spot,
    half: tuple[float, float],
    base: float,
    rise: float,
    material: Roof,
) -> Convex:
    """Gable roof with its ridge along local y, on walls up to ``base``."""
    hx, hy, hz = half[0] + 0.35, half[1] + 0.2, 0.5 * rise
    # Each slope falls from the ridge to an eave at the foot of the roof.
    planes = tuple(
        plane((sign * rise, 0, hx), (sign * hx, 0, -hz)) for sign in (-1, 1)
    )
    return Convex(
        spot.point(0, 0, base + hz),
        (hx, hy, hz),
        LABEL['building'],
        material,
        spot.yaw,
        planes=planes,
    )


def town_house(
    rng: np.random.Generator, spot: Spot, half: tuple[float, float, float]
) -> list[Solid]:
    """Tall house at the sidewalk; ``half`` extents in metres."""
    label = LABEL['building']
    facade = _facade(rng, half, shop=bool(rng.random() < 0.6))
    wall = Convex(spot.point(0, 0, half[2]), half, label, facade, spot.yaw)
    solids: list[Solid] = [wall]
    top = 2 * half[2]
    if rng.random() < 0.3:
        roof = Roof(tint(rng, _TILES), facade.wall)
        solids.append(
            gable(spot, half[:2], top, float(rng.uniform(2, 3.5)), roof)
        )
    else:
        cornice = (half[0] + 0.3, half[1] - 0.005, 0.3)
        trim = Plain(facade.trim * 0.9)
        where = spot.point(0, 0, top)
        solids.append(Convex(where, cornice, label, trim, spot.yaw))
    if rng.random() < 0.6:
        chimney = (0.4, 0.5, 1.5)
        where = spot.point(
            float(rng.uniform(-0.4, 0.4)) * half[0],
            float(rng.uniform(-0.7, 0.7)) * half[1],
            top + 1.2,
        )
        brick = Plain(tint(rng, _BRICK), grain=0.15)
        solids.append(Convex(where, chimney, label, brick, spot.yaw))
    if facade.shop is not None and rng.random() < 0.6:
        # An awning over the shop windows, towards the street on both sides.
        width = min(half[1] * 0.6, 3.5)
        for sign in (-1, 1):
            where = spot.point(sign * (half[0] + 0.6), 0, 2.75)
            slope = plane((0.35 * sign, 0, 1), (0, 0, 0))
            solids.append(
                Convex(
                    where,
                    (0.62, width, 0.24),
                    label,
                    Plain(facade.shop * 1.3, grain=0.05),
                    spot.yaw,
                    planes=(slope,),
                )
            )
    return solids


def cottage(
    rng: np.random.Generator, spot: Spot, half: tuple[float, float, float]
) -> list[Solid]:
    """Detached house with a gable roof; ``half`` extents of its walls."""
    label = LABEL['building']
    facade = _facade(rng, half, shop=False)
    wall = Convex(spot.point(0, 0, half[2]), half, label, facade, spot.yaw)
    roof = Roof(tint(rng, _TILES), facade.wall)
    rise = float(rng.uniform(2.2, 3.6))
    top = gable(spot, half[:2], 2 * half[2] - 0.05, rise, roof)
    where = spot.point(0.45 * half[0], 0.5 * half[1], 2 * half[2] + rise * 0.8)
    brick = Plain(rgb(140, 92, 76), grain=0.15)
    chimney = Convex(where, (0.3, 0.3, 0.9), label, brick, spot.yaw)
    return [wall, top, chimney]
