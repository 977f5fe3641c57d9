"""Cars and people: objects made of several solids with one instance."""

import numpy as np

from .buildings import Spot
from .classes import LABEL
from .materials import Plain, tint
from .noise import rgb
from .paintwork import CarBody, CarCabin, Tyre
from .primitives import Capsule, Convex, Ellipsoid, Solid, Wheel, plane

_PAINTS = (
    (186, 28, 32), (30, 62, 128), (232, 232, 232), (188, 192, 196),
    (58, 62, 68), (26, 27, 30), (222, 168, 40), (40, 98, 78), (96, 148, 190),
    (128, 46, 40),
)  # fmt: skip
# Length, width, body height, cabin length, shift and height, wheel radius.
_CARS = (
    (4.5, 1.80, 0.62, 2.70, -0.20, 0.56, 0.32),
    (3.9, 1.72, 0.66, 2.55, -0.45, 0.60, 0.31),
    (4.6, 1.90, 0.78, 3.30, -0.40, 0.66, 0.37),
    (4.9, 1.95, 0.95, 4.00, -0.30, 0.90, 0.36),
)
_SKIN = ((226, 178, 148), (198, 144, 112), (142, 96, 70), (92, 62, 48))
_HAIR = ((38, 28, 24), (84, 58, 36), (160, 122, 70), (110, 108, 106))
_TOPS = (
    (176, 40, 44), (36, 70, 130), (222, 214, 198), (60, 62, 66),
    (216, 148, 44), (46, 110, 84), (120, 70, 122), (92, 130, 168),
)  # fmt: skip
_TROUSERS = ((44, 52, 78), (36, 36, 40), (112, 98, 78), (74, 82, 96))


def car(rng: np.random.Generator, spot: Spot, instance: int) -> list[Solid]:
    """A car that heads along the spot's y axis."""
    label = LABEL['car']
    kind = int(rng.choice(4, p=[0.36, 0.3, 0.22, 0.12]))
    length, width, body, room, shift, rise, wheel = _CARS[kind]
    paint = tint(rng, _PAINTS, 0.08)
    axle, clear = 0.31 * length, 0.55 * wheel
    half = (0.5 * width, 0.5 * length, 0.5 * body)
    middle = clear + half[2]
    # Sloped bonnet, boot, nose and tail, and flanks that lean in.
    planes = (
        plane((0, 0.16, 1), (0, 0.15 * length, half[2])),
        plane((0, -0.12, 1), (0, -0.3 * length, half[2])),
        plane((0, 1, 0.22), (0, half[1], 0.1)),
        plane((0, 1, -0.5), (0, half[1], -0.1)),
        plane((0, -1, 0.18), (0, -half[1], 0.1)),
        plane((0, -1, -0.5), (0, -half[1], -0.1)),
        plane((1, 0, 0.2), (half[0], 0, 0.1)),
        plane((-1, 0, 0.2), (-half[0], 0, 0.1)),
        plane((0.6, 1, 0), (half[0], half[1] - 0.25, 0)),
        plane((-0.6, 1, 0), (-half[0], half[1] - 0.25, 0)),
        plane((0.6, -1, 0), (half[0], 0.25 - half[1], 0)),
        plane((-0.6, -1, 0), (-half[0], 0.25 - half[1], 0)),
    )
    arch = wheel * 1.18
    surface = CarBody(half, paint, axle, arch, wheel - middle)
    solids: list[Solid] = [
        Convex(
            spot.point(0, 0, middle),
            half,
            label,
            surface,
            spot.yaw,
            instance,
            planes,
        )
    ]
    cabin = (half[0] - 0.06, 0.5 * room, 0.5 * rise + 0.04)
    tail = 0.95 if kind == 0 else 0.32
    nose = 0.35 if kind == 3 else 1.0
    planes = (
        plane((0, 1, nose), (0, cabin[1], -cabin[2] + 0.05)),
        plane((0, -1, tail), (0, -cabin[1], -cabin[2] + 0.05)),
        plane((1, 0, 0.32), (cabin[0], 0, -cabin[2] + 0.05)),
        plane((-1, 0, 0.32), (-cabin[0], 0, -cabin[2] + 0.05)),
    )
    where = spot.point(0, shift, clear + body + cabin[2] - 0.06)
    glass = CarCabin(cabin, paint)
    solids.append(
        Convex(where, cabin, label, glass, spot.yaw, instance, planes)
    )
    for x in (-1, 1):
        for y in (-axle, axle):
            where = spot.point(x * (half[0] - 0.1), y, wheel)
            size = (0.115, wheel, wheel)
            solids.append(
                Wheel(where, size, label, Tyre(wheel), spot.yaw, instance)
            )
    return solids


