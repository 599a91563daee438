"""How a cell becomes text: the one rule that hierarchies, pseudonyms and profiles share.

A cell's text does not depend on how a file happened to type its column: `34`, `34.0` and `"34"` are all
"34", so that a hierarchy or a linkage key fits a column read as integers here and as floats there. Null and
NaN are the same: missing, `None`. Texts are made for the distinct values of a column, never row by row.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import Invalid
from ...language import say

Codes = npt.NDArray[np.int64]

_EXACT_FLOAT = 2**53


def text_of(value: object) -> str | None:
    """The text of one scalar; `None` for a missing value (None or NaN)."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_FLOAT:
        return str(int(value))
    return str(value)


def flat(column: pa.Array | pa.ChunkedArray, name: str = "column") -> pa.Array:
    """`column` as one plain array: chunks joined, dictionaries decoded, NaN turned into null.

    Raises `Invalid` for nested and binary columns, which have no text to compare.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        raise Invalid.field(name, expected="a column of numbers, texts or dates", got=str(column.type))
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return column


def distinct_texts(
    column: pa.Array | pa.ChunkedArray, name: str = "column"
) -> tuple[list[str | None], Codes]:
    """The texts of the distinct values and, per row, which of them it holds.

    The last text is always `None`, the missing value, whether or not a row is missing. Two entries may share
    a text (0.0 and -0.0): whoever needs them as one must join them by text.
    """
    encoded = flat(column, name).dictionary_encode()
    values = encoded.dictionary
    if pa.types.is_temporal(values.type):
        values = values.cast(pa.string())
    texts = [text_of(value) for value in values.to_pylist()]
    codes = encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return [*texts, None], codes.astype(np.int64)


def distinct_codes(column: pa.Array | pa.ChunkedArray, name: str = "column") -> tuple[Codes, int]:
    """Per row a number of its text, equal where the texts are, and the number of the missing value, which is the
    largest. The texts themselves are made only where different values can share one (fractions, instants)."""
    plain = flat(column, name)
    if (
        pa.types.is_floating(plain.type)
        or pa.types.is_decimal(plain.type)
        or pa.types.is_temporal(plain.type)
    ):
        texts, rows = distinct_texts(plain, name)
        first: dict[str | None, int] = {}
        same = np.array([first.setdefault(text, i) for i, text in enumerate(texts)], np.int64)
        return same[rows], len(texts) - 1
    encoded = plain.dictionary_encode()
    missing = len(encoded.dictionary)
    codes: Codes = encoded.indices.fill_null(missing).to_numpy(zero_copy_only=False)
    return codes, missing


def coded_texts(column: pa.Array | pa.ChunkedArray, name: str = "column") -> tuple[list[str | None], Codes]:
    """Texts, and per row which of them it holds; a dictionary column is taken as it is coded.

    Unlike `distinct_texts`, a text may be in no row, and may occur twice; `None` is there only if needed. The
    numbers are of the dictionary's own width.
    """
    if not pa.types.is_dictionary(column.type):
        return distinct_texts(column, name)
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.unify_dictionaries().combine_chunks()
    if isinstance(column, pa.ChunkedArray):  # there were no chunks
        return [None], np.zeros(len(column), np.int64)
    if pa.types.is_string(column.dictionary.type):
        texts: list[str | None] = column.dictionary.to_pylist()
    else:
        found, numbers = distinct_texts(column.dictionary, name)
        texts = [found[number] for number in numbers.tolist()]
    rows = column.indices
    if rows.null_count:
        rows, texts = rows.fill_null(len(texts)), [*texts, None]
    of_row: Codes = rows.to_numpy(zero_copy_only=False)
    return texts, of_row


def has_missing(column: pa.Array | pa.ChunkedArray, name: str = "column") -> bool:
    """Whether a row of `column` misses its value."""
    texts, rows = coded_texts(column, name)
    missing = [i for i, text in enumerate(texts) if text is None]
    return any(bool((rows == i).any()) for i in missing)


def column_of(table: pa.Table, name: str) -> pa.ChunkedArray:
    """The column called `name`; `Invalid` when the table has none or several of that name."""
    found = table.schema.get_all_field_indices(name)
    if len(found) != 1:
        raise Invalid(
            "invalid.column",
            say("The table has {count} columns called {column}.", count=len(found), column=name),
            say("Name a column that occurs exactly once."),
        )
    return table.column(found[0])
