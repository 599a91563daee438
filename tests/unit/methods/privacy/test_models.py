"""Privacy models: what joining classes does to them, by brute force, and what they refuse."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy import models as m
from dalgubeol.methods.privacy.hierarchy import Hierarchy

TREE = Hierarchy("s", (("a", "b", "c", "d"), ("ab", "ab", "cd", "cd"), ("*",) * 4))
CROWD = m.Population(pa.table({"q": ["x"]}))


@dataclass
class Counts:
    """A `Distribution` from counts per class and value."""

    table: np.ndarray
    overall: np.ndarray

    def distinct(self):
        return (self.table > 0).sum(axis=1)

    def blocks(self, cells):
        return [self.table]


@dataclass
class Some:
    """`Seen`: classes with counts per value and with others of the population."""

    table: np.ndarray
    others: np.ndarray
    overall: np.ndarray = field(default=None)

    @property
    def rows(self):
        return self.table.sum(axis=1)

    persons = rows

    def distribution(self, column):
        return Counts(self.table, self.overall)

    def population(self, model):
        return self.rows + self.others


def two_classes(draw):
    counts = st.lists(st.integers(0, 6), min_size=4, max_size=4)
    table = np.array([draw(counts.filter(any)), draw(counts.filter(any))])
    return table, np.array(draw(st.lists(st.integers(0, 8), min_size=2, max_size=2)))


SHARES = st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.7])
EVERY = st.one_of(
    st.builds(m.KAnonymity, st.integers(2, 9)),
    st.builds(m.KMap, st.integers(2, 9), st.just(CROWD)),
    st.builds(m.StrictRisk, SHARES),
    st.builds(m.DistinctDiversity, st.just("s"), st.integers(2, 4)),
    st.builds(m.EntropyDiversity, st.just("s"), st.sampled_from([1.5, 2, 3])),
    st.builds(m.RecursiveDiversity, st.just("s"), st.sampled_from([0.5, 1, 2]), st.integers(2, 4)),
    st.builds(m.Closeness, st.just("s"), SHARES, st.sampled_from(["equal", "ordered"])),
    st.builds(m.Closeness, st.just("s"), SHARES, st.just("hierarchical"), st.just(TREE)),
    st.builds(m.DeltaPresence, st.just(0), SHARES, st.just(CROWD)),
)


@settings(max_examples=1500, deadline=None)
@given(st.data(), EVERY)
def test_joining_keeps_what_a_model_says_it_keeps(data, model):
    table, others = two_classes(data.draw)
    overall = table.sum(axis=0) + np.array(data.draw(st.lists(st.integers(0, 9), min_size=4, max_size=4)))
    apart = model.ok(Some(table, others, overall))
    joined = bool(model.ok(Some(table.sum(axis=0)[None], others.sum()[None], overall))[0])
    if (model.closed and apart.any()) or (model.joins and apart.all()):
        assert joined


NOT_CLOSED = [
    (m.EntropyDiversity("s", 2), [[3, 3, 0, 0], [9, 0, 0, 0]]),
    (m.RecursiveDiversity("s", 2, 2), [[3, 3, 0, 0], [9, 0, 0, 0]]),
    (m.Closeness("s", 0.2), [[3, 3, 3, 3], [60, 0, 0, 0]]),
]


@pytest.mark.parametrize(("model", "table"), NOT_CLOSED)
def test_a_model_that_is_not_closed_is_broken_by_a_bad_class(model, table):
    table = np.array(table)
    overall = np.array([20, 20, 20, 20])
    assert not model.closed
    assert model.ok(Some(table, np.zeros(2, int), overall)).tolist() == [True, False]
    assert not model.ok(Some(table.sum(axis=0)[None], np.zeros(1, int), overall))[0]


def test_a_least_presence_is_diluted_by_those_who_are_not_in_the_data():
    model = m.DeltaPresence(0.4, 1, CROWD)
    assert not model.joins
    apart = model.ok(Some(np.array([[5, 0, 0, 0], [5, 0, 0, 0]]), np.array([5, 5])))
    assert apart.all()
    assert not model.ok(Some(np.array([[10, 0, 0, 0]]), np.array([30])))[0]


def test_the_textbook_distances_of_t_closeness():
    """Li et al. 2007, examples of section 4: salaries 3k..11k, the whole table uniform over nine values."""
    overall = np.full(9, 1 / 9)
    first, second = np.zeros((2, 9), int)
    first[[0, 1, 2]] = 1
    second[[3, 5, 8]] = 1
    ordered = m.Closeness("s", 0.2, "ordered")
    assert ordered.distances(first[None], overall)[0] == pytest.approx(0.375)
    assert ordered.distances(second[None], overall)[0] == pytest.approx(0.167, abs=5e-4)


def test_the_mean_risk_is_kept_by_leaving_out_the_smallest_classes():
    seen = Some(np.array([[1, 0, 0, 0], [9, 0, 0, 0], [2, 0, 0, 0], [2, 0, 0, 0]]), np.zeros(4, int))
    model = m.AverageRisk(0.25)
    assert m.judge((model,), seen).tolist() == [False, True, True, True]
    assert m.judge((m.AverageRisk(0.2),), seen).tolist() == [False, True, True, False]
    assert m.judge((model, m.KAnonymity(3)), seen).tolist() == [False, True, False, False]


def test_a_strict_risk_is_a_number_of_persons():
    assert m.StrictRisk(0.2).least == 5
    assert m.StrictRisk(0.3).least == 4
    assert m.least_persons((m.StrictRisk(0.2), m.KAnonymity(3), m.DistinctDiversity("s", 2))) == 5


@pytest.mark.parametrize(
    "make",
    [
        lambda: m.KAnonymity(1),
        lambda: m.KMap(1, CROWD),
        lambda: m.StrictRisk(0),
        lambda: m.AverageRisk(1.2),
        lambda: m.DistinctDiversity("s", 1),
        lambda: m.EntropyDiversity("s", 1),
        lambda: m.RecursiveDiversity("s", 0, 2),
        lambda: m.Closeness("s", -0.1),
        lambda: m.Closeness("s", 0.1, "euclidean"),
        lambda: m.Closeness("s", 0.1, "hierarchical"),
        lambda: m.Closeness("s", 0.1, "equal", TREE),
        lambda: m.DeltaPresence(0.5, 0.2, CROWD),
    ],
)
def test_senseless_models_are_invalid(make):
    with pytest.raises(Invalid):
        make()
