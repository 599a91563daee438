"""Random numbers by counting, for compiled plants: the number depends on seed, stream and count alone.

So nothing has to be kept but counts; a plant that is saved, forked or run in another order draws the same.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def mixed(seed, stream, count):  # type: ignore[no-untyped-def]
    """64 bits: splitmix64 (Steele, Lea & Flood 2014) over seed, stream and count."""
    z = (
        np.uint64(seed)
        + np.uint64(stream) * np.uint64(0xD1B54A32D192ED03)
        + np.uint64(count) * np.uint64(0x9E3779B97F4A7C15)
    )
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True, error_model="numpy")
def uniform(seed, stream, count):  # type: ignore[no-untyped-def]
    """In [0, 1)."""
    return np.float64(mixed(seed, stream, count) >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True, nogil=True, error_model="numpy")
def exponential(seed, stream, count):  # type: ignore[no-untyped-def]
    """Of mean 1."""
    return -math.log(1.0 - uniform(seed, stream, count))


@njit(cache=True, nogil=True, error_model="numpy")
def normal(seed, stream, count):  # type: ignore[no-untyped-def]
    """N(0, 1): Box & Muller 1958, of two numbers drawn for it."""
    radius = math.sqrt(2.0 * exponential(seed, stream, 2 * count))
    return radius * math.cos(2.0 * math.pi * uniform(seed, stream, 2 * count + 1))


def sources_of(folder: Path) -> str:
    """What the compiled code of a plant is made of, as a digest. numba keeps machine code by the one file that holds
    the outermost function; a function that has this for a free variable is compiled anew when anything changed."""
    told = hashlib.sha256()
    for path in (*sorted(folder.glob("*.py")), Path(__file__)):
        told.update(path.read_bytes())
    return told.hexdigest()
