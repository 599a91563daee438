"""A dummy (더미데이터) of a table or a series: the same columns and types, and no row, rare value or person of it.

Three steps, of which only the first sees data: `survey` reads it through once, `codebook` keeps what may be told
(`dummy_book` has the rules), `drawn` makes rows out of that and a seed. Each column is drawn alone, evenly over
what the codebook says of it: nothing that connects two columns is kept, and no distribution. A script that runs
on the dummy runs on the data; what it finds there is nothing.

Same codebook, schema and seed, same rows.
"""

from __future__ import annotations

# ruff: noqa: DTZ001 - instants of a column tell the time by its own clock
import math
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from .dummy_book import Codebook, Entry, codebook
from .dummy_survey import plain_type, survey
from .dummy_words import made_text

__all__ = ["OTHERS", "Codebook", "Entry", "codebook", "drawn", "survey"]

OTHERS = ("더미-기타-1", "더미-기타-2")
"""What stands for values that fewer than the threshold have, where many persons have such."""
BATCH = 65_536
_PLACES = 3
_MOST_DIGITS = 80  # of a decimal in Arrow: 76
_Draw = Callable[[np.random.Generator, int, int], list[Any]]


def drawn(book: Codebook, schema: pa.Schema, rows: int, seed: int) -> Iterator[pa.RecordBatch]:
    """`rows` made-up rows."""
    generators = [np.random.default_rng([seed, place]) for place in range(len(schema))]
    persons = _persons(rows, book.rows_per_person, seed)
    for start in range(0, rows, BATCH):
        size = min(BATCH, rows - start)
        columns = []
        for place, (entry, field) in enumerate(zip(book.columns, schema, strict=True)):
            rng, whose = generators[place], None
            if entry.person:
                whose = persons[start : start + size]
            salt = f"{seed} {entry.name}"
            columns.append(_column(entry, field.type, rng, start, size, whose, rows, salt))
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _persons(rows: int, per_person: int, seed: int) -> np.ndarray:
    """Whose row each is: persons have `per_person` rows in the mean, from 1 to nearly twice as many, in any order."""
    if per_person == 1:
        return np.arange(rows)
    rng = np.random.default_rng([seed, 2**31])
    sizes = rng.integers(1, 2 * per_person, size=rows // per_person + 2)
    whose = np.resize(np.repeat(np.arange(len(sizes)), sizes), rows)
    rng.shuffle(whose)
    return whose


def _column(
    entry: Entry, type_: pa.DataType, rng: np.random.Generator, start: int, size: int,
    whose: np.ndarray | None, rows: int, salt: str,
) -> pa.Array:  # fmt: skip
    plain = plain_type(type_)
    if entry.holds == "nothing":
        return _coded(pa.nulls(size, plain), type_)
    if entry.holds in ("key", "text"):
        values = _named_alike(entry, plain, rng, start, size, whose, rows, salt)
    elif entry.holds == "categories":
        names = [*entry.values, *(OTHERS if entry.others else ())]
        values = [names[at] for at in rng.integers(0, len(names), size).tolist()]
    else:
        values = None
    made = _measured(entry, plain, rng, start, size) if values is None else _typed(values, plain)
    if entry.missing_percent:
        gone = rng.random(size) < entry.missing_percent / 100
        made = made.take(pa.array(np.arange(size), mask=gone))
    return _coded(made, type_)


def _named_alike(
    entry: Entry, plain: pa.DataType, rng: np.random.Generator, start: int, size: int,
    numbers: np.ndarray | None, rows: int, salt: str,
) -> list[Any]:  # fmt: skip
    """Keys count up; whose row it is goes by its number; others repeat now and then."""
    if numbers is None:
        counting = np.arange(start, start + size)
        numbers = counting if entry.holds == "key" else rng.integers(0, max(1, (start + size) // 2), size)
    if not (pa.types.is_string(plain) or pa.types.is_large_string(plain)):
        return _key_numbers(entry, plain, numbers, rows)
    forms = entry.forms
    return [made_text(forms[n % len(forms)], n + 1, salt) for n in numbers.tolist()]


def _key_numbers(entry: Entry, plain: pa.DataType, numbers: np.ndarray, rows: int) -> list[Any]:
    """As long as those of the data, and begun by 900000 where they are long: no date of birth reads so. Where the
    type holds fewer numbers than there are rows, they begin at its least and come again when all have been."""
    digits, (least, most) = int(entry.forms[0][1:]), _whole_numbers(plain)
    first = 9 * 10 ** (digits - 1) if digits > 1 else 1
    last = 10**digits - 1
    if last > most or last - first + 1 < rows:
        first, last = (1, most) if rows <= most else (least, most)
    return [first + n % (last - first + 1) for n in numbers.tolist()]


def _whole_numbers(plain: pa.DataType) -> tuple[int, int]:
    """The least and the largest whole number of a type; of floating ones those up to which it has every one."""
    if pa.types.is_integer(plain):
        bits = plain.bit_width
        return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if pa.types.is_signed_integer(plain) else (0, 2**bits - 1)  # fmt: skip
    if pa.types.is_decimal(plain):
        most = math.floor((10**plain.precision - 1) / Fraction(10) ** plain.scale)
        return -most, most
    most = 2 ** {16: 11, 32: 24}.get(plain.bit_width, 53)
    return -most, most


def _measured(entry: Entry, plain: pa.DataType, rng: np.random.Generator, start: int, size: int) -> pa.Array:
    if entry.holds == "clock":
        most = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}[plain.unit]
        narrow = pa.int32() if pa.types.is_time32(plain) else pa.int64()
        step = most // 86_400
        return pa.array(rng.integers(0, 86_400, size) * step, pa.int64()).cast(narrow).cast(plain)
    if entry.holds == "sampling":
        since = _seconds(str(entry.low)) * 1_000_000 + (
            np.arange(start, start + size) * round((entry.every_s or 1.0) * 1e6)
        )
        return _instants(since, plain)
    if entry.holds == "instants":
        low, high = _seconds(str(entry.low)), _seconds(str(entry.high))
        day = 86_400 if pa.types.is_date(plain) else 1
        return _instants(rng.integers(low // day, max(high, low + day) // day, size) * day * 1_000_000, plain)
    bottom, top = float(entry.low or 0), float(entry.high or 0)
    if entry.whole:
        return _typed(_whole(int(entry.low or 0), int(entry.high or 0), rng, size), plain)
    return _typed(_fractions(bottom, top, plain, rng, size), plain)


def _whole(low: int, high: int, rng: np.random.Generator, size: int) -> list[int]:
    if low >= -(2**63) and high < 2**63:
        return rng.integers(low, high, size, np.int64, endpoint=True).tolist()  # type: ignore[no-any-return]
    if low >= 0 and high < 2**64:
        return rng.integers(low, high, size, np.uint64, endpoint=True).tolist()  # type: ignore[no-any-return]
    return [min(high, low + int(share * (high - low))) for share in rng.random(size).tolist()]


def _fractions(low: float, high: float, plain: pa.DataType, rng: np.random.Generator, size: int) -> list[Any]:
    places = max(0, _PLACES - math.floor(math.log10(high - low))) if high > low else _PLACES
    if pa.types.is_decimal(plain):
        places = min(places, plain.scale)
    values: list[Any] = np.clip(np.round(rng.uniform(low, high, size), places), low, high).tolist()
    return values


def _typed(values: list[Any], plain: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(plain):
        quantum = Decimal(1).scaleb(-plain.scale)
        with localcontext(prec=_MOST_DIGITS):
            most = (10**plain.precision - 1) * quantum  # what was counted as a float may lie just above
            exact = (max(-most, min(Decimal(repr(v)), most)) for v in values)
            return pa.array([v.quantize(quantum, ROUND_DOWN) for v in exact], plain)
    if pa.types.is_floating(plain):
        return pa.array(np.asarray(values, np.float64)).cast(plain, safe=False)
    return pa.array(values, plain)


def _instants(microseconds: np.ndarray, plain: pa.DataType) -> pa.Array:
    made = pa.array(microseconds, pa.int64()).cast(pa.timestamp("us"))
    if pa.types.is_date(plain):
        return made.cast(plain, safe=False)
    return made.cast(pa.timestamp(plain.unit), safe=False).cast(pa.int64()).cast(plain)


def _seconds(text: str) -> int:
    at = datetime.fromisoformat(text) if "T" in text else datetime.combine(date.fromisoformat(text), datetime.min.time())  # fmt: skip
    return round((at - datetime(1970, 1, 1)).total_seconds())


def _coded(made: pa.Array, type_: pa.DataType) -> pa.Array:
    """As a dictionary where the data has one; its codes must fit, so the last ones stand for the rest."""
    if not pa.types.is_dictionary(type_):
        return made
    encoded = made.dictionary_encode()
    most = 2 ** (type_.index_type.bit_width - 1) - 1
    indices = np.minimum(encoded.indices.fill_null(0).to_numpy(zero_copy_only=False), most)
    mask = encoded.indices.is_null().to_numpy(zero_copy_only=False)
    codes = pa.array(indices, mask=mask).cast(type_.index_type)
    return pa.DictionaryArray.from_arrays(codes, encoded.dictionary[: most + 1], ordered=type_.ordered)
