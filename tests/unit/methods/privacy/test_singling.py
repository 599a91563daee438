"""Sets of attributes that single persons out, against the definitions written out with sets."""

import itertools
import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.measure import singling
from dalgubeol.methods.privacy.measure.risk import reidentification_risk
from dalgubeol.methods.privacy.measure.singling import singling_out

NAMES = ("a", "b", "c", "d")


@st.composite
def tables(draw):
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.tuples(*[st.integers(0, 2)] * width, st.integers(0, 5)), min_size=1, max_size=14))
    people = draw(st.booleans())
    columns = {name: [row[i] for row in rows] for i, name in enumerate(NAMES[:width])}
    person = [row[-1] if people else i for i, row in enumerate(rows)]
    return columns, person, people


def unique_rows(columns, person, chosen):
    """Row numbers whose combination on `chosen` belongs to one person."""
    keys = list(zip(*(columns[c] for c in chosen), strict=True))
    owners = {key: {p for k, p in zip(keys, person, strict=True) if k == key} for key in set(keys)}
    return {i for i, key in enumerate(keys) if len(owners[key]) == 1}


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(1, 4))
def test_the_walk_finds_what_the_definitions_say(made, most):
    columns, person, people = made
    names = tuple(columns)
    most = min(most, len(names))
    table = pa.table({**columns, "person": person})
    found = singling_out(table, names, person="person" if people else None, most_columns=most)
    subsets = [s for size in range(1, most + 1) for s in itertools.combinations(names, size)]
    unique = {s: unique_rows(columns, person, s) for s in [(), *itertools.chain(subsets)] if s}
    minimal = {
        s: {i for i in unique[s] if not any(i in unique[p] for n in range(1, len(s)) for p in itertools.combinations(s, n))}
        for s in subsets
    }  # fmt: skip
    everybody = len(set(person))

    keys = [s for s in subsets if len(unique[s]) == len(person)]
    assert set(found.keys) == {s for s in keys if not any(set(k) < set(s) for k in keys)}
    for each in found.sets:
        risk = reidentification_risk(table, each.columns, person="person")
        assert each.unique_persons == len({person[i] for i in unique[each.columns]})
        assert each.mean_risk == pytest.approx(risk.prosecutor_mean_of_persons)
    looked_at = {each.columns for each in found.sets}
    assert all(s in looked_at or any(set(k) < set(s) for k in found.keys) for s in subsets)

    smallest = {}
    for s in subsets:
        for i in minimal[s]:
            smallest[person[i]] = min(len(s), smallest.get(person[i], 9))
    assert dict(found.smallest_minimal) == {
        n: sum(v == n for v in smallest.values()) for n in range(1, most + 1)
    }

    distinct = {s: {tuple(columns[c][i] for c in names) for i in minimal[s]} for s in subsets}
    weight = {s: len(distinct[s]) * math.factorial(len(names) - len(s)) for s in subsets}
    total = sum(weight.values())
    for driver in found.drivers:
        with_it = sum(w for s, w in weight.items() if driver.column in s)
        assert driver.share == pytest.approx(with_it / total if total else 0)
    assert found.persons == everybody


def test_the_driver_is_the_column_without_which_the_risk_falls_most():
    table = pa.table({"number": list(range(20)), "sex": ["m", "f"] * 10})
    found = singling_out(table, ["number", "sex"])
    number, sex = found.drivers
    assert found.keys == (("number",),)
    assert (number.alone, number.without, number.share) == (1, pytest.approx(0.1), 1)
    assert (sex.alone, sex.without, sex.share) == (pytest.approx(0.1), 1, 0)
    assert [each.columns for each in found.riskiest] == [("number",)]


def test_many_columns_are_looked_at_only_in_sets_that_can_be_afforded(monkeypatch):
    monkeypatch.setattr(singling, "MOST_SETS", 20)
    table = pa.table({str(i): [0, 1, 2] for i in range(6)})
    assert singling_out(table, table.column_names, most_columns=4).most_columns == 1


def test_an_empty_table_singles_nobody_out():
    found = singling_out(pa.table({"a": pa.array([], pa.int64())}), ["a"])
    assert (found.persons, found.mean_risk, found.drivers[0].alone) == (0, 0, 0)


@pytest.mark.parametrize(
    "asked", [{"columns": []}, {"columns": ["a", "a"]}, {"columns": ["a"], "most_columns": 0}]
)
def test_nothing_to_look_at_is_invalid(asked):
    with pytest.raises(Invalid):
        singling_out(pa.table({"a": [1]}), **asked)
