"""What the two searches promise besides the optimum: few looks, a deadline, a bound, a change of steps."""

import numpy as np
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.hierarchy import Hierarchy
from dalgubeol.methods.privacy.models import KAnonymity
from dalgubeol.methods.privacy.search import (
    BoxSearch,
    Measure,
    Pairs,
    Problem,
    Watch,
    WholeSearch,
    compiled,
    plain,
    search,
    steps,
)


def halving(count, seed=5, rows=2000, allowed=40, **more):
    """`count` attributes of 16 values, each level joining two by two; random rows."""
    values = [str(i) for i in range(16)]
    levels = tuple(tuple(str(int(v) >> shift) for v in values) for shift in range(5))
    trees = tuple(Hierarchy(f"q{i}", levels) for i in range(count))
    codes = np.random.default_rng(seed).integers(0, 16, (rows, count))
    tuples, counts = np.unique(codes, axis=0, return_counts=True)
    return Problem(trees, tuples, counts, (KAnonymity(5),), allowed, **more)


class Clock:
    """Seconds that pass with every look at it."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.mark.parametrize("way", [WholeSearch, BoxSearch])
def test_a_lattice_is_settled_with_few_looks(way):
    problem = halving(5)
    assert way(problem).run().nodes_evaluated < problem.nodes / 4


def test_persons_are_not_additive_when_classes_join():
    tree = Hierarchy("q", (("a", "b"), ("*", "*")))
    people = Pairs(np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1]))
    counts = np.array([2, 2])
    problem = Problem((tree,), np.array([[0], [1]]), counts, (KAnonymity(3),), people=people)
    assert WholeSearch(problem).run() is None
    assert BoxSearch(problem).run() is None


@pytest.mark.parametrize("way", [WholeSearch, BoxSearch])
def test_a_search_that_is_stopped_has_a_bound_that_the_optimum_keeps(way):
    problem = halving(6, rows=600)
    optimum = way(problem).run()
    stopped = way(problem).run(Watch(Clock(1), 12))
    assert not stopped.proven
    assert stopped.lower_bound <= optimum.score <= stopped.score
    assert stopped.nodes_evaluated < optimum.nodes_evaluated
    assert optimum.proven
    assert optimum.lower_bound == optimum.score


@pytest.mark.parametrize("way", [WholeSearch, BoxSearch])
def test_progress_tells_of_better_nodes_and_tighter_bounds(way):
    told = []
    found = way(halving(6, rows=600)).run(Watch(Clock(1), None, told.append))
    scores = [p.best_score for p in told if p.best_score is not None]
    bounds = [p.lower_bound for p in told]
    assert len(told) > 3
    assert scores == sorted(scores, reverse=True)
    assert bounds == sorted(bounds)
    assert bounds[-1] <= found.score <= scores[-1]


def test_a_lattice_that_fits_in_no_memory_is_searched_by_boxes():
    problem = halving(14, rows=500)
    assert problem.nodes > 10**9
    early = search(problem, seconds=20, clock=Clock(1))
    late = search(problem, seconds=150, clock=Clock(1))
    assert late.score <= early.score
    assert late.lower_bound > early.lower_bound
    assert late.lower_bound < late.score


def test_time_that_is_too_short_for_anything_says_so():
    with pytest.raises(Invalid, match="in the time given"):
        search(halving(4), seconds=0, clock=Clock(1))


@pytest.mark.parametrize("aggregate", ["geometric", "maximum", "rank"])
def test_a_search_that_changes_to_compiled_steps_on_the_way_finds_the_same(monkeypatch, aggregate):
    problem = halving(4, measure=Measure(aggregate))
    expected = WholeSearch(problem, plain).run()
    monkeypatch.delitem(steps.sys.modules, steps._COMPILED)
    monkeypatch.setattr(steps, "WORTH_COMPILING", 5000)
    running = WholeSearch(problem)
    assert running.evaluation.steps.use is plain
    found = running.run()
    assert running.evaluation.steps.use is not plain
    assert (found.levels, found.score, found.nodes_evaluated) == (
        expected.levels,
        expected.score,
        expected.nodes_evaluated,
    )
    assert found.suppressed.tolist() == expected.suppressed.tolist()


@pytest.mark.parametrize("bits", [3, 20])
def test_distinct_keys_are_the_same_whichever_steps_number_them(bits):
    rng = np.random.default_rng(1)
    keys = np.ascontiguousarray(rng.integers(0, 3, (500, 4)) * 2**bits)
    for words in (1, 4):
        some = np.ascontiguousarray(keys[:, :words])
        for each in (plain, compiled):
            distinct, number = each.distinct(some)
            assert (distinct[number] == some).all()
            assert len(distinct) == len({tuple(row) for row in some.tolist()})
