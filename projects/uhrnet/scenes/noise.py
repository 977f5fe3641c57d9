"""Deterministic noise, looked up in tables that wrap around."""

from functools import lru_cache

import numpy as np

_FRACTAL = 1024
_HASH = 256


@lru_cache(maxsize=1)
def _fractal_table() -> np.ndarray:
    """Tileable noise with a 1/f spectrum, zero mean, unit deviation."""
    size = _FRACTAL
    white = np.random.default_rng(7).standard_normal((size, size))
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    spectrum = np.fft.rfft2(white) / np.maximum(f, 4 / size) ** 1.15
    table = np.fft.irfft2(spectrum, s=(size, size))
    table = (table - table.mean()) / table.std()
    return np.clip(table, -2.5, 2.5).astype(np.float32).ravel()


@lru_cache(maxsize=1)
def _hash_table() -> np.ndarray:
    rng = np.random.default_rng(11)
    return rng.random(_HASH * _HASH, dtype=np.float32)


def fractal(x: np.ndarray, y: np.ndarray, density: float = 20) -> np.ndarray:
    """Cloudy noise of zero mean and unit deviation.

    Args:
        x: First coordinate, any shape.
        y: Second coordinate, same shape.
        density: Table cells per unit of the coordinates.
    """
    # The offset keeps the truncation to integers monotone around zero.
    i = (y * density + 32768).astype(np.int32) & (_FRACTAL - 1)
    j = (x * density + 32768).astype(np.int32) & (_FRACTAL - 1)
    return _fractal_table()[i * _FRACTAL + j]


def cell_hash(i: np.ndarray, j: np.ndarray, seed: int = 0) -> np.ndarray:
    """One uniform value in [0, 1) for each integer cell (i, j)."""
    i = (np.asarray(i) + 32768).astype(np.int32) * 37 + seed * 101
    j = (np.asarray(j) + 32768).astype(np.int32) * 59 + seed * 17
    return _hash_table()[(i & (_HASH - 1)) * _HASH + (j & (_HASH - 1))]


def cover(x: np.ndarray, half: float, width: np.ndarray) -> np.ndarray:
    """How much of a sample of some width lies in ``|x| < half``, 0 to 1."""
    return np.clip((half - np.abs(x)) / np.maximum(width, 1e-3) + 0.5, 0, 1)


def mix(a: np.ndarray, b: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Linear blend from ``a`` to ``b``."""
    return a + (b - a) * share


def rgb(*colour: int) -> np.ndarray:
    """Linear-light (3, 1) float32 of an sRGB colour of 0 to 255."""
    value = (np.array(colour, np.float32) / 255) ** np.float32(2.2)
    return value.reshape(3, 1)
