"""Sums and means of some of the records, or of what is worked out from several columns: as their author declares them
(`declared`), or with the one simple condition that fits.

What comes of a declaration is compared with the table like every other sum (`contributions`): nobody is believed.
A condition that nobody declared is looked for among `COLUMN = VALUE` of columns with few values: the whole column of the
table must be the sum or mean over those records. What fits by chance does no harm, since it can only hold a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...language import Message, say
from .contributions import contributed
from .declared import AMOUNT, Declared, amounts
from .finding import CellKey

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MOST_VALUES = 24
MOST_LOOKED_AT = 4_000_000
"""Records times conditions that are looked for: beyond it nobody looks."""


@dataclass(frozen=True, slots=True)
class Worked:
    """`amounts` as `contributions` has them; `named`: the columns that are settled; `wrong`: those that are not what
    their author says; `left_out`: column to the fewest contributors that its condition leaves out of a row (of those
    that leave any out). Which condition was found is told to nobody: a script could choose it by what it has read."""

    amounts: Mapping[CellKey, Sequence[float]] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    wrong: Mapping[str, Message] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


def as_declared(
    table: pa.Table, source: pa.Table, keys: Sequence[str], said: Sequence[Declared], unknown: Sequence[str], contributor: str | None
) -> Worked:  # fmt: skip
    """Every column that its author declares and that is not known otherwise."""
    found: dict[CellKey, Sequence[float]] = {}
    wrong, left_out, named = dict[str, Message](), dict[str, int](), set[str]()
    for each in said:
        if (
            each.column not in unknown
        ):  # no column of the table, or what it is made of is known: nothing said changes it
            continue
        named.add(each.column)
        by = each.by or tuple(keys)
        try:
            values, chosen = amounts(each, source)
            if any(key not in table.column_names or key not in source.column_names for key in by):
                raise ValueError("keys")
        except ValueError:
            wrong[each.column] = say("Column {column}: what its author says of it cannot be read: a column that the input lacks, or another form than `sum of WHAT by KEYS, where CONDITION`.", column=each.column)  # fmt: skip
            continue
        made, whole = _made(table, source, by, each.column, values, chosen, contributor)
        if made is None:
            wrong[each.column] = say("Column {column} is not what its author says: worked out from the input as declared, other numbers come.", column=each.column)  # fmt: skip
            continue
        found |= made
        if whole:
            left_out[each.column] = whole
    return Worked(found, frozenset(named), wrong, left_out)


def with_filter(
    table: pa.Table, source: pa.Table, keys: Sequence[str], unknown: Sequence[str], contributor: str | None
) -> Worked:  # fmt: skip
    """Columns that are sums or means over the records with one value of another column."""
    tried = [
        (name, value)
        for name in source.column_names
        if name not in (*keys, contributor)
        for value in few_values(source, name)
    ]
    if (
        not unknown
        or any(key not in source.column_names for key in keys)
        or len(tried) * source.num_rows > MOST_LOOKED_AT
    ):
        return Worked()
    import pyarrow.compute as pc

    found: dict[CellKey, Sequence[float]] = {}
    left_out, open_ = dict[str, int](), list(unknown)
    for name, value in tried:
        if not open_:
            break
        chosen = np.asarray(pc.fill_null(pc.equal(source[name], value), False))
        made = contributed(table, source.filter(chosen), keys, open_, contributor)
        for column in [c for c in open_ if c not in made.unknown and c not in made.counts]:
            inside = {place: given for place, given in made.amounts.items() if place[1] == column}
            found |= inside
            if fewest := _left_out(table, source, keys, column, chosen, contributor):
                left_out[column] = fewest
            open_.remove(column)
    return Worked(found, frozenset(unknown) - frozenset(open_), {}, left_out)


def _made(
    table: pa.Table, source: pa.Table, keys: Sequence[str], column: str, values: Any, chosen: NDArray[np.bool_], contributor: str | None
) -> tuple[dict[CellKey, Sequence[float]] | None, int]:  # fmt: skip
    """What a column is made of; None where it is not that sum or mean. And the fewest that are left out of a row."""
    import pyarrow as pa

    kept = dict.fromkeys((*keys, *([contributor] if contributor else [])))
    whole = source.select(list(kept)).append_column(AMOUNT, pa.array(values, mask=~np.isfinite(values)))
    made = contributed(table, whole.filter(chosen), keys, [column], contributor)
    if column in made.unknown or column in made.counts:
        return None, 0
    return dict(made.amounts), _left_out(table, source, keys, column, chosen, contributor)


def _left_out(
    table: pa.Table, source: pa.Table, keys: Sequence[str], column: str, chosen: NDArray[np.bool_], contributor: str | None
) -> int:  # fmt: skip
    """The fewest contributors, of the rows that lose any, whom a condition leaves out; 0 where it leaves nobody out."""
    from .contributions import counted

    if chosen.all():
        return 0
    apart = counted(table, source.filter(~chosen), keys, contributor)
    return min((count for count in apart if count), default=0)


def few_values(source: pa.Table, name: str) -> list[Any]:
    """The values of a column that could be a condition: texts, truths and whole numbers, where there are few."""
    import pyarrow as pa

    kind = source.schema.field(name).type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_nested(kind):
        return []
    values = source[name].unique().drop_null()
    return sorted(values.to_pylist(), key=str) if len(values) <= MOST_VALUES else []
