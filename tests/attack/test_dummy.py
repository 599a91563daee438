"""A dummy tells nothing of anybody: what was planted does not come out, and one person more changes nothing.

Each attack is first made where the defence is off (a threshold of one person), and succeeds there.
"""

from __future__ import annotations

# ruff: noqa: DTZ001 - instants of a column tell the time by its own clock
import json
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.methods.disclosure.dummy import dummy
from dalgubeol.methods.disclosure.dummy.dummy import Codebook

LEAST = 10
ROWS = 3000
CANARIES = (
    "희귀병-카나리아", "SEOUL ", "987654321", "1899-01-07", "1899-01-01", "2031-05-05", "2031-06-01", "2031-01-01",
    "말 못 할 사연이 있는 카나리아", "-77777", "KANARI", "42.125",
)  # fmt: skip


def planted(persons: int = 1000) -> pa.Table:
    """Three rows a person; the last person has everything that must not come out."""
    rng = np.random.default_rng(5)
    n = 3 * persons
    day = [date(2020, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 900, n)]
    at = [datetime(2024, 1, 1) + timedelta(seconds=int(s)) for s in rng.integers(0, 8_000_000, n)]
    columns: dict[str, list[Any]] = {
        "person": [f"P{i // 3:05d}" for i in range(n)],
        "disease": rng.choice(["찰과상", "골절", "화상"], n).tolist(),
        "city": rng.choice(["Seoul", "Daegu"], n).tolist(),
        "cost": rng.integers(0, 50_000, n).tolist(),
        "hours": rng.uniform(0, 60, n).round(1).tolist(),
        "grade": rng.integers(1, 6, n).tolist(),
        "day": day, "at": at, "full_1": rng.integers(0, 2, n).tolist(), "full_2": rng.integers(0, 2, n).tolist(),
        "story": [f"작업 중 {i} 번째 넘어짐" for i in range(n)],
        "code": [f"A-{i % 400:04d}" for i in range(n)],
    }  # fmt: skip
    last: dict[str, Any] = {
        "disease": "희귀병-카나리아", "city": "SEOUL ", "cost": 987_654_321, "hours": -77777.5, "grade": 42,
        "day": date(1899, 1, 7), "at": datetime(2031, 5, 5, 5, 5, 5), "full_1": None, "full_2": None,
        "story": "말 못 할 사연이 있는 카나리아", "code": "KANARI/7",
    }  # fmt: skip
    for name, value in last.items():
        columns[name][-3:] = [value] * 3
    return pa.table(columns)


def book_of(table: pa.Table, least: int = LEAST, person: str | None = "person") -> Codebook:
    return dummy.codebook(dummy.survey(table.schema, table.to_batches(1000), least=least, person=person))


def rows_of(table: pa.Table, book: Codebook, rows: int = ROWS, seed: int = 3) -> pa.Table:
    return pa.Table.from_batches(list(dummy.drawn(book, table.schema, rows, seed)), table.schema)


def everything(table: pa.Table, book: Codebook) -> str:
    """The codebook and all rows of the dummy as one text."""
    made = rows_of(table, book)
    texts = [str(v) for name in made.column_names for v in made[name].to_pylist()]
    return json.dumps(book.as_json(), ensure_ascii=False) + "\n".join(texts)


def test_nothing_planted_comes_out_and_all_of_it_would_without_the_threshold() -> None:
    table = planted()
    open_ = json.dumps(book_of(table, least=1).as_json(), ensure_ascii=False)
    shown = {each.name: each for each in book_of(table, least=1).columns}
    assert "희귀병-카나리아" in open_
    assert "SEOUL " in open_
    assert shown["cost"].high >= 987_654_321  # type: ignore[operator]
    assert shown["hours"].low <= -77777  # type: ignore[operator]
    assert str(shown["day"].low) < "1900"
    assert str(shown["at"].high) > "2031"
    assert shown["full_1"].missing_percent > 0
    told = everything(table, book_of(table))
    assert [canary for canary in CANARIES if canary in told] == []
    entries = {each.name: each for each in book_of(table).columns}
    assert entries["cost"].high == 50_000
    assert entries["hours"].low == 0
    assert entries["grade"].values == (1, 2, 3, 4, 5)
    assert str(entries["at"].high) < "2025"


