"""Cells of sums: who makes them up, and whether one contributor can work out another.

ACRO's defaults, after the Handbook on Statistical Disclosure Control (Hundepool et al., 2012), section 4.2:
(n, k) dominance (2, 0.90) and p% 0.10.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ...errors import Invalid
from ...language import say
from .finding import CellKey, Finding

DOMINANCE_N, DOMINANCE_SHARE = 2, 0.90
P_RATIO = 0.10


def dominated_cells(
    contributions: Mapping[CellKey, Sequence[float]], n: int = DOMINANCE_N, share: float = DOMINANCE_SHARE
) -> tuple[Finding, ...]:
    """(n, k) rule: cells of which the `n` largest contributors make up `share` of the total or more.

    `contributions` gives, for each cell of sums, the amounts of its contributors; magnitudes are compared.
    The Handbook says "more than"; ACRO holds the boundary too, and so is it here: in doubt a cell is held.
    """
    return tuple(
        Finding(
            "dominance",
            row,
            column,
            say("Row {row}, column {column}: {n} contributors make up too much of the sum.",
                row=row, column=column, n=n),
        )
        for (row, column), amounts in contributions.items()
        if (largest := _descending(amounts)) and math.fsum(largest[:n]) >= share * math.fsum(largest)
    )  # fmt: skip


def estimable_cells(
    contributions: Mapping[CellKey, Sequence[float]], p: float = P_RATIO
) -> tuple[Finding, ...]:
    """p% rule: cells where the second contributor can estimate the first to within `p` of its amount.

    That is so when all others together amount to less than `p` times the largest, or when nobody has anything:
    each then knows the others' amounts exactly (ACRO holds such a cell too).
    """
    return tuple(
        Finding(
            "p_percent",
            row,
            column,
            say("Row {row}, column {column}: one contributor could estimate another's amount.",
                row=row, column=column),
        )
        for (row, column), amounts in contributions.items()
        if amounts
        and (not (largest := _descending(amounts)) or math.fsum(largest[2:]) < p * largest[0])
    )  # fmt: skip


def _descending(amounts: Sequence[float]) -> list[float]:
    """Magnitudes, largest first; empty when nothing but zeros contributes."""
    largest = sorted((abs(each) for each in amounts), reverse=True)
    if any(math.isnan(each) for each in largest):
        raise Invalid.field("contributions", expected="numbers", got="NaN")
    return largest if largest and largest[0] > 0 else []
