"""Two models of the same persons: their difference tells of those whose records trained one and not the other."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dalgubeol.language import say
from dalgubeol.methods.disclosure import dalgu_zone
from dalgubeol.methods.disclosure.models.models_beside import Other, beside, differing

from .test_models import people, recipe

CALLED = say("the model of earlier release {release}", release=1)


def released(parameters: dict[str, Any] | None = None, **said: Any) -> bytes:
    said = {"dalgu_model": 1, "estimator": "Ridge", "parameters": parameters or {"alpha": 1.0}, "steps": [], "data": recipe("weeks", **said), "model": {}}  # fmt: skip
    return json.dumps(said).encode()


def told(mine: bytes, theirs: bytes, table: pa.Table, same_table: bool = True) -> tuple[int, int]:
    holds, notes = beside(mine, [Other(theirs, CALLED, same_table)], table, 10)
    assert all("earlier release 1" in each.text() for each in (*holds, *notes))
    return len(holds), len(notes)


def test_the_difference_of_two_models_that_were_fitted_alike_gives_a_value_away() -> None:
    """What is defended against: of two means' like, least squares with and without one person, her value is solved."""
    chance = np.random.default_rng(1)
    rows, truth = np.column_stack([np.ones(200), chance.normal(size=200)]), chance.normal(size=200)
    without = np.linalg.lstsq(rows[1:], truth[1:], rcond=None)[0]
    whole = np.linalg.lstsq(rows, truth, rcond=None)[0]
    gram = rows.T @ rows  # known to who knows the features
    found = (gram @ whole - (gram - np.outer(rows[0], rows[0])) @ without) / rows[0]
    assert found[0] == pytest.approx(truth[0])


def test_shares_that_differ_by_few_persons_are_held_and_by_many_are_told() -> None:
    table = people(1000)
    assert differing(recipe(share=0.7), recipe(share=0.7), table) == 0
    assert 0 < int(differing(recipe(share=0.7), recipe(share=0.705), table) or 0) < 10
    assert told(released(share=0.705), released(), table) == (1, 0)
    assert told(released({"alpha": 2.0}, share=0.705), released(), table) == (1, 0), "whatever its settings"
    assert told(released(share=0.8), released(), table) == (0, 1)
    assert told(released(split=1), released(), table) == (0, 1)


def test_the_same_model_tells_nothing_new_and_another_of_the_same_records_is_told() -> None:
    table = people(1000)
    assert told(released(), released(), table) == (0, 0)
    assert told(released({"alpha": 2.0}), released(), table) == (0, 1)
    other = json.dumps({**json.loads(released()), "data": recipe("age")}).encode()
    assert told(released(), other, table) == (0, 0), "another target"


def test_the_same_description_on_a_changed_table_is_held() -> None:
    table = people(1000)
    assert told(
        released(), released().replace(b'"model": {}', b'"model": {"a": 1}'), table, same_table=False
    ) == (1, 0)
    assert told(released({"alpha": 2.0}), released(), table, same_table=False) == (0, 1)


def test_persons_are_counted_and_not_rows() -> None:
    rows = pa.concat_tables([people(400)] * 3).append_column(
        "who", pa.array([str(at % 400) for at in range(1200)])
    )
    apart = differing(recipe(person="who", share=0.7), recipe(person="who", share=0.71), rows)
    assert apart == 4
    prepared = dalgu_zone.made(rows, recipe(person="who"))
    assert len(prepared.trained) == len(prepared.y)


def test_what_cannot_be_worked_out_any_more_is_told() -> None:
    gone = released().replace(b'"cost"', b'"gone"')
    assert told(released(), gone, people(400)) == (0, 1)
    assert beside(released(), [Other(b"no", CALLED)], people(400), 10) == ((), ())
