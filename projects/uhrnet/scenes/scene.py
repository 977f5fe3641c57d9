"""A scene: camera, light, ground and everything that stands on it."""

import math
from dataclasses import dataclass, field

import numpy as np

from .buildings import Spot
from .camera import Camera
from .primitives import Solid
from .sky import Sky
from .street import Street

REACH = 140.0
"""Radius in metres of the backdrop around the camera: the largest distance
on the ground that anything has."""


@dataclass(frozen=True)
class Contact:
    """Where something stands on the ground and keeps the sky's light off.

    Args:
        spot: Middle and heading.
        half: Half extents along local x and y, metres.
        soft: Distance over which the dimming fades, metres.
        strength: Share of the light that is missing below.
    """

    spot: Spot
    half: tuple[float, float]
    soft: float
    strength: float = 0.75

    def corners(self) -> np.ndarray:
        """Corners (4, 3) of the ground that it dims."""
        reach = [value + 3 * self.soft for value in self.half]
        return np.array(
            [
                self.spot.point(a * reach[0], b * reach[1], 0.0)
                for a in (-1, 1)
                for b in (-1, 1)
            ]
        )

    def dimming(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Share of the light that is left at ground points."""
        c, s = math.cos(self.spot.yaw), math.sin(self.spot.yaw)
        x, y = x - self.spot.x, y - self.spot.y
        a = np.maximum(np.abs(c * x + s * y) - self.half[0], 0)
        b = np.maximum(np.abs(c * y - s * x) - self.half[1], 0)
        distance = np.sqrt(a * a + b * b) / self.soft
        return 1 - self.strength * np.clip(1 - distance / 3, 0, 1) ** 2


@dataclass
class Scene:
    """All that ``render`` needs; independent of the image size.

    Args:
        camera: The camera.
        sky: Light and air.
        street: The ground.
        skyline: Whether the backdrop shows roofs instead of tree tops.
        seed: Of the backdrop and of the sensor's noise.
        solids: Everything above the ground.
        contacts: Soft shadows where things touch the ground.
        instances: Label of each object, in the order of their numbers from 1.
    """

    camera: Camera
    sky: Sky
    street: Street
    skyline: bool
    seed: int
    solids: list[Solid] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    instances: list[int] = field(default_factory=list)

    def add(self, solids: list[Solid]) -> None:
        """Put a part of the scenery."""
        self.solids.extend(solids)

    @property
    def next_instance(self) -> int:
        """Number of the next object."""
        return len(self.instances) + 1

    def add_object(self, solids: list[Solid]) -> None:
        """Put an object that counts, built with ``next_instance``."""
        self.instances.append(solids[0].label)
        self.solids.extend(solids)
