"""The ground: a road with its markings, kerbs, sidewalks and verges.

Street coordinates are (s, y): s metres to the right of the road's middle, y
metres ahead. The road bends like a parabola: x = s + curvature * y ** 2.
"""

import math
from dataclasses import dataclass

import numpy as np

from .classes import LABEL
from .materials import tint
from .noise import cell_hash, cover, fractal, mix, rgb

KERB = 0.28


@dataclass
class Side:
    """One side of the street, from the kerb outwards; widths in metres.

    Args:
        kind: 'urban', 'suburb' or 'park'.
        verge: Width of the grass between kerb and sidewalk, 0 for none.
        walk: Width of the sidewalk.
    """

    kind: str
    verge: float
    walk: float


@dataclass
class Street:
    """Ground of one scene; lengths in metres.

    Args:
        curvature: Of the road's middle, in 1 / metres.
        lanes: Number of lanes in each direction.
        lane: Width of a lane.
        parking: Width of the parking strip on each side, 0 for none.
        sides: Left and right side.
        crossing: Middle of a side street ahead, None for none.
        crossing_half: Half width of that side street.
        zebra: Middle of a zebra crossing ahead, None for none.
        yellow: Whether the middle line is yellow and double.
        asphalt: Linear-light colours (3, 1) of the surfaces.
        stone: Of the sidewalk.
        grass: Of the terrain.
        shift: Offset of the textures.
    """

    curvature: float
    lanes: int
    lane: float
    parking: float
    sides: tuple[Side, Side]
    crossing: float | None
    crossing_half: float
    zebra: float | None
    yellow: bool
    asphalt: np.ndarray
    stone: np.ndarray
    grass: np.ndarray
    shift: float

    @classmethod
    def sample(cls, rng: np.random.Generator) -> 'Street':
        """Draw a street."""
        sides = []
        for _ in range(2):
            kind = ('urban', 'suburb', 'park')[
                int(rng.choice(3, p=[0.48, 0.3, 0.22]))
            ]
            grassy = rng.random() < (0.2 if kind == 'urban' else 0.5)
            verge = float(rng.uniform(1.2, 1.9)) if grassy else 0.0
            wide = (3.0, 4.6) if kind == 'urban' else (1.9, 3.0)
            sides.append(Side(kind, verge, float(rng.uniform(*wide))))
        crossing = float(rng.uniform(20, 38)) if rng.random() < 0.45 else None
        half = float(rng.uniform(2.8, 3.6))
        zebra = None
        if crossing is not None and rng.random() < 0.7:
            zebra = crossing - half - 2.4
        elif rng.random() < 0.3:
            zebra = float(rng.uniform(9, 24))
        bend = rng.random() < 0.6
        return cls(
            curvature=float(rng.uniform(-0.0022, 0.0022)) if bend else 0.0,
            lanes=int(rng.choice([1, 2], p=[0.75, 0.25])),
            lane=float(rng.uniform(2.7, 3.2)),
            parking=2.2 if rng.random() < 0.5 else 0.0,
            sides=(sides[0], sides[1]),
            crossing=crossing,
            crossing_half=half,
            zebra=zebra,
            yellow=bool(rng.random() < 0.3),
            asphalt=tint(rng, ((92, 92, 96), (78, 79, 84), (104, 101, 98))),
            stone=tint(
                rng, ((172, 168, 160), (160, 152, 144), (150, 150, 152))
            ),
            grass=tint(rng, ((86, 102, 58), (96, 104, 62), (108, 106, 68))),
            shift=float(rng.uniform(0, 50)),
        )

    @property
    def half(self) -> float:
        """Half width of the road from kerb to kerb."""
        return self.lanes * self.lane + self.parking

    def place(self, s: float, y: float) -> tuple[float, float, float]:
        """World x, y and the heading of the road (yaw) at (s, y)."""
        yaw = -math.atan(2 * self.curvature * y)
        return s + self.curvature * y * y, y, yaw

    def outer(self, side: int) -> float:
        """Distance from the middle to the far edge of the sidewalk."""
        verge = self.sides[side].verge
        return self.half + KERB + verge + self.sides[side].walk

    def blocked(self, y: float, margin: float) -> bool:
        """Whether (any s, y) is within a margin of the side street."""
        if self.crossing is None:
            return False
        return abs(y - self.crossing) < self.crossing_half + margin

    def _zones(
        self, x: np.ndarray, y: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """S, distance beyond the kerb line, and masks road, sidewalk."""
        s = x - self.curvature * y * y
        out = np.abs(s) - self.half
        left, right = self.sides
        verge = np.where(s > 0, right.verge, left.verge)
        walk = np.where(s > 0, right.walk, left.walk)
        road = out < 0
        paved = (out < KERB) | (
            (out > KERB + verge) & (out < KERB + verge + walk)
        )
        if self.crossing is not None:
            gap = np.abs(y - self.crossing) - self.crossing_half
            road = road | (gap < 0)
            paved = paved | (gap < 2.2)
        return s, out, road, paved & ~road

    def labels(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Class of ground points (N,), uint8."""
        _, _, road, paved = self._zones(x, y)
        ground = np.where(paved, LABEL['sidewalk'], LABEL['terrain'])
        return np.where(road, LABEL['road'], ground).astype(np.uint8)

    def albedo(
        self,
        x: np.ndarray,
        y: np.ndarray,
        across: np.ndarray,
        along: np.ndarray,
    ) -> np.ndarray:
        """Colour of ground points.

        Args:
            x: World x (N,).
            y: World y (N,).
            across: Width of a pixel there, metres (N,).
            along: Depth of a pixel on the ground there, metres (N,).

        Returns:
            Linear-light albedo (3, N).
        """
        s, out, road, paved = self._zones(x, y)
        fine = fractal(x + self.shift, y, 22) * np.clip(0.12 / across, 0, 1)
        patch = fractal(x * 0.25, y * 0.25 + self.shift, 14)
        colour = np.empty((3, x.size), np.float32)
        for mask, draw in (
            (road, self._road),
            (paved, self._paved),
            (~road & ~paved, self._lawn),
        ):
            i = np.flatnonzero(mask)
            if i.size:
                colour[:, i] = draw(
                    s[i], y[i], out[i], across[i], along[i], fine[i], patch[i]
                )
        return colour

    def _road(
        self,
        s: np.ndarray,
        y: np.ndarray,
        out: np.ndarray,
        across: np.ndarray,
        along: np.ndarray,
        fine: np.ndarray,
        patch: np.ndarray,
    ) -> np.ndarray:
        colour = self.asphalt * (1 + 0.10 * fine + 0.08 * patch)
        # Tyres polish two tracks in each lane.
        lane = np.abs(s) / self.lane
        track = np.abs(np.abs(lane - np.floor(lane) - 0.5) - 0.27)
        colour = colour * (1 - 0.10 * np.clip(1 - track * 8, 0, 1))
        gutter = np.clip(1 + out / 0.5, 0, 1) * (out < 0)
        colour = colour * (1 - 0.22 * gutter)
        cover_y = (y + self.shift) % 23.0 - 11.5
        lid = np.hypot(np.abs(s) - 0.45 * self.lane, cover_y)
        lid = np.clip((0.3 - lid) / along + 0.5, 0, 1) * (s > 0)
        colour = colour * (1 - 0.3 * lid * np.clip(0.3 / along, 0, 1))

        on = np.ones_like(s)
        if self.crossing is not None:
            gap = np.abs(y - self.crossing) - self.crossing_half
            on = np.clip((gap - 0.6) / along + 0.5, 0, 1)
        if self.zebra is not None:
            on = on * np.clip(
                (np.abs(y - self.zebra) - 2.3) / along + 0.5, 0, 1
            )
        phase = np.abs((y / 6 + self.shift) % 1 - 0.5) * 6
        dash = np.clip((1.5 - phase) / along + 0.5, 0, 1)
        # Beyond the distance where dashes blur, only their mean remains.
        dash = mix(dash, 0.5, np.clip(along / 4 - 0.5, 0, 1))
        line = np.zeros_like(s)
        for index in range(1, self.lanes):
            line += cover(np.abs(s) - index * self.lane, 0.07, across) * dash
        edge = self.lanes * self.lane - (0.0 if self.parking else 0.3)
        line += cover(np.abs(s) - edge, 0.06, across)
        middle = cover(s, 0.07, across) * dash
        if self.yellow or self.lanes > 1:
            middle = cover(np.abs(s) - 0.13, 0.06, across)
        wear = np.clip(0.86 + 0.14 * fine, 0.4, 1)
        white, paint = rgb(226, 226, 220), rgb(224, 224, 216)
        if self.yellow:
            paint = rgb(226, 172, 40)
        colour = mix(colour, white, np.clip(line, 0, 1) * on * wear)
        colour = mix(colour, paint, np.clip(middle, 0, 1) * on * wear)
        if self.zebra is not None:
            stripe = np.abs((s / 1.0) % 1 - 0.5)
            bars = cover(stripe, 0.25, across)
            bars = bars * cover(y - self.zebra, 1.5, along) * (out < -0.2)
            stop = cover(y - self.zebra + 2.6, 0.2, along)
            stop = stop * (s > 0.2) * (s < self.lanes * self.lane)
            colour = mix(colour, white, np.maximum(bars, stop) * wear)
        return colour

    def _paved(
        self,
        s: np.ndarray,
        y: np.ndarray,
        out: np.ndarray,
        across: np.ndarray,
        along: np.ndarray,
        fine: np.ndarray,
        patch: np.ndarray,
    ) -> np.ndarray:
        size = 0.75
        i, j = np.floor(s / size), np.floor(y / size)
        tone = 0.92 + 0.16 * cell_hash(i, j, 2)
        joint = cover(s / size - i - 0.5, 0.48, across / size)
        joint = joint * cover(y / size - j - 0.5, 0.48, along / size)
        sharp = np.clip(1.2 - along / size, 0, 1)
        value = mix(0.97, tone * (0.66 + 0.34 * joint), sharp)
        colour = self.stone * value * (1 + 0.05 * fine + 0.06 * patch)
        kerb = (out >= 0) & (out < KERB)
        # The kerb stone: a light top and a dark face towards the road.
        face = np.clip((0.07 - out) / across + 0.5, 0, 1)
        seam = cover(y % 1.0 - 0.5, 0.485, along)
        stone = self.stone * 1.25 * mix(1, 0.7 + 0.3 * seam, sharp)
        stone = stone * (1 - 0.5 * face)
        return np.where(kerb, stone, colour)

    def _lawn(
        self,
        s: np.ndarray,
        y: np.ndarray,
        out: np.ndarray,
        across: np.ndarray,
        along: np.ndarray,
        fine: np.ndarray,
        patch: np.ndarray,
    ) -> np.ndarray:
        blade = fractal(s * 1.7, y * 0.8, 40) * np.clip(0.1 / across, 0, 1)
        value = np.clip(1 + 0.16 * blade + 0.16 * patch + 0.1 * fine, 0.3, 2)
        dry = np.clip(0.35 * fractal(s * 0.2 + 9, y * 0.2, 12), 0, 1)
        return mix(self.grass, rgb(150, 138, 84), 0.5 * dry) * value
