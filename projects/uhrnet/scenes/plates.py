"""Faces of traffic signs and signals."""

from dataclasses import dataclass

import numpy as np

from .materials import Material, Shade
from .noise import cover, mix, rgb


@dataclass
class Plate(Material):
    """Face of a traffic sign, grey on the back (local +y).

    Args:
        kind: One of ``Plate.KINDS``.
        radius: Half of the plate's size, metres.
    """

    kind: str
    radius: float

    KINDS = ('limit', 'entry', 'stop', 'warning', 'parking', 'priority')

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        x, z = p[0] / self.radius, p[2] / self.radius
        w = px / self.radius
        white, red = rgb(240, 240, 240), rgb(200, 18, 28)
        black = rgb(25, 25, 25)
        disc = np.hypot(x, z)
        if self.kind == 'limit':
            left, right = x + 0.26, x - 0.26
            bars = cover(np.abs(z) - 0.31, 0.065, w) + cover(z, 0.065, w)
            hole = cover(right, 0.07, w) * cover(z, 0.25, w)
            # A five is three bars and two halves of the posts of a zero.
            post = cover(np.abs(left) - 0.12, 0.06, w)
            post = post * cover(z, 0.37, w)
            post = post * np.where(z > 0, left < 0, left > 0)
            first = np.maximum(post, bars * cover(left, 0.18, w))
            zero = cover(right, 0.18, w) * cover(z, 0.37, w) * (1 - hole)
            colour = mix(white, red, np.clip((disc - 0.72) / w + 0.5, 0, 1))
            colour = mix(colour, black, np.clip(first + zero, 0, 1))
        elif self.kind == 'entry':
            colour = mix(red, white, cover(x, 0.68, w) * cover(z, 0.17, w))
        elif self.kind == 'stop':
            bars = cover(np.abs(np.abs(x) - 0.35) - 0.16, 0.09, w)
            colour = mix(red, white, bars * cover(z, 0.24, w))
        elif self.kind == 'warning':
            edge = np.maximum(-z, 0.5 * z + 0.866 * np.abs(x))
            inner = cover(edge, 0.32, w)
            mark = cover(x, 0.07, w) * cover(z - 0.05, 0.26, w)
            colour = mix(mix(red, white, inner), black, mark)
        elif self.kind == 'parking':
            stem = cover(x + 0.2, 0.1, w) * cover(z, 0.6, w)
            ring = np.abs(np.hypot(x - 0.02, z - 0.25) - 0.27)
            bow = cover(ring, 0.09, w) * (x > -0.2)
            colour = mix(rgb(20, 70, 170), white, np.maximum(stem, bow))
        elif self.kind == 'priority':
            edge = np.abs(x) + np.abs(z)
            colour = mix(white, rgb(245, 190, 20), cover(edge, 0.74, w))
        else:
            raise ValueError(f'unknown sign {self.kind!r}')
        return np.where(n[1] < -0.5, colour, rgb(120, 122, 125)), 0.0


@dataclass
class Signal(Material):
    """Head of a traffic light; ``lit`` is 0 for red, 1 amber, 2 green."""

    height: float
    lit: int

    def __call__(self, p: np.ndarray, n: np.ndarray, px: np.ndarray) -> Shade:
        """See ``Material``."""
        colour = np.broadcast_to(rgb(28, 30, 30), p.shape)
        lamps = (rgb(255, 40, 30), rgb(255, 180, 30), rgb(40, 235, 120))
        for index, lamp in enumerate(lamps):
            z = p[2] - self.height * (1 - index) * 0.62
            disc = np.clip((0.1 - np.hypot(p[0], z)) / px + 0.5, 0, 1)
            glow = 2.5 if index == self.lit else 0.12
            colour = mix(colour, lamp * glow, disc * (n[1] < -0.5))
        return colour, 0.0
