"""Counts of a table that is read in batches: exact before the noise, whoever has how many rows in whatever batch, and
in memory that grows with the groups and not with the rows."""

from __future__ import annotations

import io
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid, Refused
from dalgubeol.kinds.archive import unpack
from dalgubeol.kinds.count import Count
from dalgubeol.language import Message
from dalgubeol.methods.privacy.steps import private_counts
from dalgubeol.methods.privacy.stream import survey
from dalgubeol.nouns.dataset import Column, Dataset, DatasetState, Form, Sensitivity

AREAS = ("north", "south")
ASKED = {"groups": {"area": AREAS}, "epsilon": 0.5, "context": "people by area"}


class OfBatches:
    """The part of a Work that this kind uses; the table is never given whole."""

    def __init__(self, parameters: Mapping[str, Any], rows: int, names: Sequence[str], made: Any) -> None:
        self.parameters = Count.Parameters.model_validate(parameters)
        self.seed, self.rows, self._names, self._made = 7, rows, names, made
        self.told = False
        self.written: tuple[bytes, Mapping[str, Any]] | None = None

    def dataset(self, slot: str) -> Dataset:
        columns = tuple(Column(name, "", None) for name in self._names)
        return Dataset(
            "ds-1", "claims", Form.TABLE, Sensitivity.PERSONAL, False, "person-1", "org", columns, self.rows, 0,
            "0", DatasetState.KEPT, "2026-01-01T00:00:00.000+00:00",
        )  # fmt: skip

    def batches(self, slot: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        for batch in self._made():
            yield batch.select(list(columns))

    def progress(self, fraction: float, stage: Message) -> None:
        assert 0 <= fraction <= 1

    def telling(self) -> None:
        self.told = True

    def write_bytes(self, output: str, content: bytes | Iterable[bytes], about: Mapping[str, Any]) -> None:
        assert isinstance(content, bytes)
        self.written = content, about


def of(table: pa.Table, parameters: Mapping[str, Any], rows: int = 3) -> OfBatches:
    return OfBatches(parameters, table.num_rows, table.column_names, lambda: iter(table.to_batches(max_chunksize=rows)))  # fmt: skip


@pytest.fixture(autouse=True)
def _no_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opendp", reason="extra `noise` is not installed")
    monkeypatch.setattr(private_counts, "released", lambda dp, exact, *_: (exact.tolist(), 1.0))


def counted(work: OfBatches) -> dict[str, int]:
    Count().execute(work)  # type: ignore[arg-type]
    assert work.told
    assert work.written is not None
    lines = unpack(io.BytesIO(work.written[0]))["counts.csv"].decode().splitlines()[1:]
    return {line.split(",")[0]: int(line.split(",")[1]) for line in lines}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([*AREAS, "west"])), min_size=1, max_size=40),
    st.integers(1, 4),
    st.integers(1, 9),
    st.integers(1, 50),
)
def test_a_person_counts_with_so_many_rows_and_no_more(
    rows: list[tuple[int, str]], most: int, batch: int, held: int
) -> None:
    """In whatever batches the rows come, and in however many shares the persons are taken: the same of her rows count,
    as many as may."""
    table = pa.table({"who": [f"P{who}" for who, _ in rows], "area": [area for _, area in rows]})
    asked = {**ASKED, "person": "who", "rows_per_person": most}
    with pytest.MonkeyPatch.context() as patched:
        whole = counted(of(table, asked, rows=len(rows)))
        patched.setattr(private_counts, "HELD_ROWS", held)
        assert counted(of(table, asked, rows=batch)) == whole
    has = Counter(who for who, _ in rows)
    here = Counter(who for who, area in rows if area in AREAS)
    fewest = sum(max(0, min(has[who], most) - (has[who] - here[who])) for who in has)
    assert fewest <= sum(whole.values()) <= sum(min(here[who], most) for who in has)


def test_where_every_row_is_a_person_all_rows_count() -> None:
    table = pa.table({"area": ["north"] * 5 + ["south"] * 3 + [None, "west"]})
    assert counted(of(table, ASKED)) == {"north": 5, "south": 3}


def test_a_table_without_rows_has_counts_of_nobody() -> None:
    assert counted(of(pa.table({"area": pa.array([], pa.string())}), ASKED)) == {"north": 0, "south": 0}


def test_a_column_that_is_not_there_is_named_before_anything_is_read() -> None:
    work = of(pa.table({"area": ["north"]}), {**ASKED, "person": "nobody"})
    work._made = lambda: pytest.fail("it was read")
    with pytest.raises(Invalid, match="nobody"):
        Count().execute(work)  # type: ignore[arg-type]


def test_groups_of_direct_identifiers_are_refused_and_no_noise_is_drawn() -> None:
    phones = [f"010-1234-{n:04d}" for n in range(60)]
    work = of(pa.table({"phone": phones}), {**ASKED, "groups": {"phone": phones[:2]}})
    with pytest.raises(Refused, match="phone"):
        Count().execute(work)  # type: ignore[arg-type]
    assert not work.told
    assert work.written is None


@pytest.mark.parametrize("person", [None, "who"])
def test_memory_does_not_grow_with_the_rows(person: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the rows; where persons are named, in ten shares of them."""
    monkeypatch.setattr(private_counts, "HELD_ROWS", 3_000)
    monkeypatch.setattr(survey, "SAMPLE_ROWS", 500)
    monkeypatch.setattr(private_counts, "_WAITING_ROWS", 600)
    peaks = []
    for rows in (3_000, 3_000, 30_000):  # the first time is not looked at: what is imported is no table

        def made(rows: int = rows) -> Iterator[pa.RecordBatch]:
            for begun in range(0, rows, 300):
                who = np.arange(begun, begun + 300)
                yield pa.record_batch({"who": pa.array(who), "area": pa.array([AREAS[n % 2] for n in who])})

        work = OfBatches({**ASKED, "person": person}, rows, ("who", "area"), made)
        tracemalloc.start()
        assert sum(counted(work).values()) == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.5 * peaks[1]
