"""A column as numbers, and back: whole numbers stay whole where a step leaves them so."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....errors import Invalid
from ....language import say
from ..hierarchy import no_numbers
from ..reading import read_number
from ..values import flat

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_WIDEST = float(2**63 - 2**10)
"""The largest float that is a whole number of 64 bits."""


def read(values: pa.Array, column: str) -> tuple[Floats, Bools]:
    """(the numbers, 0 where missing; where they are missing). Raises `Invalid` for texts, dates and infinities."""
    values = flat(values, column)
    kind = values.type
    if pa.types.is_null(kind):
        return np.zeros(len(values)), np.ones(len(values), bool)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _of_texts(values, column)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise Invalid.field(
            column,
            expected=say("a column of numbers"),
            got=say("dates or truth values")
            if pa.types.is_temporal(kind) or pa.types.is_boolean(kind)
            else say("something else"),
        )
    missing = values.is_null().to_numpy(zero_copy_only=False)
    floats = values.cast(pa.float64(), safe=False).fill_null(0).to_numpy(zero_copy_only=False)
    if not np.isfinite(floats).all():
        raise Invalid.field(column, expected="finite numbers", got="infinite ones among them")
    return floats, missing


def _of_texts(values: pa.Array, column: str) -> tuple[Floats, Bools]:
    """Of numbers that are written as texts, with separators of thousands for instance."""
    encoded = values.dictionary_encode()
    told = [text.strip() for text in encoded.dictionary.to_pylist()]
    read = [read_number(text) if text else None for text in told]
    unread = sum(number is None or not number.is_finite() for number, text in zip(read, told, strict=True) if text)  # fmt: skip
    if unread:
        raise no_numbers(column, unread)
    floats = [None if number is None else float(number) for number in read]
    if any(number is not None and not np.isfinite(number) for number in floats):
        raise _too_large(column, encoded.indices, floats)
    numbers = pa.array(floats, pa.float64())
    made = numbers.take(encoded.indices)
    missing = made.is_null().to_numpy(zero_copy_only=False)
    return made.fill_null(0).to_numpy(zero_copy_only=False), missing


def _too_large(column: str, indices: pa.Array, floats: list[float | None]) -> Invalid:
    """What is written as a number and is larger than any that is computed with (IEEE 754, about 1.8e308)."""
    large = np.array([number is not None and not np.isfinite(number) for number in floats])
    rows = int(large[indices.drop_null().to_numpy()].sum())
    return Invalid(
        f"invalid.{column}",
        say("{rows} rows of column {column} hold numbers that are too large to compute with (above 1.8e308).", rows=f"{rows:,}", column=column),
        say("Correct them, leave their cells empty, or keep column {column} as it is.", column=column),
    )  # fmt: skip


def written(numbers: Floats, missing: Bools, like: pa.DataType, *, whole: bool) -> pa.Array:
    """The numbers as a column: of the type `like` where that is of whole numbers and they are `whole`."""
    if whole and pa.types.is_integer(like):
        kept = np.clip(np.rint(numbers), -_WIDEST, _WIDEST)  # beyond, a number would change its sign
        return pa.array(kept.astype(np.int64), mask=missing)
    return pa.array(numbers, pa.float64(), mask=missing)
