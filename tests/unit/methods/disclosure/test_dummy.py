"""What a dummy keeps: columns, types, forms, shares. (What it must not tell: tests/attack/test_dummy.py.)"""

from __future__ import annotations

import io
import math
from datetime import date, datetime, time
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.disclosure.dummy import dummy, dummy_coarse
from dalgubeol.methods.disclosure.dummy.dummy_tracking import Distinct, Extremes, Few, hashes_of
from dalgubeol.methods.disclosure.dummy.dummy_words import form_of, made_text

N = 600
TYPES: tuple[tuple[pa.DataType, list[Any]], ...] = (
    (pa.int8(), [i % 100 for i in range(N)]),
    (pa.uint16(), [i * 100 for i in range(N)]),
    (pa.uint64(), [2**63 + i % 200 for i in range(N)]),
    (pa.int64(), [-(10**15) + i * 10**12 for i in range(N)]),
    (pa.float32(), [i / 7 for i in range(N)]),
    (pa.float64(), [i * 1e-9 for i in range(N)]),
    (pa.decimal128(7, 2), [Decimal(i % 300) / 4 for i in range(N)]),
    (pa.date32(), [date(2020, 1 + i % 12, 1 + i % 28) for i in range(N)]),
    (pa.date64(), [date(2020, 1 + i % 12, 1 + i % 28) for i in range(N)]),
    (pa.timestamp("ns"), [datetime(2020, 1 + i % 12, 1, i % 24) for i in range(N)]),  # noqa: DTZ001
    (pa.timestamp("s", "Asia/Seoul"), [datetime(2020, 1 + i % 12, 1, i % 24) for i in range(N)]),  # noqa: DTZ001
    (pa.time32("s"), [time(i % 24, 3) for i in range(N)]),
    (pa.bool_(), [i % 3 == 0 for i in range(N)]),
    (pa.string(), [f"대{i % 5}" for i in range(N)]),
    (pa.large_string(), [f"LONG{i:07d}" for i in range(N)]),
    (pa.null(), [None] * N),
    (pa.dictionary(pa.int8(), pa.string()), [f"r{i % 4}" for i in range(N)]),
    (pa.dictionary(pa.int8(), pa.string()), [f"r{i % 120}-{i % 3}" for i in range(N)]),
    (pa.dictionary(pa.int16(), pa.int64()), [i % 9 for i in range(N)]),
)  # fmt: skip


def book_of(table: pa.Table, **how: Any) -> dummy.Codebook:
    return dummy.codebook(dummy.survey(table.schema, table.to_batches(), **{"least": 5, **how}))


def made_of(table: pa.Table, rows: int = 1000, seed: int = 1, **how: Any) -> pa.Table:
    return pa.Table.from_batches(list(dummy.drawn(book_of(table, **how), table.schema, rows, seed)))


@pytest.mark.parametrize(("type_", "values"), TYPES, ids=[f"{n}-{t}" for n, (t, _) in enumerate(TYPES)])
def test_every_plain_type_comes_out_as_it_went_in(type_: pa.DataType, values: list[Any]) -> None:
    plain = type_.value_type if pa.types.is_dictionary(type_) else type_
    column = pa.array(values, plain)
    table = pa.table({"x": column.dictionary_encode().cast(type_) if plain is not type_ else column})
    made = made_of(table)
    made.validate(full=True)
    assert made.schema == table.schema
    assert made.num_rows == 1000
    assert (made["x"].null_count == 1000) is pa.types.is_null(type_)
    assert _kept(made).schema == _kept(table).schema


def _kept(table: pa.Table) -> pa.Table:
    """As Parquet keeps it: which has no seconds of the day, for one."""
    file = io.BytesIO()
    pq.write_table(table, file)
    return pq.read_table(file)


@pytest.mark.parametrize(
    "type_",
    [pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.map_(pa.string(), pa.int64()), pa.binary(), pa.duration("s")],
    ids=str,
)  # fmt: skip
def test_columns_of_which_no_dummy_can_be_made_are_named(type_: pa.DataType) -> None:
    with pytest.raises(Invalid, match="inner") as wrong:
        dummy.survey(pa.schema([("inner", type_)]), [], least=5)
    assert wrong.value.code == "dummy.type"


