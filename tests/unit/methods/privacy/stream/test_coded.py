"""A table that was read in pieces and kept as codes is measured as the table held whole is: the same figures."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy import grouping
from dalgubeol.methods.privacy.grouping import group, group_anyhow
from dalgubeol.methods.privacy.measure.assessment import assess
from dalgubeol.methods.privacy.stream.coded import coded_table

MISSING = st.none()
COLUMNS: dict[str, tuple[pa.DataType, Any]] = {
    "age": (pa.int64(), MISSING | st.integers(20, 26)),
    "town": (pa.string(), MISSING | st.sampled_from(["a", "b", "서", " "])),
    "height": (pa.float64(), MISSING | st.sampled_from([0.0, -0.0, 1.5, math.nan, 170.25])),
    "born": (pa.date32(), st.sampled_from([date(2000, 1, 1), date(2000, 1, 2)])),
    "well": (pa.bool_(), st.booleans()),
    "cost": (pa.int64(), st.integers(0, 10**6)),
    "none": (pa.string(), MISSING),
}


@st.composite
def pairs_of_tables(draw: st.DrawFn) -> tuple[pa.Table, pa.Table]:
    rows = draw(st.integers(12, 60))
    persons = draw(st.integers(1, rows))
    made = {n: pa.array([draw(values) for _ in range(rows)], type_) for n, (type_, values) in COLUMNS.items()}
    before = pa.table({"person": [f"P{i % persons}" for i in range(rows)], **made})
    kept = draw(st.integers(10, rows))
    bands = [None if a is None else f"[{a // 5 * 5}, {a // 5 * 5 + 5})" for a in before["age"].to_pylist()]
    after = before.set_column(1, "age", pa.array(bands, pa.string())).slice(rows - kept)
    return before, after.set_column(2, "town", pa.array(draw(st.sampled_from([["*"] * kept, after["town"].to_pylist()])), pa.string()))  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(pairs_of_tables(), st.integers(1, 70), st.booleans(), st.booleans())
def test_an_assessment_of_a_stream_is_that_of_the_whole_table(
    tables: tuple[pa.Table, pa.Table], piece: int, hashed: bool, by_person: bool
) -> None:
    asked: dict[str, Any] = {
        "person": "person" if by_person else None, "k": 3, "sensitive": ["town", "cost", "height"], "population": 500,
    }  # fmt: skip
    quasi = ["age", "born", "height", "none"]
    whole = assess(*tables, quasi, **asked)
    coded = [coded_table(t.to_batches(piece)) for t in tables]
    assert all(pa.types.is_dictionary(f.type) for t in coded for f in t.schema)
    with mock.patch.object(grouping, "_HASHED_FROM", 1 if hashed else 10**9):
        streamed = assess(*coded, quasi, **asked)
    same(whole, streamed, "assessment")


def test_what_can_be_learnt_is_the_same_too() -> None:
    rng = np.random.default_rng(4)
    ill = rng.random(400) < 0.4
    table = pa.table({"ill": ill, "cost": np.where(ill, 50, 20) + rng.integers(0, 40, 400), "town": rng.choice(["a", "b"], 400)})  # fmt: skip
    after = table.slice(5)
    whole = assess(table, after, ["town"], target="ill", seed=2).prediction
    streamed = assess(coded_table(table.to_batches(33)), coded_table(after.to_batches(50)), ["town"], target="ill", seed=2).prediction  # fmt: skip
    assert whole is not None
    assert whole.before.best > whole.before.baseline + 0.05
    same(whole, streamed, "prediction")


def same(a: Any, b: Any, where: str) -> None:
    assert type(a) is type(b), where
    if is_dataclass(a):
        for each in fields(a):
            same(getattr(a, each.name), getattr(b, each.name), f"{where}.{each.name}")
    elif isinstance(a, tuple):
        assert len(a) == len(b), where
        for i, (one, other) in enumerate(zip(a, b, strict=True)):
            same(one, other, f"{where}[{i}]")
    elif isinstance(a, np.ndarray):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, err_msg=where)
    elif isinstance(a, float):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-9, nan_ok=True), where
    else:
        assert a == b, where


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**40)), max_size=200), st.booleans())
def test_hashing_groups_as_sorting_does(rows: list[tuple[int, int]], hashed: bool) -> None:
    columns = [np.array([row[a] for row in rows], t) for a, t in enumerate((np.uint8, np.int64))]
    widths = [4, 2**40 + 1]
    member, number = group(columns, widths)
    with mock.patch.object(grouping, "_HASHED_FROM", 1 if hashed else 10**9):
        first, anyhow = group_anyhow(columns, widths)
    assert len(first) == len(member) == len(set(rows))
    assert [rows[first[n]] for n in anyhow] == rows == [rows[member[n]] for n in number]


def test_codes_take_as_few_bytes_as_they_can_and_keep_values_and_types() -> None:
    table = pa.table(
        {"few": ["a", None, "b"] * 100, "many": list(range(300)), "x": [1.5, math.nan, 2.0] * 100}
    )
    coded = coded_table(table.to_batches(7))
    assert [str(f.type.index_type) for f in coded.schema] == ["uint8", "uint16", "uint8"]
    assert coded["few"].to_pylist() == table["few"].to_pylist()
    assert coded["many"].to_pylist() == table["many"].to_pylist()
    assert coded["x"].to_pylist()[:3] == [1.5, None, 2.0]


def test_columns_without_text_are_refused_by_name() -> None:
    with pytest.raises(Invalid, match="inner"):
        coded_table(pa.table({"inner": [[1], [2]]}).to_batches())
