"""Small groups that a table shows without counting them: shares of a group, and a part beside its whole.

A share of 1.5 % of 200 persons is three of them, whether or not a count stands beside it; and where 197 of 200 are
named, the other three are named too. Both are worked out again from the input, so that nobody has to be believed. A
column is a **share of the records** where it is the share that a row's labels have, of all or of those whom all its
labels but one name; a **share with a value** where it is how many of the row's records have one value of another column;
a **part** where it counts just those beside a column that counts all. What is small is held. A share of which nothing
is known is told to the reviewers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...language import Message, say
from .cells import is_share, percent
from .contributions import all_near, sizes
from .finding import Finding
from .reading import count_columns, numbers, replaced
from .sums_declared import MOST_LOOKED_AT, few_values

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


def part_findings(
    table: pa.Table, source: pa.Table, keys: Sequence[str], threshold: int
) -> tuple[tuple[Finding, ...], tuple[Message, ...]]:
    """What is held, and what the reviewers are told. Columns by their names."""
    said = {n: _shares(table, n) for n in table.column_names if n not in keys and is_share_column(table, n)}
    scale = {name: 100.0 if max(v for v in each if v is not None) > 1 else 1.0 for name, each in said.items()}
    counted = {n: numbers(table, n) for n in count_columns(table) if n not in keys and n not in said}
    groups = sizes(table, source, keys) if said or len(counted) > 1 else None
    if groups is None:
        return (), tuple(_unknown(name, threshold) for name in said)
    whole = groups[0]
    parts = {name: each for name, each in counted.items() if not all_near(each, whole)}
    if len(parts) == len(counted):
        parts = {}  # nothing here counts all: what the others leave is not shown
    found: list[Finding] = []
    for of in _of_more(table, source, keys, whole):
        for name in [n for n in said if all_near(said[n], scale[n] * whole / of)]:
            rows = [row for row, each in enumerate(said.pop(name)) if each is not None]
            found += [_finding(row, name, threshold) for row in rows if 0 < whole[row] < threshold]
    for part in _with_a_value(table, source, keys) if said or parts else ():
        rest = whole - part
        shown = [n for n in said if all_near(said[n], scale[n] * part / np.maximum(whole, 1))]
        shown += [n for n in parts if all_near(parts[n], part)]
        for name in shown:
            values = said.pop(name) if name in said else parts.pop(name)
            rows = [row for row, each in enumerate(values) if each is not None]
            found += [_finding(row, name, threshold) for row in rows if 0 < min(part[row], rest[row]) < threshold]  # fmt: skip
    return tuple(found), tuple(_unknown(name, threshold) for name in said)


def is_share_column(table: pa.Table, name: str) -> bool:
    """Whether a column's name says that it is a share, or each of its cells ends in %."""
    values = [each for each in table.column(name).to_pylist() if each not in (None, "")]
    if not values or not all(each is not None and 0 <= each <= 100 for each in map(percent, values)):
        return False
    return is_share(name) or all(isinstance(each, str) and each.strip().endswith("%") for each in values)


def _shares(table: pa.Table, name: str) -> list[float | None]:
    return [percent(each) for each in table.column(name).to_pylist()]


def _of_more(table: pa.Table, source: pa.Table, keys: Sequence[str], whole: Numbers) -> Iterator[Numbers]:
    """What a row may be a share of: all records, and those whom all its labels but one name."""
    yield np.full(len(whole), max(1.0, float(source.num_rows)))
    for key in keys if len(keys) > 1 else ():
        wider = sizes(replaced(table, key, [None] * table.num_rows), source, keys)
        if wider is not None:
            yield np.maximum(wider[0], 1)


def _with_a_value(table: pa.Table, source: pa.Table, keys: Sequence[str]) -> Iterator[Numbers]:
    """How many records of each row have one value of a column that has few."""
    import pyarrow.compute as pc

    tried = [(n, value) for n in source.column_names if n not in keys for value in few_values(source, n)]
    if len(tried) * source.num_rows > MOST_LOOKED_AT:
        return
    masks = [np.asarray(pc.fill_null(pc.equal(source[name], value), False)) for name, value in tried]
    found = sizes(table, source, keys, masks)
    yield from () if found is None else found[1:]


def _finding(row: int, name: str, threshold: int) -> Finding:
    message = say("Row {row}, column {column}: this share or part, or what it leaves of its group, is fewer than {threshold}.", row=row + 1, column=name, threshold=threshold)  # fmt: skip
    return Finding("small_cell", row + 1, name, message)


def _unknown(name: str, threshold: int) -> Message:
    return say("Column {column}: shares of which it could not be worked out how many records they are. Could one of them, or what it leaves, be fewer than {threshold}?", column=name, threshold=threshold)  # fmt: skip
