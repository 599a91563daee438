"""What a Permit may come to, known before it is granted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.nouns.permit import Conditions
from dalgubeol.rules import costs


def test_it_is_what_all_runs_take_if_each_takes_all_that_it_may() -> None:
    asked = Conditions(runs=100, cpu_s=300, memory_mb=2048)
    assert str(costs.told(asked, 0)) == "at most 8.3 processor hours and 2048 MB of memory at a time; this site asks for no money"  # fmt: skip
    assert str(costs.told(asked, 1500)) == "at most 8.3 processor hours and 2048 MB of memory at a time, and so at most 12,500 won (1,500 won an hour)"  # fmt: skip


@given(st.integers(1, 10**6), st.integers(1, 86_400), st.integers(0, 10**8))
def test_nobody_pays_more_than_was_told(runs: int, cpu_s: int, price: int) -> None:
    told = costs.most_won(Conditions(runs=runs, cpu_s=cpu_s), price)
    assert 0 <= told - runs * cpu_s * price / 3600 < 1 + told * 1e-9