def test_a_unique_pattern_of_missing_values_does_not_show() -> None:
    table = planted()
    made = rows_of(table, book_of(table))
    assert table["full_1"].null_count == 3
    assert made["full_1"].null_count == made["full_2"].null_count == 0


def test_many_rows_of_one_person_are_still_one_person() -> None:
    """A thousand rows with one value: by rows it is common, by persons it is not."""
    table = planted()
    one = pa.table(
        {"person": ["P-one"] * 1000, "disease": ["한 사람의 병"] * 1000, "cost": [88_888_888] * 1000}
    )
    both = pa.concat_tables([table.select(["person", "disease", "cost"]), one])
    by_rows = book_of(both, person=None)
    assert "한 사람의 병" in next(e.values for e in by_rows.columns if e.name == "disease")
    told = everything(both, book_of(both))
    assert "한 사람의 병" not in told
    assert "88888888" not in told
    assert next(e.high for e in book_of(both).columns if e.name == "cost") == 50_000


def test_a_value_of_nine_persons_stays_in_and_that_of_ten_comes_out() -> None:
    def with_persons(count: int) -> tuple[Any, ...]:
        table = pa.table({"p": list(range(1000)), "v": ["열 명"] * count + ["보통"] * (1000 - count)})
        return next(e.values for e in book_of(table, person="p").columns if e.name == "v")

    assert with_persons(LEAST - 1) == ("보통",)
    assert with_persons(LEAST) == ("보통", "열 명")


def test_that_somebody_has_a_rare_value_does_not_show_either() -> None:
    """Made-up labels stand in for rare values only where ten persons have such."""
    table = planted()
    disease = next(e for e in book_of(table).columns if e.name == "disease")
    assert not disease.others
    assert not set(dummy.OTHERS) & set(rows_of(table, book_of(table))["disease"].to_pylist())


def test_the_dummy_is_made_of_the_codebook_and_nothing_else() -> None:
    """Written out as JSON and read again, by somebody who has no data, it gives the same rows."""
    table = planted()
    book = book_of(table)
    again = Codebook.from_json(json.loads(json.dumps(book.as_json())))
    assert rows_of(table, again).equals(rows_of(table, book))
    assert not rows_of(table, book, seed=4).equals(rows_of(table, book))


def test_with_or_without_any_one_person_it_is_the_same() -> None:
    """For 51 persons of a table of 1,000: where the dummy differs, the codebook says which line was crossed."""
    table = planted()
    whole = book_of(table)
    made = rows_of(table, whole, rows=50)
    numbers = np.array([int(p[1:]) for p in table["person"].to_pylist()])
    crossed = 0
    for person in [*range(0, 1000, 20), 999]:
        without = book_of(table.filter(pa.array(numbers != person)))
        same = rows_of(table, without, rows=50).equals(made)
        assert same is (without == whole)
        crossed += not same
    assert crossed <= 3, f"{crossed} of 51 persons show"


