"""Loss as ARX 3.9 defines it, in exact integers, and its aggregates.

n rows, D_a values in hierarchy a, leaf the number of values under a row's label. With gsFactor gs: g = 1 for
gs <= 1/2, else 2 - 2 gs; s = min(1, 2 gs). A kept row costs g leaf / D, a suppressed one leaf / D +
s (1 - leaf / D). Over the rows: v_a = (cost - g n / D) / (n - g n / D), floored to 10 decimals, not under 0,
and 0 where D_a = 1 and g = 1. With weights w_a, divided by the largest (all 1 where none is above 0):

- geometric (the default): prod (1 + w_a v_a)^(1/d) - 1;  arithmetic: sum w_a v_a / d;  sum: sum w_a v_a;
- maximum: max w_a v_a;  rank: the w_a v_a in falling order, compared one after another; the published score
  is the first of them.

Scores are compared as integers, so ties are ties: then the smaller sum of levels, then lexicographic levels.

For every aggregate the score of a node without any suppression is a lower bound, monotone in the levels: a
suppressed row costs no less than a kept one. Rows known to be suppressed at a node are suppressed at all
nodes below it (closed models), and cost there s D - (g + s - 1) leaf more than kept, which only grows as the
leaf shrinks: `Losses.bounds` with the penalties of a node is a lower bound for all below it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from ....errors import Invalid
from ..hierarchy import Hierarchy
from ..values import Codes

Aggregate = Literal["geometric", "arithmetic", "sum", "maximum", "rank"]
AGGREGATES: tuple[Aggregate, ...] = ("geometric", "arithmetic", "sum", "maximum", "rank")
Floats = npt.NDArray[np.float64]
Loss = int | tuple[int, ...]

SCALE = 10**10


@dataclass(frozen=True, slots=True)
class Measure:
    """How loss is weighed. `weights` by column; a column without one weighs 1."""

    aggregate: Aggregate = "geometric"
    gs_factor: float = 0.5
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.aggregate not in AGGREGATES:
            raise Invalid.field("aggregate", expected=", ".join(AGGREGATES), got=self.aggregate)
        if not 0 <= self.gs_factor <= 1:
            raise Invalid.field("gs_factor", expected="a number between 0 and 1", got=self.gs_factor)
        if any(not (math.isfinite(w) and w >= 0) for w in self.weights.values()):
            raise Invalid.field("weights", expected="finite numbers, none under 0", got="another")


class Losses:
    """One measure on one table. Totals and penalties are exact integers, in units of 1 / (D_a times a constant)."""

    def __init__(
        self,
        measure: Measure,
        hierarchies: Sequence[Hierarchy],
        leaves: Sequence[Sequence[Codes]],
        counts: Sequence[Codes],
    ) -> None:
        """`leaves` per attribute and level, and `counts` of rows per attribute, have an entry per value."""
        self.measure = measure
        self.rows = int(counts[0].sum())
        gs = Fraction(str(measure.gs_factor))
        kept, suppressed = min(Fraction(1), 2 - 2 * gs), min(Fraction(1), 2 * gs)
        self._unit = math.lcm(kept.denominator, suppressed.denominator)
        self._kept, self._suppressed = int(kept * self._unit), int(suppressed * self._unit)
        self.sizes = [h.size for h in hierarchies]
        self.weights, self._weight_unit = _weights([measure.weights.get(h.name, 1.0) for h in hierarchies])
        self.totals = np.zeros((len(leaves), max(len(levels) for levels in leaves)), np.int64)
        for a, (levels, of_value) in enumerate(zip(leaves, counts, strict=True)):
            self.totals[a, : len(levels)] = [of_value @ leaf for leaf in levels]
        self._whole = [self.rows * (self._unit * size - self._kept) for size in self.sizes]
        shares = np.array(self.weights) / self._weight_unit
        self._shares = np.divide(
            shares, self._whole, out=np.zeros(len(shares)), where=np.array(self._whole) > 0
        )
        self._least = (shares * 1e-10)[:, None]
        self._size_column = np.array(self.sizes)[:, None]

    def penalties(self, suppressed: int, leaves: Codes) -> Codes:
        """What so many suppressed rows add to the totals; `leaves` (attributes, levels) is their sum of leaves."""
        more = self._kept + self._suppressed - self._unit
        added: Codes = self._suppressed * suppressed * self._size_column - more * leaves
        return added

    def ratio(self, a: int, total: int, penalty: int = 0) -> int:
        """v_a in units of 1e-10, floored; `total` is the sum of leaves of all rows."""
        whole = self._whole[a]
        return max(self._kept * (total - self.rows) + penalty, 0) * SCALE // whole if whole else 0

    def loss(self, levels: Sequence[int], penalties: Sequence[int]) -> Loss:
        """What a node costs, to be compared with others of the same search; a penalty per attribute."""
        values = [
            w * self.ratio(a, int(self.totals[a, level]), penalties[a])
            for a, (level, w) in enumerate(zip(levels, self.weights, strict=True))
        ]
        match self.measure.aggregate:
            case "geometric":
                return math.prod(SCALE * self._weight_unit + v for v in values)
            case "arithmetic" | "sum":
                return sum(values)
            case "maximum":
                return max(values)
            case "rank":
                return tuple(sorted(values, reverse=True))

    def score(self, loss: Loss) -> float:
        """The score to publish."""
        unit, d = SCALE * self._weight_unit, len(self.sizes)
        first = loss[0] if isinstance(loss, tuple) else loss
        match self.measure.aggregate:
            case "geometric":
                return float((first / unit**d) ** (1 / d) - 1)
            case "arithmetic":
                return first / (unit * d)
            case _:
                return first / unit

    def bound_of(self, loss: Loss) -> float:
        """`loss` on the scale of `bounds`."""
        first = loss[0] if isinstance(loss, tuple) else loss
        return first / (SCALE * self._weight_unit) ** len(self.sizes) if self.multiplies else float(first)

    def score_of_bound(self, bound: float) -> float:
        """The score that a bound stands for."""
        unit, d = SCALE * self._weight_unit, len(self.sizes)
        match self.measure.aggregate:
            case "geometric":
                return float(bound ** (1 / d) - 1)
            case "arithmetic":
                return bound / (unit * d)
            case _:
                return bound / unit

    @property
    def multiplies(self) -> bool:
        """Whether bounds are products of factors 1 + w v; else they are exact sums or maxima of integers."""
        return self.measure.aggregate == "geometric"

    @property
    def combine(self) -> np.ufunc:
        """What makes one bound of one factor per attribute."""
        by_name = {"geometric": np.multiply, "arithmetic": np.add, "sum": np.add}
        return by_name.get(self.measure.aggregate, np.maximum)

    def factors(self, totals: Codes, penalties: Codes) -> Floats:
        """The parts of bounds, shape (attributes, any): an attribute's part where its total is `totals`.

        Products are of floats, from ratios up to 1e-10 too small, for those are not floored; sums and maxima
        are of exact integers.
        """
        costs = self._kept * (totals - self.rows) + penalties
        if self.multiplies:
            made: Floats = np.maximum(costs * self._shares[:, None] - self._least, 0) + 1
            return made
        values = [
            [w * (max(cost, 0) * SCALE // whole) if whole else 0 for cost in row]
            for w, whole, row in zip(self.weights, self._whole, costs.tolist(), strict=True)
        ]
        return np.array(values, np.float64)

    def exceeds(self, bound: float, best: float) -> bool:
        """Whether nothing of this `bound` can equal or beat `best`, rounding of products considered."""
        return bound > best * _SLACK if self.multiplies else bound > best


_SLACK = 1 + 1e-12


def _weights(given: Sequence[float]) -> tuple[list[int], int]:
    """The weights over the largest, as integers over one denominator."""
    exact = [Fraction(str(w)) for w in given]
    largest = max(exact)
    shares = [w / largest for w in exact] if largest else [Fraction(1)] * len(exact)
    unit = math.lcm(*(share.denominator for share in shares))
    return [int(share * unit) for share in shares], unit


def capped_ratio(total: int, rows: int, size: int) -> int:
    """v_a in units of 1e-10 at gsFactor 0.5; `total` is the sum of leaves, D_a per suppressed row."""
    return 0 if size == 1 else (total - rows) * SCALE // (rows * (size - 1))


def score_of(loss: int, attributes: int) -> float:
    """The geometric score of a product of SCALE + v_a."""
    return float((loss / SCALE**attributes) ** (1 / attributes) - 1)
