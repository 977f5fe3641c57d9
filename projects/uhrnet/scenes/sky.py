"""Light of the hour: sun, sky, clouds and haze."""

import math
from dataclasses import dataclass

import numpy as np

from .noise import fractal, mix, rgb

# Name: sun colour and strength, zenith, horizon, sky brightness,
# clouds (share, strength), haze length in metres, sun elevation range in
# degrees.
_HOURS = {
    'noon': (
        (255, 246, 230), 2.7, (62, 118, 190), (178, 208, 230), 0.85,
        (0.30, 0.85), 420, (42, 62),
    ),
    'clear': (
        (255, 238, 214), 2.6, (48, 102, 178), (190, 212, 226), 0.8,
        (0.10, 0.6), 520, (30, 48),
    ),
    'morning': (
        (255, 214, 168), 2.3, (96, 138, 190), (236, 218, 198), 0.95,
        (0.35, 0.7), 260, (22, 32),
    ),
    'golden': (
        (255, 196, 136), 2.4, (84, 112, 168), (248, 214, 170), 1.0,
        (0.35, 0.8), 300, (18, 27),
    ),
    'overcast': (
        (225, 228, 235), 0.45, (168, 178, 190), (206, 210, 214), 1.25,
        (0.75, 0.5), 230, (45, 65),
    ),
}  # fmt: skip


@dataclass
class Sky:
    """Sun, sky and air of one scene.

    Args:
        hour: Name of the time of day, for the record.
        sun: Unit vector towards the sun.
        sun_colour: Linear-light colour times strength (3, 1).
        zenith: Linear-light colour overhead (3, 1).
        horizon: Linear-light colour at the horizon (3, 1).
        ambient: Brightness of the light from the whole sky.
        clouds: Share of the sky under cloud, and their strength.
        haze: Distance in metres over which contrast falls to 1 / e.
        drift: Offset of the cloud pattern.
    """

    hour: str
    sun: tuple[float, float, float]
    sun_colour: np.ndarray
    zenith: np.ndarray
    horizon: np.ndarray
    ambient: float
    clouds: tuple[float, float]
    haze: float
    drift: tuple[float, float]

    @classmethod
    def sample(cls, rng: np.random.Generator) -> 'Sky':
        """Draw a time of day and weather."""
        hour = list(_HOURS)[
            int(rng.choice(5, p=[0.26, 0.26, 0.16, 0.18, 0.14]))
        ]
        sun, power, zenith, horizon, ambient, clouds, haze, span = _HOURS[hour]
        elevation = math.radians(rng.uniform(*span))
        # Never straight ahead: half of the sights would be back-lit.
        azimuth = math.radians(rng.choice([-1, 1]) * rng.uniform(35, 165))
        level = math.cos(elevation)
        return cls(
            hour=hour,
            sun=(
                level * math.sin(azimuth),
                level * math.cos(azimuth),
                math.sin(elevation),
            ),
            sun_colour=rgb(*sun) * np.float32(power * rng.uniform(0.9, 1.1)),
            zenith=rgb(*zenith),
            horizon=rgb(*horizon),
            ambient=float(ambient),
            clouds=(
                float(np.clip(clouds[0] + rng.uniform(-0.1, 0.12), 0, 0.9)),
                clouds[1],
            ),
            haze=float(haze * rng.uniform(0.8, 1.3)),
            drift=tuple(float(v) for v in rng.uniform(0, 40, 2)),
        )

    def gradient(self, up: np.ndarray) -> np.ndarray:
        """Sky without clouds (3, N) by the sine of the elevation (N,)."""
        share = np.sqrt(np.clip(up * 1.6, 0, 1))
        return mix(self.horizon, self.zenith, share)

    def colour(self, d: np.ndarray) -> np.ndarray:
        """Sky with sun glow and clouds (3, N) in unit directions (3, N)."""
        base = self.gradient(d[2])
        s = self.sun
        near = np.clip(s[0] * d[0] + s[1] * d[1] + s[2] * d[2], 0, 1)
        glow = near**4
        glow = 0.18 * glow + 0.5 * glow**16
        # A flat layer overhead, compressed towards the horizon; the bias
        # bounds the stretch there.
        scale = 1 / (np.maximum(d[2], 0) + 0.12)
        x, y = d[0] * scale + self.drift[0], d[1] * scale + self.drift[1]
        puff = fractal(x, y, 30) + 0.3 * fractal(y, x, 75)
        share, strength = self.clouds
        cover = np.clip((puff - 2.6 * (0.55 - share)) * 0.8, 0, 1)
        cover = cover * cover * (3 - 2 * cover)
        cover = cover * strength * np.clip(d[2] * 7, 0, 1)
        white = 0.5 * self.horizon + 0.16 * self.sun_colour + 0.28
        white = white * (1 - 0.12 * np.clip(puff, 0, 2))
        return mix(base, white, cover) + glow * self.sun_colour * 0.35

    def mirror(self, d: np.ndarray) -> np.ndarray:
        """What a polished surface shows in unit directions (3, N)."""
        street = 0.25 * self.horizon + 0.04
        return np.where(
            d[2] > 0.02, self.gradient(d[2]), street * (1 + d[2] * 0.5)
        )

    def light(
        self, albedo: np.ndarray, n: np.ndarray, lit: np.ndarray
    ) -> np.ndarray:
        """Light that leaves matt surfaces.

        Args:
            albedo: (3, N).
            n: World unit normals (3, N).
            lit: Share of the sun that is not blocked (N,).
        """
        s = self.sun
        slope = s[0] * n[0] + s[1] * n[1] + s[2] * n[2]
        sun = self.sun_colour * (np.maximum(slope, 0) * lit)
        above = 0.5 * self.zenith + 0.22 * self.horizon + 0.18
        bounce = 0.18 * self.horizon + 0.05 * self.sun_colour
        sky = self.ambient * mix(bounce, above, 0.5 + 0.5 * n[2])
        return albedo * (sun + sky)
