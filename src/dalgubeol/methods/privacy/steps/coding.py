"""Top and bottom coding: what lies beyond a limit becomes the limit.

The limit is the clerk's, or a percentile of the column (the smallest value that at least that share of the rows
do not exceed: the inverse of the empirical distribution, definition 1 of Hyndman and Fan 1996). A percentile is
a value of somebody's: it goes out with the table, but into no papers. Source of the technique: Hundepool et al.
2012, Statistical Disclosure Control, section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from ....errors import Invalid
from ....language import say
from ..values import Codes
from . import numbers
from .rows import Rows

Side = Literal["top", "bottom"]


@dataclass(frozen=True, slots=True)
class Coding:
    """One end of a column. Exactly one of `value` and `percentile` (0..100) is given."""

    column: str
    side: Side
    value: float | None = None
    percentile: float | None = None

    @property
    def looks(self) -> bool:
        return self.percentile is not None

    def fitted(self, values: pa.Array | None, people: Codes | None) -> Coded:
        if self.value is not None:
            return Coded(self.column, self.side, self.value)
        present = _present(values, self.column)
        share = self.percentile or 0.0
        return Coded(self.column, self.side, float(np.percentile(present, share, method="inverted_cdf")))


@dataclass(frozen=True, slots=True)
class Coded:
    """Ready: the limit is known."""

    column: str
    side: Side
    limit: float

    def applied(self, values: pa.Array, rows: Rows) -> pa.Array:
        found, missing = numbers.read(values, self.column)
        ends = np.minimum if self.side == "top" else np.maximum
        return numbers.written(
            ends(found, self.limit), missing, values.type, whole=float(self.limit).is_integer()
        )


def _present(values: pa.Array | None, column: str) -> numbers.Floats:
    found, missing = numbers.read(values, column)
    if missing.all():
        raise Invalid.field(column, expected=say("a column with values"), got=say("only missing ones"))
    return found[~missing]
