"""Surfaces of cars: paint, glass, lamps and wheels."""

from dataclasses import dataclass

import numpy as np

from .materials import Material, Shade
from .noise import cover, mix, rgb


@dataclass
class CarBody(Material):
    """Painted body with lamps, plates, seams and wheel arches.

    Args:
        half: Half extents of the body, metres.
        paint: Linear-light colour (3, 1).
        axle: Distance of the axles from the middle, metres.
        arch: Radius of the wheel arches, metres.
        hub: Height of the wheel centres in the local frame, metres.
    """

    half: tuple[float, float, float]
    paint: np.ndarray
    axle: float
    arch: float
    hub: float

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        x, y, z = p
        hx, _, hz = self.half
        dark, plate = rgb(22, 22, 24), rgb(225, 225, 215)
        end = np.abs(n[1]) > 0.6
        side = np.abs(n[0]) > 0.6
        front = end & (y > 0)
        rear = end & (y < 0)
        colour = np.broadcast_to(self.paint, p.shape)
        seam = cover(y - 0.05, 0.02, px) + cover(y + 0.95, 0.02, px)
        colour = colour * (1 - 0.55 * np.minimum(seam, 1) * side)
        handle = cover(z - 0.35 * hz, 0.025, px) * (
            cover(y + 0.1, 0.1, px) + cover(y + 1.1, 0.1, px)
        )
        colour = mix(colour, dark, np.clip(handle, 0, 1) * side)
        arch = np.hypot(np.abs(y) - self.axle, z - self.hub)
        arch = np.clip((self.arch - arch) / px + 0.5, 0, 1) * side
        sill = np.clip((-0.62 * hz - z) / px + 0.5, 0, 1)
        colour = mix(colour, dark, np.maximum(arch, sill))
        lamp = cover(np.abs(x) - 0.72 * hx, 0.2 * hx, px) * cover(
            z - 0.25 * hz, 0.24 * hz, px
        )
        colour = mix(colour, rgb(240, 240, 225), lamp * front)
        colour = mix(colour, rgb(200, 14, 16), lamp * rear)
        grille = cover(x, 0.45 * hx, px) * cover(z - 0.12 * hz, 0.22 * hz, px)
        colour = mix(colour, dark, grille * front)
        number = cover(x, 0.26, px) * cover(z + 0.3 * hz, 0.07, px)
        colour = mix(colour, plate, number * end)
        return colour, 0.16 * (1 - np.maximum(arch, sill))


@dataclass
class CarCabin(Material):
    """Roof and pillars in the paint, glass between them.

    Args:
        half: Half extents of the cabin, metres.
        paint: Linear-light colour (3, 1).
    """

    half: tuple[float, float, float]
    paint: np.ndarray

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        x, y, z = p
        hx, hy, hz = self.half
        side = np.abs(n[0]) > np.abs(n[1])
        band = cover(z + 0.08 * hz, 0.78 * hz, px)
        lean = 0.75 * (z + hz)
        pillars = cover(y, hy - 0.12 - lean * 0.6, px) * (
            1 - cover(y + 0.05, 0.05, px)
        )
        across = cover(x, hx - 0.1 - 0.2 * (z + hz), px)
        glass = band * np.where(side, pillars, across) * (n[2] < 0.85)
        colour = mix(self.paint, rgb(26, 32, 38), glass)
        return colour, mix(0.16, 0.5, glass)


@dataclass
class Tyre(Material):
    """Rubber with a metal rim; ``radius`` in metres."""

    radius: float

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        r = np.hypot(p[1], p[2]) / self.radius
        spoke = np.cos(5 * np.arctan2(p[2], p[1])) > -0.3
        metal = np.clip((0.66 - r) * self.radius / px + 0.5, 0, 1)
        metal = metal * np.where((r > 0.2) & ~spoke, 0.25, 1)
        metal = metal * (np.abs(n[0]) > 0.5)
        return mix(rgb(28, 28, 30), rgb(165, 168, 172), metal), 0.0
