"""The lattice as a person looks at it: what is said of a node is what the search and a measured table say."""

from __future__ import annotations

import itertools
import random

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.hierarchy import Hierarchy
from dalgubeol.methods.privacy.lattice_view import MOST_DRAWN, View, lines
from dalgubeol.methods.privacy.models import DistinctDiversity, KAnonymity, KMap, Population
from dalgubeol.methods.privacy.search import Measure
from dalgubeol.methods.privacy.search.from_table import count_table

A = Hierarchy("a", (("1", "2", "3", "4"), ("low", "low", "high", "high"), ("*",) * 4))
B = Hierarchy("b", (("x", "y"), ("*", "*")))


def _table(rows: int = 60) -> pa.Table:
    draw = random.Random(7)
    return pa.table(
        {
            "a": [draw.choice("1234") for _ in range(rows)],
            "b": [draw.choice("xy") for _ in range(rows)],
            "s": [draw.choice("uvw") for _ in range(rows)],
        }
    )


def _view(models: tuple[object, ...], limit: float) -> View:
    counted = count_table(_table(), [A, B], (KAnonymity(2), DistinctDiversity("s", 2)))
    return View(counted.problem).under(models, limit, Measure())  # type: ignore[arg-type]


@pytest.mark.parametrize("models", [(KAnonymity(9),), (KAnonymity(9), DistinctDiversity("s", 3))])
def test_the_best_is_the_allowed_node_of_least_loss(models: tuple[object, ...]) -> None:
    view = _view(models, 0.2)
    nodes = [view.at(levels) for levels in itertools.product(range(3), range(2))]
    allowed = [node for node in nodes if node.allowed]
    assert 0 < len(allowed) < len(nodes)
    assert view.best(5) == min(allowed, key=lambda node: (node.look.loss, sum(node.levels))).levels


def test_what_other_models_leave_out_is_no_risk_any_more() -> None:
    few, more = _view((KAnonymity(2),), 1.0), _view((KAnonymity(2), DistinctDiversity("s", 3)), 1.0)
    gone = [more.at(levels).look.suppressed_rows - few.at(levels).look.suppressed_rows for levels in itertools.product(range(3), range(2))]  # fmt: skip
    assert min(gone) >= 0
    assert max(gone) > 0
    counted = count_table(_table(), [A, B], (KAnonymity(2),))
    rows = more.lost((0, 0), counted.tuple_of_row)
    assert sum(rows) == more.at((0, 0)).look.suppressed_rows


def test_a_small_lattice_is_drawn_whole_and_a_large_one_through_a_window() -> None:
    view = _view((KAnonymity(2),), 0.2)
    nodes = view.around((0, 0), None)
    assert set(nodes) == set(itertools.product(range(3), range(2)))
    assert len(lines(nodes)) == 7
    bounded = view.under((KAnonymity(2),), 0.2, Measure(), {"a": 1}, {"b": 0})
    assert bounded.around((1, 0), None) == ((1, 0), (2, 0))
    columns = {f"q{i}": ["1", "2", "3", "4"] * 4 for i in range(8)}
    wide = [Hierarchy(name, A.labels) for name in columns]
    large = View(count_table(pa.table(columns), wide, (KAnonymity(2),)).problem)
    here, best = (0,) * 8, (1,) * 8
    window = large.around(here, best)
    assert {here, best} <= set(window)
    assert len(window) <= MOST_DRAWN
    assert [sum(levels) for levels in window] == sorted(sum(levels) for levels in window)
    assert set(range(9)) <= {sum(levels) for levels in window}  # the way from here to the best


def test_a_look_that_is_stopped_ends_at_once() -> None:
    with pytest.raises(Invalid) as stopped:
        _view((KAnonymity(9),), 0.2).best(60, lambda: True)
    assert stopped.value.code == "invalid.seconds"


def test_the_best_keeps_within_bounds_and_a_population_is_counted_once_for_every_k() -> None:
    crowd = Population(_table(600))
    view = View(count_table(_table(), [A, B], (KMap(2, crowd), KAnonymity(2))).problem)
    assert view.knows((KMap(70, crowd),))
    assert not view.knows((KMap(70, Population(_table(600))),))
    few, many = (view.under((KMap(k, crowd),), 0.0, Measure()).best(5) for k in (2, 100))
    assert sum(few) < sum(many)
    asked = view.under((KMap(2, crowd),), 0.0, Measure(), {"a": 1}).best(5)
    assert asked == (1, 0)
