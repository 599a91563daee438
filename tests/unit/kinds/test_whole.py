"""A table that would take more memory than there is, is refused before it is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.kinds import whole
from dalgubeol.kinds.pseudonymise import Pseudonymise
from dalgubeol.nouns.dataset import Dataset

from .test_pseudonymise import AGE, HEAD, PERSON, InMemory, people

TOGETHER = '[columns.cost]\nrole = "plain"\n[columns.days]\nrole = "plain"\n[[microaggregate]]\ncolumns = ["cost", "days"]\nk = 3\n'


def work(rows: int = 1) -> InMemory:
    table = pa.concat_tables([people()] * rows)
    table = table.append_column("days", pa.array([i % 30 for i in range(table.num_rows)]))
    return InMemory(table, {"policy": HEAD + PERSON + AGE + TOGETHER})


LOCAL = HEAD.replace("[search]", '[search]\nrecoding = "local"') + PERSON + AGE


def test_what_fits_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "free_bytes", lambda: 1_000_000_000)
    small = InMemory(people(), {"policy": LOCAL})
    Pseudonymise().execute(small)  # type: ignore[arg-type]
    assert small.written["pseudonymised"][0].num_rows > 0


def test_what_does_not_fit_is_refused_and_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of local recoding the tuples are held."""
    monkeypatch.setattr(whole, "free_bytes", lambda: 200_000_000)
    large = InMemory(people(), {"policy": LOCAL})
    with pytest.raises(Invalid, match=r"need about 0\.3 GB of memory, and 0\.2 GB are free") as refused:
        Pseudonymise().execute(large)  # type: ignore[arg-type]
    assert "more memory" in str(refused.value.next_step)
    assert not large.written


CROWD = HEAD.replace("k = 2\n", "k = 2\nMODEL\n") + PERSON + AGE
K_MAP, PRESENCE = "k_map = 3", "presence = {lowest = 0.0, highest = 0.9}"
DIVERSE = 'diversity = [{column = "cost", l = 2}]'


class Counted(InMemory):
    """Its tables say how many rows they have, and are not read."""

    def __init__(self, *given: Any, **rows: int) -> None:
        super().__init__(*given)
        self.rows = {"data": 48, "population": 48, **rows}

    def dataset(self, slot: str) -> Dataset:
        return replace(super().dataset(slot), rows=self.rows[slot])

    def batches(
        self, slot: str, rows: int = 7, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        raise AssertionError("it was read")


@pytest.mark.parametrize("slot", ["data", "population"])
@pytest.mark.parametrize("model", [K_MAP, PRESENCE])
def test_a_population_that_does_not_fit_is_refused_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, model: str, slot: str
) -> None:
    monkeypatch.setattr(whole, "free_bytes", lambda: 8_000_000_000)
    large = Counted(people(), {"policy": CROWD.replace("MODEL", model)}, people(), **{slot: 90_000_000})
    with pytest.raises(Invalid, match=r"90000048 rows need about .* GB of memory, and 8\.0 GB are free") as refused:  # fmt: skip
        Pseudonymise().execute(large)  # type: ignore[arg-type]
    assert "population_count" in str(refused.value.next_step)


def test_a_population_that_fits_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "free_bytes", lambda: 1_000_000_000)
    small = InMemory(people(), {"policy": CROWD.replace("MODEL", K_MAP)}, people())
    Pseudonymise().execute(small)  # type: ignore[arg-type]
    assert small.written["pseudonymised"][0].num_rows > 0


def test_what_is_asked_of_classes_beyond_persons_is_refused_too_where_it_does_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows alone are counted, and need no tuples: there is nothing to refuse."""
    monkeypatch.setattr(whole, "free_bytes", lambda: 8_000_000_000)
    more = '[columns.cost]\nrole = "sensitive"\n'
    diverse = Counted(people(), {"policy": CROWD.replace("MODEL", DIVERSE) + more}, data=90_000_000)
    with pytest.raises(Invalid, match="GB are free") as refused:
        Pseudonymise().execute(diverse)  # type: ignore[arg-type]
    assert "population_count" not in str(refused.value.next_step)
    plain = Counted(people(), {"policy": CROWD.replace("MODEL", "strict_risk = 0.4")}, data=90_000_000)
    with pytest.raises(AssertionError, match="it was read"):
        Pseudonymise().execute(plain)  # type: ignore[arg-type]


def test_columns_grouped_together_need_no_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "free_bytes", lambda: 200_000_000)
    grouped = work()
    Pseudonymise().execute(grouped)  # type: ignore[arg-type]
    assert grouped.written["pseudonymised"][0].num_rows > 0


def test_more_rows_need_more() -> None:
    assert whole._size(work(200), "data") > 100 * whole._size(work(1), "data") > 0  # type: ignore[arg-type]


def test_the_control_group_counts_where_it_allows_less(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(whole, "_CONTROL_GROUP", tmp_path)
    of_machine = whole.free_bytes()
    (tmp_path / "memory.max").write_text("3000\n")
    (tmp_path / "memory.current").write_text("1500\n")
    (tmp_path / "memory.stat").write_text(
        "anon 1000\ninactive_file 300\nactive_file 200\n"
    )  # given back when needed
    assert whole.free_bytes() == 2000
    (tmp_path / "memory.max").write_text("max\n")
    assert of_machine is None or (whole.free_bytes() or 0) > 2000
