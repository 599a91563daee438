"""How much a script that fails can tell its author past the reviewers: no more than the threat model states."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.kinds import analyse
from dalgubeol.kinds.analyse import raise_unless_ok
from dalgubeol.kinds.contract import Conditions, ScriptOutcome
from dalgubeol.kinds.findings_told import MOST_TOLD
from dalgubeol.kinds.findings_told import told as told_of_findings
from dalgubeol.verbs.airlock import trying
from dalgubeol.world.sandbox import runner
from dalgubeol.world.sandbox.bubblewrap import Backend
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import SCRIPT_BYTES, run_script
from dalgubeol.world.sandbox.selftest import choose_backend

STATED = Path(__file__).parents[2] / "docs/explanation/threat-model.md"
BITS = {"class": 7, "line": 20, "left": 11, "wall": 19}
SMALL_WHERE_A_BIT_IS_SET = """
import pyarrow.parquet as pq
costs = pq.read_table("/data/data.parquet")["cost"].to_pylist()
with open("t.csv", "w") as file:
    print(",".join(f"c{at}" for at in range(16)), file=file)
    for cost in costs:
        print(",".join("3" if cost >> at & 1 else "300" for at in range(16)), file=file)
"""


@pytest.fixture(scope="module")
def backend() -> Backend:
    return choose_backend()


def told(outcome: ScriptOutcome) -> Any:
    with pytest.raises(Invalid) as error:
        raise_unless_ok(outcome, Conditions())
    return error.value.detail.values


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.integers(0, 1 << 50), st.sampled_from(["error", "limit"]))
def test_what_is_left_of_the_limits_is_told_in_eleven_steps(
    wall_s: float, cpu_s: float, peak_bytes: int, status: str
) -> None:
    values = told(ScriptOutcome(status, "ValueError", 3, "wall", cpu_s, peak_bytes, (), wall_s))
    assert set(values["left"].values.values()) <= set(range(0, 101, 10))


def test_the_stated_bits_are_what_the_tables_allow() -> None:
    assert math.log2(len(runner.EXCEPTIONS)) <= BITS["class"]
    assert math.log2(len(runner.LIMITS)) < 3
    assert math.log2(SCRIPT_BYTES) <= BITS["line"]
    assert 3 * math.log2(11) <= BITS["left"]
    assert math.log2(1000 * Conditions().wall_s) <= BITS["wall"]
    text = STATED.read_text(encoding="utf-8")
    assert "## What a script can tell its author past the reviewers" in text
    for bits in ("7 bits", "20 bits", "10 bits", "18 bits for 300 s"):
        assert bits in text


@pytest.mark.parametrize("secret", [1, 2, 77, 255])
def test_a_number_that_is_left_as_the_exit_status_is_told_as_not_0_and_no_more(
    backend: Backend, secret: int
) -> None:
    limits = Limits(wall_s=20, cpu_s=20)
    for way in (f"import sys; sys.exit({secret})\n", f"import os; os._exit({secret})\n"):
        ended = run_script(way.encode(), {}, limits, 1, backend=backend)
        assert (ended.status, ended.exception, ended.limit) == ("error", "SystemExit", None)
        assert ended.line in (None, 1)


def test_a_script_cannot_make_up_a_class_a_line_or_a_limit(backend: Backend) -> None:
    """It may write whatever it likes into what it shares with process 1: what is no class or line is not told."""
    script = (
        "import ctypes, gc, mmap\n"
        "for each in gc.get_objects():\n"
        "    if isinstance(each, mmap.mmap): each[:] = b'\\xff' * len(each)\n"
        "import os; os._exit(1)\n"
    )
    ended = run_script(script.encode(), {}, Limits(wall_s=20, cpu_s=20), 1, backend=backend)
    assert ended.exception is None or ended.exception in runner.EXCEPTIONS
    assert ended.line is None or 1 <= ended.line <= 4
    assert ended.limit is None or ended.limit in runner.LIMITS


def test_the_places_of_findings_tell_no_column_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table with a small count wherever a bit of the data is set: held, but its author is told where."""
    costs = [1000 + at * 7919 % 60_000 for at in range(600)]
    mark = {"of": {"id": "ds-1", "name": "claims-p"}, "edition": 1, "seed": 1}
    data = pa.table({"cost": costs}).replace_schema_metadata({trying.MARK: json.dumps(mark)})
    pq.write_table(data, tmp_path / "d.parquet")

    def read_off() -> list[int]:
        found = trying.tried(SMALL_WHERE_A_BIT_IS_SET.encode(), tmp_path / "d.parquet")
        assert found.error is None, found.log
        assert any(each.get("holds", True) for each in found.findings)
        read = [0] * len(costs)
        for each in found.findings:
            if each["code"] == "small_cell":
                read[int(str(each["row"])) - 1] |= 1 << int(str(each["column"])) - 1
        return read

    with monkeypatch.context() as patch:
        patch.setattr(analyse, "told", list)
        assert read_off() == costs
    assert sum(each.bit_count() for each in read_off()) <= MOST_TOLD


def test_some_of_every_kind_of_finding_are_told_and_none_that_holds_is_lost_for_one_that_does_not() -> None:
    def found(code: str, file: int, row: int, holds: bool = True) -> dict[str, object]:
        return {"code": code, "file": file, "row": row, "column": 1, "holds": holds, "message": "m"}

    notes = [found("unchecked", 1, at, False) for at in range(50)]
    cells = [found("small_cell", 1, at) for at in range(900)]
    others = [found("linked", 2, 7), found("raw_row", 3, 8)]
    kept = told_of_findings([*notes, *cells, *others])
    assert len(kept) == MOST_TOLD + 1
    assert all(each in kept for each in (*others, notes[0], cells[0]))
    assert kept[-1]["code"] == "more"
    assert not kept[-1]["holds"]
    assert "900" not in str(kept[-1]["message"])
    assert told_of_findings(cells[:40]) == cells[:40]