def test_too_few_persons_are_refused_and_an_empty_table_too() -> None:
    few = pa.table({"p": ["a", "b"] * 500, "x": list(range(1000))})
    with pytest.raises(Invalid, match="15 persons"):
        book_of(few, person="p")
    assert book_of(few).columns[1].holds == "key"
    with pytest.raises(Invalid):
        book_of(few.slice(0, 0))


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(Invalid, match="nobody"):
        book_of(pa.table({"x": [1]}), person="nobody")


def test_shares_of_missing_values_come_in_steps() -> None:
    rng = np.random.default_rng(1)
    shares = {"none": 0.0, "some": 0.02, "third": 0.34, "nearly": 0.99}
    table = pa.table(
        {n: pa.array(rng.uniform(0, 9, 4000), mask=rng.random(4000) < s) for n, s in shares.items()}
    )
    told = {e.name: e.missing_percent for e in book_of(table).columns}
    assert told == {"none": 0, "some": 5, "third": 35, "nearly": 95}
    made = made_of(table, rows=4000)
    assert made["third"].null_count / 4000 == pytest.approx(0.35, abs=0.03)


def test_keys_stay_keys_and_persons_keep_about_their_rows() -> None:
    table = pa.table({"visit": list(range(4000)), "person": [f"P{i // 4:04d}" for i in range(4000)]})
    made = made_of(table, person="person", rows=3000)
    assert len(set(made["visit"].to_pylist())) == 3000
    persons = len(set(made["person"].to_pylist()))
    assert 3000 / persons == pytest.approx(book_of(table, person="person").rows_per_person, rel=0.1)
    assert book_of(table, person="person").rows_per_person in (2, 5)


def test_hidden_columns_name_no_value() -> None:
    table = pa.table({"doctor": ["김철수", "이영희"] * 300, "grade": [1, 2] * 300})
    assert book_of(table).columns[0].values == ("김철수", "이영희")
    hidden = book_of(table, hidden={"doctor", "grade"})
    assert [(e.holds, e.values) for e in hidden.columns] == [("text", ()), ("key", ())]
    survey = dummy.survey(table.schema, table.to_batches(), least=5)
    assert dummy.codebook(survey).hiding(frozenset({"doctor"}), survey).columns[0].values == ()


def test_it_streams_in_batches_and_is_the_same_however_it_came() -> None:
    rng = np.random.default_rng(2)
    table = pa.table(
        {"x": rng.integers(0, 1000, 5000), "c": rng.choice(["a", "b"], 5000), "v": rng.normal(size=5000)}
    )
    pieces = [dummy.codebook(dummy.survey(table.schema, table.to_batches(n), least=5)) for n in (700, 5000)]
    assert pieces[0] == pieces[1]
    long = list(dummy.drawn(pieces[0], table.schema, 150_000, 1))
    assert [b.num_rows for b in long] == [65_536, 65_536, 18_928]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(-1000, 1000)), min_size=1, max_size=300),
    st.integers(1, 6),
)
def test_trimmed_bounds_are_those_that_enough_persons_reach(pairs: list[tuple[int, int]], least: int) -> None:
    persons = np.array([p for p, _ in pairs], np.uint64)
    values = np.array([v for _, v in pairs])
    kept = Extremes(least)
    for start in range(0, len(pairs), 17):
        kept.add(values[start : start + 17], persons[start : start + 17])
    best = {p: [v for q, v in pairs if q == p] for p, _ in pairs}
    if len(best) < least:
        assert kept.trimmed is None
        return
    plain = sorted(min(v) for v in best.values())[least - 1], sorted(max(v) for v in best.values())[-least]
    assert kept.trimmed == plain


@given(st.floats(-1e12, 1e12), st.floats(0, 1e12), st.booleans())
def test_ranges_are_rounded_outward_and_not_far(low: float, span: float, whole: bool) -> None:
    high = low + span
    if whole:
        low, high = math.floor(low), math.floor(high)
    bounds = dummy_coarse.number_range(low, high, whole)
    assert bounds[0] <= low + 1e-9 * abs(low) + 1e-9
    assert bounds[1] >= high - 1e-9 * abs(high) - 1e-9
    assert bounds[1] - bounds[0] <= max(1.5 * (high - low), abs(low) / 2, 2) + 1e-6


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.floats(0, 3e9))  # noqa: DTZ001
def test_instants_are_rounded_outward_by_the_calendar(low: datetime, seconds: float) -> None:
    from datetime import timedelta

    high = low + timedelta(seconds=seconds)
    bounds = dummy_coarse.instant_range(low, high)
    assert bounds[0] <= low
    assert high <= bounds[1]
    assert bounds[0].second == bounds[0].microsecond == 0 or seconds < 120


