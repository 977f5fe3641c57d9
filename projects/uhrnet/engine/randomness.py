"""Random numbers that depend on where a training is, not on how it got there.

A generator that goes on from draw to draw has to be saved and restored, one
for each process that draws. Seeding anew at each sample and each iteration
needs neither: what iteration 1000 draws is a function of the seed and 1000.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

# What a number is drawn for: equal keys of two kinds are two streams.
SAMPLE, MODEL, ORDER = range(3)


def mix(*key: int) -> np.ndarray:
    """Hash non-negative integers to eight 32-bit words.

    Seeds that differ by one, added to a position, would repeat each other's
    numbers; numpy's ``SeedSequence`` keeps all keys apart.
    """
    return np.random.SeedSequence(key).generate_state(8)


def seed_order(*key: int) -> torch.Generator:
    """Return a generator for the order of samples."""
    words = mix(ORDER, *key)
    return torch.Generator().manual_seed(_int64(words))


def seed_model(*key: int) -> None:
    """Seed all that a training step may draw from, on all devices."""
    words = mix(MODEL, *key)
    torch.manual_seed(_int64(words))
    _seed_others(words)


@contextmanager
def sample_randomness(*key: int) -> Iterator[None]:
    """Seed what transforms draw from, and leave it as it was found.

    Without worker processes samples are made between the steps of a model,
    which must not notice.
    """
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    words = mix(SAMPLE, *key)
    # torch.manual_seed would seed GPUs as well.
    torch.default_generator.manual_seed(_int64(words))
    _seed_others(words)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def _seed_others(words: np.ndarray) -> None:
    random.seed(words[2:5].tobytes())
    np.random.seed(words[5:])


def _int64(words: np.ndarray) -> int:
    return int(words[:2].view(np.int64)[0])
