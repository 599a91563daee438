"""Who is behind a pseudonym: the table that a project may keep, and what it undoes.

A mapping has one row for each distinct value of a pseudonymised column: `column`, `token`, `value`. It is additional
information in its strongest form, so it is made only where the legal basis lets somebody undo pseudonyms, and is
kept sealed by the caller; nothing here stores or prints it. Values are normalised as `tokens` normalises them, and
come back as text. Tokens of single rows are left out: they say nothing of who.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from .tokens import normalised, pseudonyms
from .values import distinct_texts

SCHEMA = pa.schema([("column", pa.string()), ("token", pa.string()), ("value", pa.string())])


def mapping_of(table: pa.Table, columns: Iterable[str], key: bytes, project: str) -> pa.Table:
    """The mapping of these columns of `table`. Raises what `pseudonyms` raises."""
    parts = []
    for column in columns:
        texts, _ = distinct_texts(table[column], column)
        known = sorted({text for each in texts if (text := normalised(each)) is not None})
        values = pa.array(known, pa.string())
        tokens = pseudonyms(values, key, project, column)
        parts.append(pa.table([pa.array([column] * len(values), pa.string()), tokens, values], schema=SCHEMA))
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def restored(table: pa.Table, mapping: pa.Table) -> tuple[pa.Table, tuple[str, ...], int]:
    """The table with values in the place of tokens, the columns where that was done, and how many tokens are in no
    row of the mapping (they become missing)."""
    unknown, changed = 0, []
    for column in table.column_names:
        mine = mapping.filter(pc.equal(mapping["column"], column))
        if mine.num_rows == 0 or not pa.types.is_string(table[column].type):
            continue
        place = pc.index_in(table[column], value_set=mine["token"].combine_chunks())
        values = mine["value"].combine_chunks().take(place.combine_chunks())
        unknown += values.null_count - table[column].null_count
        table = table.set_column(table.schema.get_field_index(column), column, values)
        changed.append(column)
    return table, tuple(changed), unknown
