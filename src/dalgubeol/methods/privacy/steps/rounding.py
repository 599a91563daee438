"""Rounding to a multiple of a base: to the nearest, or at random so that sums stay right on average.

Unbiased random rounding (Fellegi 1975; Hundepool et al. 2012, section 4.6): x between two multiples goes up
with the chance (x - lower) / base, so that its expectation is x. The chance comes from the project's key: the
same value of the same person always goes the same way, and asking again tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa

from ..values import Codes
from . import numbers
from .rows import Rows, uniforms, words_of


@dataclass(frozen=True, slots=True)
class Rounding:
    """To multiples of `base` > 0; needs no look at the column, so it is its own fitted form."""

    column: str
    base: float
    random: bool = False
    key: bytes = field(default=b"", repr=False)

    looks = False

    def fitted(self, values: pa.Array | None, people: Codes | None) -> Rounding:
        return self

    def applied(self, values: pa.Array, rows: Rows) -> pa.Array:
        found, missing = numbers.read(values, self.column)
        steps = found / self.base
        lower = np.floor(steps)
        if self.random:
            up = uniforms(self.key, rows, words_of(values, self.column))[0] < steps - lower
        else:
            up = steps - lower >= 0.5
        # 3 * 0.1 is to be 0.3, not 0.30000000000000004
        digits = max(0, -int(Decimal(str(self.base)).normalize().as_tuple().exponent))
        made = np.round((lower + up) * self.base, digits)
        return numbers.written(made, missing, values.type, whole=float(self.base).is_integer())