def test_with_the_defence_off_one_person_shows() -> None:
    table = planted()
    without = table.slice(0, table.num_rows - 3)
    assert book_of(table, least=1) != book_of(without, least=1)
    assert book_of(table) == book_of(without)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    kinds=st.lists(st.sampled_from(["whole", "fraction", "day", "text"]), min_size=3, max_size=5),
)
def test_no_real_row_comes_out_beyond_chance(seed: int, kinds: list[str]) -> None:
    """Three columns or more with 100 values each: two tables of 400 and 500 rows meet in at most a few by chance."""
    rng = np.random.default_rng(seed)
    n, makers = 400, {
        "whole": lambda: rng.integers(0, 100, n),
        "fraction": lambda: rng.integers(0, 1000, n) / 10,
        "day": lambda: np.datetime64("2020-01-01") + rng.integers(0, 300, n),
        "text": lambda: np.array([f"글 {i} 하나" for i in rng.integers(0, 10**6, n)]),
    }  # fmt: skip
    table = pa.table({f"c{i}": pa.array(makers[kind]()) for i, kind in enumerate(kinds)})
    made = rows_of(table, book_of(table, person=None), rows=500, seed=seed % 1000)
    real = set(zip(*(table[c].to_pylist() for c in table.column_names), strict=True))
    met = sum(row in real for row in zip(*(made[c].to_pylist() for c in made.column_names), strict=True))
    assert met <= 5  # expected 400 * 500 / 100^3 = 0.2; 5 or fewer in all but one of 10^6 tables


@pytest.mark.parametrize("as_number", [False, True])
def test_resident_numbers_are_made_up_with_a_date_that_there_is_not(as_number: bool) -> None:
    from dalgubeol.methods.privacy.columns.korean import resident_number, with_leading_zeros

    real = [f"{50 + i % 49:02d}{1 + i % 12:02d}{1 + i % 28:02d}1{i:06d}" for i in range(500)]
    if as_number:
        table = pa.table({"rrn": [int(r) for r in real], "x": list(range(500))})
        made = [
            with_leading_zeros(str(v)) for v in rows_of(table, book_of(table, person=None))["rrn"].to_pylist()
        ]
    else:
        table = pa.table({"rrn": [f"{r[:6]}-{r[6:]}" for r in real], "x": list(range(500))})
        made = rows_of(table, book_of(table, person=None))["rrn"].to_pylist()
    assert all(resident_number(r) is not None for r in real)
    assert len(set(made)) == ROWS
    assert [m for m in made if resident_number(m) is not None] == []
    assert {len(m) for m in made} == ({13} if as_number else {14})


def test_identifiers_keep_their_form_and_no_real_one_comes_out() -> None:
    rng = np.random.default_rng(9)
    phones = [f"010-{rng.integers(2000, 9999)}-{rng.integers(0, 9999):04d}" for _ in range(400)]
    mails = [f"user{i}@hospital.kr" for i in range(400)]
    tokens = [rng.bytes(16).hex() for _ in range(400)]
    table = pa.table({"phone": phones, "mail": mails, "token": tokens})
    made = rows_of(table, book_of(table, person=None))
    for name in table.column_names:
        assert not set(made[name].to_pylist()) & set(table[name].to_pylist())
    assert all(p.startswith("000-0") and len(p) == 13 for p in made["phone"].to_pylist())
    assert all(m.endswith(".invalid") for m in made["mail"].to_pylist())
    assert all(len(t) == 32 for t in made["token"].to_pylist())


def test_one_event_of_a_series_does_not_show() -> None:
    """A fault of two minutes in a day: hundreds of samples, one event."""
    n = 86_400
    level = 50 + 5 * np.sin(np.arange(n) / 500)
    level[40_000:40_120] = 999.0
    times = np.datetime64("2024-05-01T00:00:00", "us") + np.arange(n) * np.timedelta64(1, "s")
    table = pa.table({"at": pa.array(times), "level": pa.array(level)})
    found = dummy.survey(table.schema, table.to_batches(10_000), least=LEAST, series_rows=n)
    book = dummy.codebook(found)
    assert 55 <= book.columns[1].high < 100  # type: ignore[operator]
    assert (book.columns[0].holds, book.columns[0].every_s) == ("sampling", 1.0)
    made = rows_of(table, book)
    assert set(np.diff(made["at"].to_numpy()).tolist()) == {timedelta(seconds=1)}
    assert max(made["level"].to_pylist()) < 100
    by_rows = dummy.codebook(dummy.survey(table.schema, table.to_batches(10_000), least=LEAST))
    assert by_rows.columns[1].high >= 999  # type: ignore[operator]
