"""A made-up batch plant, for examples, the manual and tests: what normal operation looks like, with a seed.

Six tags follow one recipe. Batches differ by three causes they share (with a different mix for each tag,
some growing over the batch), by an offset of each tag's own, by length, and by sensor noise. Everything is
Gaussian, which real plants are not: rates measured here are the best case.
"""

from __future__ import annotations

import numpy as np

from .alignment import Batches, FloatArray, batches_from_arrays

TAGS = ("flow", "level", "pressure", "steam", "temperature", "torque")
CAUSES = 3
MIXING_SEED = 5
LENGTH_VARIES_BY = 5


def normal_batches(count: int, seed: int, *, length: int = 80, prefix: str = "n") -> Batches:
    """`count` batches of normal operation, named `prefix` and a number, of `length` +- 5 samples."""
    rng = np.random.default_rng(seed)
    shortest, longest = length - LENGTH_VARIES_BY, length + LENGTH_VARIES_BY
    arrays = [one_batch(rng, int(rng.integers(shortest, longest + 1))) for _ in range(count)]
    return batches_from_arrays(arrays, [f"{prefix}{i}" for i in range(count)], TAGS)


def one_batch(rng: np.random.Generator, samples: int) -> FloatArray:
    """One normal batch, (samples, 6)."""
    mixing = np.random.default_rng(MIXING_SEED).normal(size=(len(TAGS), CAUSES))
    t = np.linspace(0, 1, samples)
    places = range(len(TAGS))
    recipe = np.stack([(3 + j) * np.sin(2 * np.pi * (t + 0.1 * j)) + 5 * j * t for j in places], axis=1)
    steady, growing = mixing @ rng.normal(size=CAUSES), mixing @ rng.normal(size=CAUSES)
    own = 0.3 * rng.normal(size=len(TAGS))
    noise = 0.2 * rng.normal(size=(samples, len(TAGS)))
    return np.asarray(recipe + 0.5 * steady + 0.5 * np.outer(t, growing) + own + noise)
