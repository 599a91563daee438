"""Cells of counts: the smallest, and groups in which everybody is alike.

Follows the defaults of ACRO (Green et al., "ACRO: automatic checking of research outputs"; the DARE UK SACRO
guide) and the Handbook on Statistical Disclosure Control (Hundepool et al., 2012): smallest cell 10, zeros
disclosive. In doubt a cell is held. Not done here: what several tables say together (`differencing`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ...language import say
from .finding import Finding
from .reading import count_columns, numbers

if TYPE_CHECKING:
    import pyarrow as pa

SMALLEST_CELL = 10


def cells_below(
    table: pa.Table,
    threshold: int = SMALLEST_CELL,
    *,
    counts: Collection[str] = (),
    keys: Collection[str] = (),
    zeros_disclosive: bool = True,
) -> tuple[Finding, ...]:
    """Cells of count columns below `threshold` (exclusive). Empty cells are not counts; zeros are, by default."""
    return tuple(
        Finding(
            "small_cell",
            row,
            name,
            say(
                "Row {row}, column {column}: fewer than {threshold}.",
                row=row,
                column=name,
                threshold=threshold,
            ),
        )
        for name in count_columns(table, counts, keys)
        for row, value in enumerate(numbers(table, name), start=1)
        if is_small(value, threshold, zeros_disclosive)
    )


def is_small(value: float | None, threshold: int, zeros_disclosive: bool) -> bool:
    return value is not None and value < threshold and (value != 0 or zeros_disclosive)
