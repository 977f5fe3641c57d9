"""Surfaces: what colour a solid has at a point of it.

A material maps local points (3, N) in metres, local unit normals (3, N) and
the width of a pixel there (N,) in metres to linear-light albedo (3, N) and
gloss, the mirrored share of the sky (N,) or a number. Patterns finer than a
pixel fade into their mean, so that distant surfaces do not flicker.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from .noise import cell_hash, cover, fractal, mix, rgb

Shade = tuple[np.ndarray, np.ndarray | float]


class Material:
    """Base of the materials."""

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """Albedo (3, N) and gloss at the points."""
        raise NotImplementedError


@dataclass
class Plain(Material):
    """One colour with a little grain.

    Args:
        colour: Linear-light colour (3, 1).
        grain: Relative strength of the noise.
        density: Cells of the noise in a metre.
        gloss: Mirrored share of the sky.
    """

    colour: np.ndarray
    grain: float = 0.08
    density: float = 40.0
    gloss: float = 0.0

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        noise = fractal(p[0] + 0.7 * p[1], p[2] + 0.4 * p[1], self.density)
        return self.colour * (1 + self.grain * noise), self.gloss


@dataclass
class Foliage(Material):
    """Leaves: clumps of light and dark, yellower where the light falls.

    Args:
        colour: Linear-light colour (3, 1).
        seed: Shifts the pattern.
    """

    colour: np.ndarray
    seed: float = 0.0

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        a, b = p[0] + 0.6 * p[1] + self.seed, p[2] + 0.5 * p[1]
        clump = fractal(a, b, 45)
        twig = cell_hash(np.floor(a * 7), np.floor(b * 7), 1) - 0.5
        leaf = cell_hash(np.floor(b * 19), np.floor(a * 19), 2) - 0.5
        twig = twig * np.clip(0.14 / px - 0.3, 0, 1)
        leaf = leaf * np.clip(0.05 / px - 0.3, 0, 1)
        value = 1 + 0.22 * clump + 0.85 * twig + 0.7 * leaf
        value = np.clip(value, 0.25, 2.0)
        warm = np.array([[0.14], [0.05], [-0.05]], np.float32) * clump
        return self.colour * value * (1 + warm) * (0.85 + 0.25 * n[2]), 0.0


@dataclass
class Planks(Material):
    """Upright boards.

    Args:
        colour: Linear-light colour (3, 1).
        board: Width of a board in metres.
    """

    colour: np.ndarray
    board: float = 0.16

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        along = p[1] / self.board
        cell = np.floor(along)
        gap = cover((along - cell - 0.5), 0.43, px / self.board)
        tone = 0.8 + 0.35 * cell_hash(cell, cell * 0, 3)
        fade = np.clip(self.board / px - 0.5, 0, 1)
        value = mix(0.9, tone * (0.35 + 0.65 * gap), fade)
        value = value * (1 + 0.07 * fractal(p[1] * 6, p[2], 30))
        return self.colour * value, 0.0


@dataclass
class Roof(Material):
    """Tiled slopes; upright ends keep the colour of the wall.

    Args:
        colour: Linear-light colour of the tiles (3, 1).
        wall: Linear-light colour of the gable (3, 1).
    """

    colour: np.ndarray
    wall: np.ndarray

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        row = p[2] / 0.22
        line = cover(row - np.floor(row) - 0.5, 0.38, px / 0.22)
        line = mix(0.85, 0.6 + 0.4 * line, np.clip(0.22 / px - 0.6, 0, 1))
        tone = 1 + 0.12 * fractal(p[0] + p[1], p[2], 14)
        return np.where(n[2] < 0.1, self.wall, self.colour * line * tone), 0.0


@dataclass
class Facade(Material):
    """Walls with a grid of windows, ledges and, if asked, shops.

    Args:
        half: Half extents of the building, metres.
        wall: Linear-light wall colour (3, 1).
        trim: Linear-light colour of frames and ledges (3, 1).
        cell: Distance between windows, metres.
        floor: Height of a storey, metres.
        window: Share of the cell that a window takes, (width, height).
        seed: Decides on curtains and lit rooms.
        shop: Colour of the shop fronts (3, 1), None for none.
        bricks: Whether the wall shows bricks.
    """

    half: tuple[float, float, float]
    wall: np.ndarray
    trim: np.ndarray
    cell: float
    floor: float
    window: tuple[float, float]
    seed: int
    shop: np.ndarray | None = None
    bricks: bool = False
    glass: np.ndarray = field(default_factory=lambda: rgb(52, 66, 80))

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        facing_x = np.abs(n[0]) > 0.5
        along = np.where(facing_x, p[1], p[0])
        extent = np.where(facing_x, self.half[1], self.half[0])
        cells = np.maximum(np.round(2 * extent / self.cell), 1)
        width = 2 * extent / cells
        height = p[2] + self.half[2]
        floors = max(round(2 * self.half[2] / self.floor), 1)
        storey = 2 * self.half[2] / floors

        column, row = (along + extent) / width, height / storey
        i, j = np.floor(column), np.floor(row)
        x = (column - i - 0.5) * width
        z = (row - j - 0.5) * storey
        wall = self.wall * (1 + 0.07 * fractal(along, height, 9))
        if self.bricks:
            wall = wall * self._bricks(along, height, px)
        # Rain streaks below the roof and dirt above the ground.
        wall = wall * (0.82 + 0.18 * np.clip(height / 1.5, 0, 1))

        half_w, half_h = (
            0.5 * self.window[0] * width,
            (0.5 * self.window[1] * storey),
        )
        ground = j == 0
        if self.shop is not None:
            half_w = np.where(ground, 0.43 * width, half_w)
            half_h = np.where(ground, 0.36 * storey, half_h)
            z = np.where(ground, z + 0.1 * storey, z)
        frame = cover(x, half_w + 0.1, px) * cover(z, half_h + 0.1, px)
        pane = cover(x, half_w, px) * cover(z, half_h, px)
        cross = cover(x, 0.035, px) + cover(z - 0.25 * half_h, 0.03, px)
        pane = pane * (1 - np.where(ground, 0.3, 0.8) * np.minimum(cross, 1))

        chance = cell_hash(i, j, self.seed + facing_x)
        curtain = np.clip(chance * 6 - 4, 0, 1)
        # The lintel shades the top of a recessed pane.
        depth = 1 - 0.55 * cover(z - half_h, 0.18, px)
        glass = mix(self.glass, rgb(190, 182, 165), 0.75 * curtain) * depth
        glass = glass * (0.7 + 0.6 * cell_hash(j, i, self.seed))
        colour = mix(wall, self.trim, frame)
        colour = mix(colour, glass, pane)
        ledge = cover(np.abs(z) - 0.5 * storey, 0.09, px)
        colour = mix(colour, self.trim * 0.85, 0.7 * ledge)
        if self.shop is not None:
            band = ground * cover(z - 0.53 * storey, 0.3, px)
            colour = mix(colour, self.shop, band)
        top = n[2] > 0.5
        colour = np.where(top, rgb(120, 118, 115), colour)
        return colour, np.where(top, 0, 0.45 * pane * (1 - 0.7 * curtain))

    @staticmethod
    def _bricks(
        along: np.ndarray, height: np.ndarray, px: np.ndarray
    ) -> np.ndarray:
        row = np.floor(height / 0.12)
        column = np.floor(along / 0.3 + 0.5 * (row % 2))
        tone = 0.8 + 0.4 * cell_hash(row, column, 5)
        return mix(1.0, tone, np.clip(0.25 / px - 0.4, 0, 1))


def tint(
    rng: np.random.Generator, colours: tuple, spread: float = 0.12
) -> np.ndarray:
    """One of some sRGB colours, a little varied, as linear (3, 1)."""
    colour = rgb(*colours[int(rng.integers(len(colours)))])
    brighter = math.exp(spread * float(rng.standard_normal()))
    shift = np.exp(0.3 * spread * rng.standard_normal((3, 1)))
    return np.clip(colour * brighter * shift, 0.004, 0.9).astype(np.float32)