def person(rng: np.random.Generator, spot: Spot, instance: int) -> list[Solid]:
    """A walking person that heads along the spot's y axis."""
    label = LABEL['person']
    h = float(np.clip(rng.normal(1.72, 0.09), 1.5, 1.92))
    if rng.random() < 0.12:
        h = float(rng.uniform(1.1, 1.35))
    stride = float(rng.uniform(0.06, 0.3)) * rng.choice([-1, 1]) * h / 1.7
    top = Plain(tint(rng, _TOPS), 0.1)
    legs = Plain(tint(rng, _TROUSERS), 0.1)
    skin, hair = Plain(tint(rng, _SKIN, 0.05)), Plain(tint(rng, _HAIR))
    shoe = Plain(rgb(40, 36, 34))
    u = h / 1.75
    solids: list[Solid] = []

    def limb(
        a: tuple[float, float, float],
        b: tuple[float, float, float],
        radius: float,
        surface: Plain,
    ) -> None:
        start, end = (
            np.array(spot.point(*(v * u for v in p))) for p in (a, b)
        )
        solids.append(
            Capsule(
                tuple(start),
                (0, 0, 0),
                label,
                surface,
                instance=instance,
                axis=tuple(end - start),
                radius=radius * u,
            )
        )

    def ball(
        centre: tuple[float, float, float],
        half: tuple[float, float, float],
        surface: Plain,
    ) -> None:
        where = spot.point(*(v * u for v in centre))
        size = tuple(v * u for v in half)
        solids.append(
            Ellipsoid(where, size, label, surface, spot.yaw, instance)
        )

    step = stride / u
    for side, reach in ((-1, step), (1, -step)):
        knee = (side * 0.1, 0.55 * reach + 0.05, 0.48)
        limb((side * 0.09, 0, 0.88), knee, 0.088, legs)
        limb(knee, (side * 0.1, reach, 0.1), 0.066, legs)
        ball((side * 0.1, reach + 0.05, 0.06), (0.055, 0.13, 0.06), shoe)
        elbow = (side * 0.27, -0.45 * reach - 0.02, 1.14)
        limb((side * 0.2, 0, 1.4), elbow, 0.06, top)
        limb(elbow, (side * 0.27, -0.9 * reach + 0.08, 0.92), 0.048, top)
        ball(
            (side * 0.27, -0.92 * reach + 0.09, 0.87),
            (0.045, 0.05, 0.07),
            skin,
        )
    ball((0, 0, 1.16), (0.215, 0.14, 0.36), top)
    if rng.random() < 0.3:
        limb((0, 0, 0.62), (0, 0, 1.2), 0.185, top)  # a coat
    limb((0, 0, 1.42), (0, 0.01, 1.54), 0.055, skin)
    ball((0, 0.015, 1.62), (0.085, 0.105, 0.13), skin)
    ball((0, -0.02, 1.655), (0.095, 0.108, 0.115), hair)
    if rng.random() < 0.35:
        bag = Plain(tint(rng, _TOPS), 0.15)
        where = spot.point(0, -0.2 * u, 1.22 * u)
        size = (0.15 * u, 0.09 * u, 0.22 * u)
        solids.append(Convex(where, size, label, bag, spot.yaw, instance))
    return solids
