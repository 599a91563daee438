"""Hidden counts stay hidden: an outsider with all sums and a linear programme finds no small one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dalgubeol.errors import Invalid
from dalgubeol.methods.disclosure import suppression
from dalgubeol.methods.disclosure.releases import Released
from dalgubeol.methods.disclosure.sums import equations
from dalgubeol.methods.disclosure.suppression import safe_crosstab, suppressed, unprotected

PARENTS = {"town": {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "b3": "b"}}
LEAVES = ("a1", "a2", "b1", "b2", "b3")


def with_totals(inner: dict[tuple[str, ...], int], wholes: list[dict[str, tuple[str, ...]]]) -> Released:
    """Every combination of leaves and wholes; a whole counts its leaves."""
    axes = [[*dict.fromkeys(labels[at] for labels in inner), *whole] for at, whole in enumerate(wholes)]
    rows = list(product(*axes))
    counts = [
        sum(inner[leaf] for leaf in product(*(whole.get(label, (label,)) for whole, label in zip(wholes, row, strict=True))))
        for row in rows
    ]  # fmt: skip
    return Released(("town", "sex", "year")[: len(wholes)], tuple(rows), tuple(map(float, counts)))


def attacked(truth: Released, hidden: set[int], row: int, parents: object = None) -> tuple[float, float]:
    """What an outsider knows of a hidden count, by a programme written down here from scratch."""
    bounds = [(0, None) if at in hidden else (count, count) for at, count in enumerate(truth.counts)]
    matrix = equations(truth, parents).toarray()  # type: ignore[arg-type]
    aim = np.zeros(len(bounds))
    aim[row] = 1
    asked = {"A_eq": matrix, "b_eq": np.zeros(len(matrix)), "bounds": bounds}
    least, most = linprog(aim, **asked), linprog(-aim, **asked)
    return least.fun, -most.fun if most.status == 0 else np.inf


def grid(rows: list[list[int]]) -> Released:
    inner = {(f"t{i}", f"s{j}"): count for i, row in enumerate(rows) for j, count in enumerate(row)}
    all_of = [tuple(dict.fromkeys(each[at] for each in inner)) for at in (0, 1)]
    return with_totals(inner, [{"계": all_of[0]}, {"계": all_of[1]}])


def test_the_smallest_complement_of_one_small_count_is_a_rectangle() -> None:
    table = grid([[3, 50, 60], [40, 30, 80], [90, 70, 100]])
    safe = suppressed(table)
    assert {table.labels[row] for row in safe.primary} == {("t0", "s0")}
    assert len(safe.secondary) == 3
    assert all("계" not in table.labels[row] for row in safe.secondary)
    assert unprotected(table, safe.primary | safe.secondary, safe.primary) == ()


def test_the_audit_finds_what_a_total_gives_back() -> None:
    table = grid([[3, 50], [40, 30]])
    assert unprotected(table, {0}, {0}) == (0,)
    assert unprotected(table, {0, 1, 3, 4}, {0}) == ()
    assert unprotected(table, set(), {0}) == (0,), "what is shown is not protected"


def test_two_small_counts_whose_sum_is_known_and_small_are_not_enough() -> None:
    table = Released(("g",), (("a",), ("b",), ("c",), ("계",)), (2.0, 2.0, 40.0, 44.0))
    assert unprotected(table, {0, 1}, {0, 1}) == (0, 1)
    assert suppressed(table).secondary


COUNTS = st.integers(0, 40)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(COUNTS, min_size=width, max_size=width), min_size=2, max_size=4)), st.booleans())  # fmt: skip
def test_no_small_count_of_a_table_with_totals_is_bounded(rows: list[list[int]], zeros: bool) -> None:
    table = grid(rows)
    safe = suppressed(table, zeros_disclosive=zeros)
    hidden = set(safe.primary | safe.secondary)
    for row in safe.primary:
        least, most = attacked(table, hidden, row)
        assert least <= 1 + 1e-6
        assert most >= 10 - 1e-6
    assert all(count is None or count >= 10 or (count == 0 and not zeros) for count in safe.table.counts)


@settings(max_examples=4, deadline=None)
@given(st.lists(COUNTS, min_size=20, max_size=20))
def test_no_small_count_of_three_keys_of_which_one_is_a_hierarchy_is_bounded(counts: list[int]) -> None:
    inner = dict(zip(product(LEAVES, ("m", "f"), ("1", "2")), counts, strict=True))
    table = with_totals(inner, [{"a": LEAVES[:2], "b": LEAVES[2:], "계": LEAVES}, {"계": ("m", "f")}, {"계": ("1", "2")}])  # fmt: skip
    safe = suppressed(table, parents=PARENTS)
    hidden = set(safe.primary | safe.secondary)
    assert equations(table, PARENTS).shape[0] == 3 * 9 + 8 * 3 + 8 * 3
    for row in safe.primary:
        least, most = attacked(table, hidden, row, PARENTS)
        assert least <= 1 + 1e-6
        assert most >= 10 - 1e-6


@settings(max_examples=6, deadline=None)
@given(st.lists(st.lists(COUNTS, min_size=3, max_size=3), min_size=2, max_size=3))
@example([[0, 2, 10], [0, 10, 0]])
def test_rounding_hides_part_of_it_so_no_more_goes_than_without(rows: list[list[int]]) -> None:
    table = grid(rows)
    exact, rounded = suppressed(table), suppressed(table, base=5)
    assert rounded.secondary <= exact.secondary
    assert unprotected(table, rounded.primary | rounded.secondary, rounded.primary, base=5) == ()
    assert all(count is None or count % 5 == 0 for count in rounded.table.counts)


def test_a_wide_table_is_hidden_cell_by_cell_and_its_means_by_row() -> None:
    table = pa.table({
        "town": ["a", "b", "c", "계"], "sick": [3, 40, 90, 133], "well": [50, 30, 70, 150], "total": [53, 70, 160, 283],
        "mean": [1.5, 2.5, 3.5, 2.0],
    })  # fmt: skip
    safe = safe_crosstab(table)
    assert safe.schema == table.schema
    assert safe.to_pydict() == {
        "town": ["a", "b", "c", "계"], "sick": [None, None, 90, 133], "well": [None, None, 70, 150],
        "total": [53, 70, 160, 283], "mean": [None, None, 3.5, 2.0],
    }  # fmt: skip


def test_counts_that_are_missing_are_invalid() -> None:
    with pytest.raises(Invalid):
        suppressed(Released(("g",), (("a",),), (None,)))


def test_rows_of_the_same_labels_are_protected_cell_by_cell() -> None:
    """Two years, of which no column tells: each has a total of its own, and only there is something hidden."""
    years = [[3, 40, 50, 93], [30, 41, 52, 123]]
    table = pa.table({"g": ["a", "b", "c", "total"] * 2, "n": [*years[0], *years[1]]})
    assert safe_crosstab(table)["n"].to_pylist() == [None, None, 50, 93, *years[1]]
    whole = pa.table({"g": ["a", "b", "a", "b", "total"], "n": [4, 40, 50, 60, 154]})
    made = safe_crosstab(whole)["n"].to_pylist()
    assert made[0] is None
    assert made.count(None) == 2, "one total of all of them gives the small one back"


def large(rows: int, columns: int, seed: int, mean: float = 30.0) -> Released:
    chance = np.random.default_rng(seed)
    inner = {(f"t{i}", f"s{j}"): int(count) for (i, j), count in np.ndenumerate(chance.negative_binomial(1, 1 / (1 + mean), (rows, columns)))}  # fmt: skip
    axes = [tuple(dict.fromkeys(each[at] for each in inner)) for at in (0, 1)]
    return with_totals(inner, [{"계": axes[0]}, {"계": axes[1]}])


def test_a_large_table_is_protected_cell_by_cell_and_the_audit_proves_it() -> None:
    table = large(120, 20, 1)
    assert len(table.counts) > 2_000
    safe = suppressed(table)
    assert unprotected(table, safe.primary | safe.secondary, safe.primary) == ()
    assert len(safe.secondary) < len(safe.primary), "far from whole rows"


@pytest.mark.parametrize("seed", range(4))
def test_the_large_way_protects_small_tables_as_the_exact_one_does(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    table = large(6, 5, seed)
    exact = suppressed(table)
    monkeypatch.setattr(suppression, "EXACT_COUNTS", 0)
    safe = suppressed(table)
    hidden = set(safe.primary | safe.secondary)
    assert safe.primary == exact.primary
    for row in safe.primary:
        least, most = attacked(table, hidden, row)
        assert least <= 1 + 1e-6
        assert most >= 10 - 1e-6
