"""A made-up batch plant for the tests of this folder: correlated tags, uneven lengths, optional phases."""

from __future__ import annotations

import numpy as np

from dalgubeol.methods.series.alignment import Batches, FloatArray, batches_from_arrays

TAGS = ("flow", "level", "pressure", "steam", "temperature", "torque")
MIXING = np.random.default_rng(5).normal(size=(len(TAGS), 3))


def normal_batches(count: int, seed: int, *, length: int = 80, prefix: str = "n") -> Batches:
    """Batches of normal operation: a common trajectory, three causes in common, sensor noise."""
    rng = np.random.default_rng(seed)
    arrays = [one_batch(rng, int(rng.integers(length - 5, length + 6))) for _ in range(count)]
    return batches_from_arrays(arrays, [f"{prefix}{i}" for i in range(count)], TAGS)


def one_batch(rng: np.random.Generator, samples: int) -> FloatArray:
    t = np.linspace(0, 1, samples)
    recipe = np.stack([(3 + j) * np.sin(2 * np.pi * (t + 0.1 * j)) + 5 * j * t for j in range(len(TAGS))], 1)
    causes = 0.5 * (MIXING @ rng.normal(size=3))[None] + 0.5 * np.outer(t, MIXING @ rng.normal(size=3))
    own = 0.3 * rng.normal(size=len(TAGS))
    noise = 0.2 * rng.normal(size=(samples, len(TAGS)))
    return np.asarray(recipe + causes + own + noise)
