"""Counting rows finds what rolling up tuples finds."""

from dataclasses import asdict

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy import anonymity
from dalgubeol.methods.privacy.models import KAnonymity, KMap, Population, StrictRisk
from dalgubeol.methods.privacy.stream import counted
from dalgubeol.methods.privacy.stream.optimum import optimum
from dalgubeol.methods.privacy.stream.survey import survey

from .made import QUASI, cut, tables, trees


def said(find):
    try:
        best = find()
    except Invalid as error:
        return error.code, str(error.detail)
    told = asdict(best)
    told |= {"suppressed": best.suppressed.tolist(), "models": best.models}
    del told["nodes_evaluated"]  # the two may take another way to the same place
    return told


@settings(max_examples=60, deadline=None)
@given(
    table=tables(),
    crowd=tables(),
    k=st.integers(2, 6),
    weighed=st.booleans(),
    limit=st.sampled_from([0.0, 0.1, 0.3, 1.0]),
    person=st.sampled_from([None, "who"]),
    most=st.sampled_from([(1, 0), (1 << 20, 64)]),
)
def test_in_a_population_too(table, crowd, k, weighed, limit, person, most):
    """It has values that the table has not, the table values that it has not, and either misses some."""
    hierarchies = trees(
        pa.concat_tables([t.select(QUASI) for t in (table, crowd)], promote_options="default")
    )
    if hierarchies is None:
        return
    people = pa.table({name: crowd[name] for name in QUASI})
    if weighed:
        people = people.append_column("count", pa.array([n % 4 for n in range(people.num_rows)]))
    population = Population(people, "count" if weighed else None)
    seen = survey(cut(table, [7]), QUASI, person=person)
    asked = {"models": (KAnonymity(2), KMap(k, population)), "suppression_limit": limit}
    cells, met = most
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counted, "MOST_CELLS", cells)
        patch.setattr(counted, "_MIXED_CELLS", 4)
        patch.setattr(counted, "_MOST_MET", met)
        by_rows = said(lambda: optimum(seen, hierarchies, large=0, **asked))
    assert by_rows == said(lambda: optimum(seen, hierarchies, **asked))


@settings(max_examples=200, deadline=None)
@given(
    table=tables(),
    models=st.sampled_from([(KAnonymity(2),), (KAnonymity(3), StrictRisk(0.3)), (StrictRisk(0.5),)]),
    limit=st.sampled_from([0.0, 0.1, 0.3, 1.0]),
    person=st.sampled_from([None, "who"]),
    most=st.sampled_from([(1, 0), (1 << 20, 64)]),
    asked=st.sampled_from(
        [{}, {"gs_factor": 0.3, "aggregate": "rank"}, {"weights": {"age": 0.2}}, {"at_least": {"age": 1}}]
    ),
)
def test_counted_rows_and_rolled_up_tuples_find_the_same_optimum(table, models, limit, person, most, asked):
    hierarchies = trees(table)
    if hierarchies is None:
        return
    seen = survey(cut(table, [7]), QUASI, person=person)
    asked = {"models": models, "suppression_limit": limit, **asked}
    cells, met = most
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counted, "MOST_CELLS", cells)
        patch.setattr(counted, "_MIXED_CELLS", 4)
        patch.setattr(counted, "_MOST_MET", met)
        by_rows = said(lambda: optimum(seen, hierarchies, large=0, **asked))
    assert by_rows == said(lambda: optimum(seen, hierarchies, **asked))
    assert by_rows == said(lambda: anonymity.optimum(table, hierarchies, person=person, **asked))
