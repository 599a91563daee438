"""Sums and means of a table held against ACRO's rules for magnitudes, as far as what they are made of can be worked out.

Whatever cannot is told to the reviewers as not checked: a number of which nobody knows what it was made of is not
therefore safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..language import Message, say
from ..nouns.permit import Conditions

if TYPE_CHECKING:
    import pyarrow as pa

    from ..methods.disclosure.finding import Finding


def check_magnitudes(
    table: pa.Table, source: pa.Table, conditions: Conditions, keys: Sequence[str], contributor: str | None = None
) -> tuple[tuple[Finding, ...], tuple[Message, ...]]:  # fmt: skip
    """What is held against sums and means, and what the reviewers are told; columns by their names."""
    from ..methods.disclosure import cells, dominance
    from ..methods.disclosure.contributions import contributed
    from ..methods.disclosure.finding import Finding

    rules = conditions.disclosure
    if table.num_rows > rules.most_rows:
        return (), ()
    made = contributed(table, source, keys, _values(table, keys), contributor)
    few = tuple(
        Finding("small_cell", row, column, say("Row {row}, column {column}: fewer than {threshold}.", row=row, column=column, threshold=conditions.smallest_cell))
        for (row, column), amounts in made.amounts.items()
        if len(amounts) < conditions.smallest_cell and (amounts or rules.zeros_disclosive)
    )  # fmt: skip
    found = (
        *few,
        *dominance.dominated_cells(made.amounts, rules.dominance_n, rules.dominance_share),
        *dominance.estimable_cells(made.amounts, rules.p_ratio),
        *cells.uniform_cells(made.amounts),
    )
    notes = [
        say("Column {column}: what its numbers were made of could not be worked out from the input; dominance was not checked.", column=name)
        for name in made.unknown
        if not _is_other(table, name)
    ]  # fmt: skip
    if made.amounts and contributor is None:
        notes.append(say("Sums were checked with each record as a contributor of its own; do several records belong to one?"))  # fmt: skip
    return found, tuple(notes)


def _values(table: pa.Table, keys: Sequence[str]) -> list[str]:
    from ..methods.disclosure.reading import is_numeric

    return [name for name in table.column_names if name not in keys and is_numeric(table, name)]


def _is_other(table: pa.Table, name: str) -> bool:
    """Counts, shares and spreads are no sums, and single values are held by a check of their own."""
    from ..methods.disclosure.cells import is_share_or_spread
    from ..methods.disclosure.extremes import tail_share
    from ..methods.disclosure.reading import looks_counted

    return looks_counted(table, name) or is_share_or_spread(name) or tail_share(name) is not None
