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

    from ..methods.disclosure.declared import Declared
    from ..methods.disclosure.finding import Finding


def check_magnitudes(
    table: pa.Table, source: pa.Table, conditions: Conditions, keys: Sequence[str], contributor: str | None = None,
    said: Sequence[Declared] = (),
) -> tuple[tuple[Finding, ...], tuple[Message, ...]]:  # fmt: skip
    """What is held against sums and means, and what the reviewers are told; columns by their names. `said`: what the
    author says that columns are, each of which is worked out again as it says."""
    from ..methods.disclosure import cells, dominance
    from ..methods.disclosure.contributions import contributed
    from ..methods.disclosure.finding import Finding
    from ..methods.disclosure.sums_declared import as_declared, with_filter

    rules = conditions.disclosure
    if table.num_rows > rules.most_rows:
        return (), ()
    names = _values(table, keys)
    made = contributed(table, source, keys, names, contributor)
    amounts = dict(made.amounts)
    declared = as_declared(table, source, keys, said, made.unknown, contributor)
    filtered = with_filter(
        table, source, keys, [n for n in made.unknown if n not in declared.named], contributor
    )
    amounts |= {**declared.amounts, **filtered.amounts}
    few_left_out = {**declared.left_out, **filtered.left_out}
    few = tuple(
        Finding("small_cell", row, column, say("Row {row}, column {column}: fewer than {threshold}.", row=row, column=column, threshold=conditions.smallest_cell))
        for (row, column), inside in amounts.items()
        if len(inside) < conditions.smallest_cell and (inside or rules.zeros_disclosive)
    )  # fmt: skip
    found = (
        *few,
        *(Finding("declared", None, name, message) for name, message in declared.wrong.items()),
        *dominance.dominated_cells(amounts, rules.dominance_n, rules.dominance_share),
        *dominance.estimable_cells(amounts, rules.p_ratio),
        *cells.uniform_cells(amounts),
    )
    notes = [
        _to_look_at(name, conditions)
        for name in made.unknown
        if name not in declared.named and name not in filtered.named and not _is_other(table, name)
    ]
    notes += [say("Column {column}: its numbers are those of the records with one value of another column; they were checked as such.", column=name) for name in sorted(filtered.named)]  # fmt: skip
    notes += [
        say("Column {column}: its condition leaves out fewer than {threshold} contributors of a row: has a number of all of them left, or will it?", column=name, threshold=conditions.smallest_cell)
        for name, least in few_left_out.items()
        if 0 < least < conditions.smallest_cell
    ]  # fmt: skip
    if amounts and contributor is None:
        notes.append(say("Sums were checked with each record as a contributor of its own; do several records belong to one?"))  # fmt: skip
    return found, tuple(notes)


def _to_look_at(name: str, conditions: Conditions) -> Message:
    """What a reviewer has to find out where the input says nothing of a column."""
    rules = conditions.disclosure
    return say(
        "Column {column}: dominance was not checked. It is no sum or mean of one column of the input over the records that its rows name, nor over those with one value of another column. Look in the script for how it is made: could {n} contributors make up {percent} % of a number, or has one of them fewer than {threshold}? The author can say it in the context (`column = sum of WHAT by KEYS, where CONDITION`); then it is worked out.",
        column=name, n=rules.dominance_n, percent=rules.dominance_percent, threshold=conditions.smallest_cell,
    )  # fmt: skip


def _values(table: pa.Table, keys: Sequence[str]) -> list[str]:
    from ..methods.disclosure.reading import is_numeric

    return [name for name in table.column_names if name not in keys and is_numeric(table, name)]


def _is_other(table: pa.Table, name: str) -> bool:
    """Counts, shares and spreads are no sums, and single values are held by a check of their own."""
    from ..methods.disclosure.cells import is_share_or_spread
    from ..methods.disclosure.extremes import tail_share
    from ..methods.disclosure.reading import looks_counted

    return looks_counted(table, name) or is_share_or_spread(name) or tail_share(name) is not None
