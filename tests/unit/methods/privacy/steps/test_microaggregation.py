"""Groups of near values: the best partition there is, counted in persons; MDAV's groups hold k to 2k - 1."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.steps.mdav import Mdav, mdav
from dalgubeol.methods.privacy.steps.microaggregation import Microaggregation, optimal_means
from dalgubeol.methods.privacy.steps.rows import Rows


def brute_force(found: list[int], owners: list[int], k: int) -> float:
    """The least squared error of all partitions of the distinct values, in order, into groups of k persons."""
    values = sorted(set(found))
    best = np.inf
    for count in range(len(values)):
        for cuts in combinations(range(1, len(values)), count):
            edges = [0, *cuts, len(values)]
            groups = [set(values[a:b]) for a, b in pairwise(edges)]
            rows = [[i for i, x in enumerate(found) if x in group] for group in groups]
            if all(len({owners[i] for i in group}) >= k for group in rows):
                best = min(best, sum(len(g) * np.var([found[i] for i in g]) for g in rows))
    return float(best)


@settings(max_examples=250, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), min_size=1, max_size=11),
    k=st.integers(2, 4),
)
def test_the_partition_is_the_best_of_all(rows: list[tuple[int, int]], k: int) -> None:
    found, owners = [x for x, _ in rows], [o for _, o in rows]
    if len(set(owners)) < k:
        with pytest.raises(Invalid, match=f"Ask for a k of at most {len(set(owners))}"):
            optimal_means(np.array(found, float), np.array(owners), k)
        return
    values, means = optimal_means(np.array(found, float), np.array(owners), k)
    of = dict(zip(values.tolist(), means.tolist(), strict=True))
    error = sum((x - of[x]) ** 2 for x in found)
    assert error == pytest.approx(brute_force(found, owners, k), abs=1e-6)
    for mean in set(means.tolist()):
        assert len({o for x, o in rows if of[x] == mean}) >= k


def test_the_example_of_two_clusters() -> None:
    values, means = optimal_means(np.array([1.0, 2, 3, 10, 11, 12, 13]), np.arange(7), 3)
    assert means.tolist() == [2, 2, 2, 11.5, 11.5, 11.5, 11.5]
    assert values.tolist() == [1, 2, 3, 10, 11, 12, 13]


def test_a_column_is_averaged_batch_by_batch_and_missing_stays_missing() -> None:
    column = pa.array([1, None, 3, 10, 12, 2, 11])
    ready = Microaggregation("c", 3).fitted(column, None)
    whole = ready.applied(column, Rows(0, 7)).to_pylist()
    parts = [ready.applied(column.slice(a, n), Rows(a, n)).to_pylist() for a, n in ((0, 3), (3, 4))]
    assert whole == parts[0] + parts[1] == [2.0, None, 2.0, 11.0, 11.0, 2.0, 11.0]


def test_many_rows_of_one_person_hide_nobody() -> None:
    with pytest.raises(Invalid, match="2 have a value"):
        Microaggregation("c", 3).fitted(pa.array([1.0] * 10), np.array([0] * 9 + [1]))


@settings(max_examples=80, deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=4, max_size=60),
    k=st.integers(2, 4),
)
def test_groups_of_mdav_hold_k_and_fewer_than_2k(points: list[tuple[int, int]], k: int) -> None:
    sizes = np.bincount(mdav(np.array(points, float), k))
    assert sizes.min() >= k
    assert sizes.max() <= max(2 * k - 1, k)


def test_mdav_finds_clusters_and_beats_groups_at_random() -> None:
    source = np.random.default_rng(3)
    centres = np.repeat(np.array([[0.0, 0], [10, 0], [0, 10], [10, 10]]), 5, axis=0)
    points = centres + source.normal(0, 0.1, centres.shape)
    groups = mdav(points, 5)
    assert all(len(set(groups[i : i + 5])) == 1 for i in range(0, 20, 5))


def test_columns_together_are_the_means_of_persons_and_a_gap_takes_the_row_out() -> None:
    owners = np.array([1, 1, 2, 3, 4, 5, 6], np.uint64)
    rows = Rows(0, 7, owners)
    x, y = pa.array([0.0, 2, 1, 9, 10, 11, 7]), pa.array([0, 0, 0, 5, 5, 5, None])
    ready = Mdav(("x", "y"), 2).fitted([x, y], rows)
    made = [each.to_pylist() for each in ready.applied([x, y], rows)]
    assert made[0][:3] == [1.0, 1.0, 1.0]
    assert made[0][6] is made[1][6] is None
    assert sum(made[0][:6]) == pytest.approx(33)
    by_parts = ready.applied([x.slice(3, 2), y.slice(3, 2)], Rows(3, 2, owners[3:5]))
    assert by_parts[0].to_pylist() == made[0][3:5]


def test_too_many_persons_for_columns_together_are_refused_with_another_way() -> None:
    many = pa.array(np.zeros(100_001))
    with pytest.raises(Invalid, match="a step of its own"):
        Mdav(("x", "y"), 2).fitted([many, many], Rows(0, 100_001))
