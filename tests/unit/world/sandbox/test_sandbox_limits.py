"""What limits can be asked for."""

from __future__ import annotations

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.world.sandbox.limits import Limits


@pytest.mark.parametrize(
    ("field", "value"),
    [("wall_s", 0), ("wall_s", float("nan")), ("wall_s", float("inf")), ("cpu_s", 0), ("cpu_s", 1.5),
     ("memory_bytes", 1 << 20), ("processes", 0), ("processes", True), ("output_files", -1),
     ("output_bytes", 1 << 60)],
)  # fmt: skip
def test_a_limit_that_cannot_be_enforced_is_invalid_and_named(field: str, value: float) -> None:
    with pytest.raises(Invalid) as caught:
        Limits(**{field: value})  # type: ignore[arg-type]
    assert caught.value.code == f"invalid.limits.{field}"


@pytest.mark.parametrize(("processes", "threads"), [(1, 1), (8, 2), (16, 4), (4096, 4)])
def test_numerical_libraries_are_told_to_stay_below_the_process_limit(processes: int, threads: int) -> None:
    assert Limits(processes=processes).threads == threads
