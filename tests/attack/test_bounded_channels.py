"""How much a script that fails can tell its author past the reviewers: no more than the threat model states."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.kinds.analyse import raise_unless_ok
from dalgubeol.kinds.contract import Conditions, ScriptOutcome
from dalgubeol.world.sandbox import runner
from dalgubeol.world.sandbox.bubblewrap import Backend
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import SCRIPT_BYTES, run_script
from dalgubeol.world.sandbox.selftest import choose_backend

STATED = Path(__file__).parents[2] / "docs/explanation/threat-model.md"
BITS = {"class": 7, "line": 20, "left": 11, "wall": 19}


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