@given(st.text(max_size=60))
def test_a_form_makes_texts_of_the_same_form(text: str) -> None:
    form = form_of(text)
    made = made_text(form, 7, "salt")
    if not form.startswith("text "):
        assert len(made) == len(text) or form in ("email", "uuid")
    assert made == made_text(form, 7, "salt")


def test_counts_of_distinct_values_are_near() -> None:
    counted = Distinct()
    for start in range(0, 200_000, 10_000):
        counted.add(hashes_of(pa.array([f"사람{i}" for i in range(start, start + 10_000)])))
    assert counted.count == pytest.approx(200_000, rel=0.06)
    few = Few(3)
    few.add(hashes_of(pa.array(["a", "b", None, None, "a"])))
    assert few.enough


NARROW = [
    *(pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int64(), pa.uint64(), pa.float16(), pa.float32()),
    *(pa.decimal128(p, s) for p, s in ((1, 0), (2, 1), (3, 3), (5, 2), (4, -1), (38, 2), (38, 0))),
    pa.decimal256(70, 5),
]


@given(
    st.sampled_from(NARROW),
    st.integers(30, 400),
    st.integers(1, 400),
    st.floats(0, 1),
    st.sampled_from(["person", "hidden", "plain"]),
)
def test_a_column_of_few_possible_numbers_has_a_dummy_whatever_it_is_to_be(
    type_: pa.DataType, rows: int, distinct: int, size: float, part: str
) -> None:
    low, high = _span(type_)
    step = max(1, int((high - low) * size) // distinct)
    numbers = [min(high, low + (i % distinct) * step) for i in range(rows)]
    if pa.types.is_decimal(type_):
        with localcontext(prec=80):
            values = [Decimal(n).scaleb(-type_.scale) for n in numbers]
    else:
        values = [float(n) if pa.types.is_floating(type_) else n for n in numbers]
    column = pa.array(values) if pa.types.is_decimal(type_) else pa.array(values, type_)
    table = pa.table({"x": column.cast(type_)})
    how = {"person": {"person": "x"}, "hidden": {"hidden": {"x"}}, "plain": {}}[part]
    if part == "person" and len(set(table["x"].to_pylist())) < 15:
        with pytest.raises(Invalid, match="15 persons"):
            book_of(table, **how)
        return
    book = book_of(table, **how)
    made = pa.Table.from_batches(list(dummy.drawn(book, table.schema, 500, 1)))
    made.validate(full=True)
    assert made.schema == table.schema
    assert made.num_rows == 500


def _span(type_: pa.DataType) -> tuple[int, int]:
    """Least and largest, in steps of its last place."""
    if pa.types.is_decimal(type_):
        return 1 - 10**type_.precision, 10**type_.precision - 1
    if pa.types.is_floating(type_):
        return -60_000, 60_000
    signed = pa.types.is_signed_integer(type_)
    return (-(2 ** (type_.bit_width - 1)) if signed else 0), 2 ** (type_.bit_width - signed) - 1


def test_a_short_key_of_narrow_numbers_stays_a_key() -> None:
    table = pa.table({"bed": pa.array(range(-100, 100), pa.int8()), "x": [1, 2] * 100})
    book = book_of(table)
    assert book.columns[0].holds == "key"
    made = pa.Table.from_batches(list(dummy.drawn(book, table.schema, 200, 1)))
    assert len(set(made["bed"].to_pylist())) == 200
    persons = made_of(table, person="bed", rows=1000)
    assert set(persons["bed"].to_pylist()) == set(range(-128, 128)), "more rows than numbers: they come again"


def test_a_long_key_never_comes_twice_however_many_batches_it_takes() -> None:
    book = dummy.Codebook("rows", 5, 1_000_000, 1, (dummy.Entry("n", "int64", "key", forms=("d6",)),))
    schema = pa.schema([("n", pa.int64())])
    drawn = np.concatenate([b["n"].to_numpy() for b in dummy.drawn(book, schema, 1_000_000, 1)])
    assert len(np.unique(drawn)) == 1_000_000
