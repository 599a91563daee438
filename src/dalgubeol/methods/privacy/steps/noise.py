"""Noise on numbers: added, or multiplied, with a stated standard deviation.

Added: x + e; multiplied: x (1 + e); e of mean 0 and the standard deviation sd, Gaussian or Laplacian (scale
sd / sqrt 2). Sources: Brand 2002, Microdata protection through noise addition; Hundepool et al. 2012, section
3.3.1. Means stay right on average, variances grow by sd squared. This is no differential privacy: nothing is
promised about the most exposed person.

The noise of a row comes from the project's key, the person and the value (steps/rows.py): a Run made again
gives the same table, and nobody without the key can take the noise off.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa

from ..values import Codes
from . import numbers
from .rows import Floats, Rows, uniforms, words_of

Shape = Literal["gaussian", "laplace"]


@dataclass(frozen=True, slots=True)
class Noise:
    """`sd` > 0, in the column's unit; of multiplied noise a share of the value."""

    column: str
    sd: float
    shape: Shape = "gaussian"
    multiplied: bool = False
    key: bytes = field(default=b"", repr=False)

    looks = False

    def fitted(self, values: pa.Array | None, people: Codes | None) -> Noise:
        return self

    def applied(self, values: pa.Array, rows: Rows) -> pa.Array:
        found, missing = numbers.read(values, self.column)
        noise = self.sd * _standard(uniforms(self.key, rows, words_of(values, self.column))[0], self.shape)
        made = found * (1 + noise) if self.multiplied else found + noise
        return numbers.written(made, missing, values.type, whole=False)


def _standard(chance: Floats, shape: Shape) -> Floats:
    """Of mean 0 and variance 1, by the inverse of the distribution function."""
    from scipy.special import ndtri

    if shape == "gaussian":
        made: Floats = ndtri(chance)
        return made
    centred = chance - 0.5
    laplace: Floats = -np.sign(centred) * np.log1p(-2 * np.abs(centred)) / np.sqrt(2)
    return laplace
