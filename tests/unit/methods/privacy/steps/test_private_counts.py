"""Private counts: OpenDP's noise at the scale that theory asks for, whatever is in the table."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid, Unavailable
from dalgubeol.methods.privacy.steps import private_counts
from dalgubeol.methods.privacy.steps.private_counts import Answer, Counting, Query
from dalgubeol.methods.privacy.steps.rows import Rows, uniforms

KEY = bytes(range(32))
SEX = {"sex": ("f", "m", "never seen")}
TABLE = pa.table(
    {"sex": ["f"] * 600 + ["m"] * 400 + ["x"] * 7 + [None] * 3, "weeks": [2.0] * 1000 + [99.0] * 10}
)


def answer(table: pa.Table, query: Query, rows: Rows, key: bytes, pieces: int = 1) -> Answer:
    """Counted in so many batches."""
    counting = Counting(query, key)
    for piece in np.array_split(np.arange(table.num_rows), pieces):
        if len(piece):
            persons = None if rows.persons is None else rows.persons[piece]
            counting.add(
                table.slice(piece[0], len(piece)), Rows(rows.first + int(piece[0]), len(piece), persons)
            )
    return counting.answer()


@pytest.fixture(autouse=True)
def _opendp() -> None:
    pytest.importorskip("opendp", reason="extra `noise` is not installed")


def test_the_scale_is_what_one_person_moves_over_epsilon() -> None:
    made = answer(TABLE, Query("q", SEX, epsilon=0.5, rows_per_person=3), Rows(0, 1010), KEY)
    assert made.scale_of_counts == pytest.approx(6, rel=1e-6)
    halved = answer(
        TABLE, Query("q", SEX, epsilon=0.5, total="weeks", lowest=0, highest=52, unit=0.5), Rows(0, 1010), KEY
    )
    assert halved.scale_of_counts == pytest.approx(1 / 0.25, rel=1e-6)
    assert halved.scale_of_sums == pytest.approx(52 / 0.25, rel=1e-6)


def test_gaussian_noise_meets_epsilon_and_delta() -> None:
    """The exact trade-off of Balle and Wang 2018, theorem 8, as an oracle: OpenDP's scale must suffice."""
    from scipy.stats import norm

    epsilon, delta, moved = 0.8, 1e-6, 2
    scale = answer(
        TABLE, Query("q", SEX, epsilon, delta, rows_per_person=moved), Rows(0, 1010), KEY
    ).scale_of_counts
    a, b = moved / (2 * scale), epsilon * scale / moved
    assert norm.cdf(a - b) - np.exp(epsilon) * norm.cdf(-a - b) <= delta
    assert scale < 1.5 * moved * np.sqrt(2 * np.log(1.25 / delta)) / epsilon


def test_noise_spreads_as_its_scale_says_and_is_fresh() -> None:
    query = Query("q", {"sex": tuple(f"never {i}" for i in range(4000))}, epsilon=0.5)
    made = answer(TABLE, query, Rows(0, 1010), KEY)
    counts = np.array(made.table["count"])
    assert counts.std() == pytest.approx(np.sqrt(2) * 2, rel=0.1)
    assert counts.mean() == pytest.approx(0, abs=0.25)
    again = answer(TABLE, query, Rows(0, 1010), KEY)
    assert again.table != made.table


def test_with_little_noise_the_answers_are_near_the_truth() -> None:
    query = Query("q", SEX, epsilon=100, total="weeks", lowest=0, highest=10)
    made = answer(TABLE, query, Rows(0, 1010), KEY).table
    assert made["sex"].to_pylist() == ["f", "m", "never seen"]
    assert np.abs(np.array(made["count"]) - [600, 400, 0]).max() <= 3
    assert np.abs(np.array(made["sum of weeks"]) - [1200, 800, 0]).max() <= 10


def test_a_value_beyond_the_bounds_counts_as_the_bound() -> None:
    query = Query("q", {"sex": ("x",)}, epsilon=100, total="weeks", lowest=0, highest=10)
    assert abs(answer(TABLE, query, Rows(0, 1010), KEY).table["sum of weeks"][0].as_py() - 70) <= 10


def test_a_person_counts_with_so_many_rows_at_most() -> None:
    owners = np.array([7] * 900 + list(range(1000, 1110)), np.uint64)
    rows = Rows(0, 1010, owners)
    made = answer(TABLE, Query("q", SEX, epsilon=100, rows_per_person=2), rows, KEY)
    assert made.left_out == 898
    assert np.array(made.table["count"])[:2].sum() == pytest.approx(102, abs=5)


def test_too_many_cells_are_refused() -> None:
    groups = {"sex": tuple(map(str, range(400))), "weeks": tuple(map(str, range(400)))}
    with pytest.raises(Invalid, match="at most 100000 cells"):
        answer(TABLE, Query("q", groups, epsilon=1), Rows(0, 1010), KEY)


def test_without_opendp_the_way_to_install_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opendp.prelude", None)
    with pytest.raises(Unavailable, match=r"pip install 'dalgubeol\[noise\]'"):
        answer(TABLE, Query("q", SEX, epsilon=1), Rows(0, 1010), KEY)


def test_a_sum_that_no_whole_number_holds_is_refused_and_not_wrapped() -> None:
    table = pa.table({"age": ["30"] * 5000, "cost": [1e15] * 5000})
    query = Query("costs", {"age": ("30",)}, 1.0, total="cost", lowest=0.0, highest=1e15)
    with pytest.raises(Invalid, match="highest"):
        answer(table, query, Rows(0, 5000), KEY)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 60), st.integers(1, 4), st.integers(1, 9), st.integers(1, 8))
def test_in_batches_it_counts_what_a_plain_count_does(
    seed: int, size: int, persons: int, pieces: int, most: int
) -> None:
    chance = np.random.default_rng(seed)
    table = pa.table({"sex": chance.choice(["f", "m", "x"], size), "weeks": chance.integers(0, 9, size)})
    owners = chance.integers(0, persons, size).astype(np.uint64)
    query = Query("q", SEX, epsilon=1, rows_per_person=most, total="weeks", lowest=0, highest=5)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(private_counts, "released", lambda dp, exact, *_: (exact.tolist(), 1.0))
        patched.setattr(private_counts, "_WAITING_ROWS", 3)
        made = answer(table, query, Rows(5, size, owners), KEY, pieces)
    rank = uniforms(KEY, Rows(5, size, owners), np.arange(5, 5 + size, dtype=np.uint64))[0]
    kept = {
        row
        for who in range(persons)
        for row in sorted(np.flatnonzero(owners == who), key=lambda r: rank[r])[:most]
    }
    sexes, weeks = table["sex"].to_pylist(), table["weeks"].to_pylist()
    assert made.table["count"].to_pylist() == [sum(sexes[r] == sex for r in kept) for sex in SEX["sex"]]
    assert made.table["sum of weeks"].to_pylist() == [
        sum(min(weeks[r], 5) for r in kept if sexes[r] == sex) for sex in SEX["sex"]
    ]
    assert made.left_out == sum(sexes[r] != "x" for r in range(size) if r not in kept)
