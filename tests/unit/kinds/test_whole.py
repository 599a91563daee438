"""A table that would take more memory than there is, is refused before it is read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.kinds import whole
from dalgubeol.kinds.pseudonymise import Pseudonymise

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
