"""Whoever holds all deliveries, and knows one record of a person and its life, finds k persons or none.

The attacker here is brute force: he takes the published tables, and tries what he could know of every person.
"""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.anonymity import generalise, optimum
from dalgubeol.methods.privacy.delivery.again import apply
from dalgubeol.methods.privacy.delivery.given import MOST_DELIVERIES, given_of
from dalgubeol.methods.privacy.delivery.recipe import recipe_from
from dalgubeol.methods.privacy.hierarchy import intervals, suppress_only
from dalgubeol.methods.privacy.local import recode, recoded
from dalgubeol.methods.privacy.models import DistinctDiversity, EntropyDiversity


def build(name, values):
    return intervals(name, values, [2, 4, 12]) if name == "age" else suppress_only(name, values)


def first_delivery(table, *, k, scheme="global", models=()):
    hierarchies = [build(name, table[name]) for name in ("age", "sex")]
    best = optimum(table, hierarchies, k=k, models=models, suppression_limit=1.0, person="person")
    if scheme == "global":
        return recipe_from(best, hierarchies, rules={}), generalise(table, hierarchies, best, person="person")
    found = recode(table, hierarchies, best, partial=scheme == "partial", person="person")
    recipe = recipe_from(best, hierarchies, rules={}, splits=found.splits)
    return recipe, recoded(table, hierarchies, found, person="person")


def next_delivery(recipe, table, remembered, records="states"):
    return apply(
        recipe, table, build, remembered, persons=lambda batch: batch["person"], records=records, suppression_limit=1.0
    )  # fmt: skip


@st.composite
def histories(draw, most=4):
    """Deliveries of a table. A crowd with some records each; from one to the next some of them go, come, or change;
    whole persons go and come, too."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    crowd, records = draw(st.integers(10, 60)), draw(st.integers(1, 3))
    stir = draw(st.sampled_from([0.02, 0.1, 0.3]))
    ages = draw(st.integers(1, 8))
    rows = [(w, rng.integers(0, ages), rng.choice(["m", "f"])) for w in range(crowd) for _ in range(records)]
    made = []
    for _ in range(draw(st.integers(2, most))):
        away = set(np.flatnonzero(rng.random(crowd) < stir / 2).tolist())
        rows = [
            (w, rng.integers(0, ages) if rng.random() < stir / 2 else a, s)
            for w, a, s in rows
            if rng.random() > stir / 2
        ]
        for _ in range(rng.poisson(stir * crowd)):
            rows.append((rng.integers(0, crowd + 5), rng.integers(0, ages), rng.choice(["m", "f"])))
        out = [row for row in rows if row[0] not in away] or rows[:1] or [(0, 0, "m")]
        made.append(
            pa.table(
                {
                    "person": [f"t{w:03d}" for w, _, _ in out],
                    "age": [int(a) for _, a, _ in out],
                    "sex": [str(s) for _, _, s in out],
                    "illness": rng.choice(["flu", "gout", "none"], len(out)).tolist(),
                }
            )
        )
    return made


def lives_of(published):
    """Of each person: of each class (labels) in which deliveries she has a row of it; and in which she is."""
    lives = {}
    for number, table in enumerate(published):
        columns = [map(str, table[name].to_pylist()) for name in ("age", "sex")]
        for person, label in zip(table["person"].to_pylist(), zip(*columns, strict=True), strict=True):
            lives.setdefault(person, {}).setdefault(label, set()).add(number)
    return lives


def knowledge(mine, records, newest):
    """All that somebody may know of a person of whom one record is among `mine`: what a candidate must look like."""
    presence = frozenset().union(*mine.values())
    for label, life in mine.items():
        yield lambda theirs, label=label: label in theirs  # one row of hers, no matter in which delivery
        yield lambda theirs, label=label: newest in theirs.get(label, ())
        yield lambda theirs, label=label, life=life: theirs.get(label) == life
        if records == "states":
            yield (
                lambda theirs, label=label, life=life: (
                    theirs.get(label) == life and frozenset().union(*theirs.values()) == presence
                )
            )
    if records == "states":
        for (old, then), (new, now) in permutations(mine.items(), 2):
            if newest in now and newest not in then and not then & now:
                yield (
                    lambda theirs, old=old, then=then, new=new, now=now: (
                        theirs.get(old) == then
                        and theirs.get(new) == now
                        and frozenset().union(*theirs.values()) == presence
                    )
                )


def fewest_found(published, records):
    """The fewest persons that anything he may know leads to, if it leads to anybody."""
    lives, newest = lives_of(published), len(published) - 1
    fewest = len(lives)
    for mine in lives.values():
        for fits in knowledge(mine, records, newest):
            found = sum(map(fits, lives.values()))
            if found:
                fewest = min(fewest, found)
    return fewest


@settings(max_examples=150, deadline=None)
@given(
    histories(),
    st.integers(2, 4),
    st.sampled_from(["global", "full", "partial"]),
    st.sampled_from(["states", "events"]),
)
def test_who_knows_a_record_and_its_life_finds_k_persons_or_none(tables, k, scheme, records):
    try:
        recipe, published = first_delivery(tables[0], k=k, scheme=scheme)
    except Invalid:
        assume(False)
    assume(published.num_rows)
    out, remembered = [published], given_of(published, recipe, "person")
    for table in tables[1:]:
        try:
            applied = next_delivery(recipe, table, remembered, records)
        except Invalid as refused:
            if refused.code != "invalid.recipe.suppression":  # nothing would be left
                raise
            break
        out.append(applied.table())
        remembered = applied.decided.given
        assert fewest_found(out, records) >= k


@settings(max_examples=80, deadline=None)
@given(histories(most=3), st.sampled_from(["states", "events"]), st.sampled_from(["distinct", "entropy"]))
def test_the_rows_that_fit_are_as_diverse_as_was_asked(tables, records, way):
    model = DistinctDiversity("illness", 2) if way == "distinct" else EntropyDiversity("illness", 1.5)
    try:
        recipe, published = first_delivery(tables[0], k=2, models=[model])
    except Invalid:
        assume(False)
    assume(published.num_rows)
    out, remembered = [published], given_of(published, recipe, "person")
    for table in tables[1:]:
        try:
            applied = next_delivery(recipe, table, remembered, records)
        except Invalid as refused:
            if refused.code != "invalid.recipe.suppression":
                raise
            break
        out.append(applied.table())
        remembered = applied.decided.given
        lives = lives_of(out)
        groups = {}
        for person, mine in lives.items():
            presence = frozenset().union(*mine.values()) if records == "states" else ()
            for label, life in mine.items():
                groups.setdefault((label, frozenset(life), presence), set()).add(person)
        for (label, life, _), people in groups.items():
            now = len(out) - 1 in life
            seen = {
                illness
                for number in ([len(out) - 1] if now else life)
                for person, age, sex, illness in zip(*(out[number][n].to_pylist() for n in ("person", "age", "sex", "illness")), strict=True)
                if person in people and (str(age), str(sex)) == label
            }  # fmt: skip
            assert len(seen) >= 2


def claims(people, rows_each, ages=4, start=0):
    """Persons with some rows each, all of one sex; row i of person p has the age (p + i * i) % ages."""
    who = [p for p in range(start, start + people) for _ in range(rows_each)]
    which = [i for _ in range(people) for i in range(rows_each)]
    return pa.table(
        {"person": [f"t{p:04d}" for p in who], "age": [(p + i * i) % ages * 2 for p, i in zip(who, which, strict=True)], "sex": ["m"] * len(who)}
    )  # fmt: skip


@pytest.mark.parametrize("records", ["states", "events"])
def test_persons_of_several_rows_go_out_again_as_they_did(records):
    first = claims(400, 3)
    recipe, published = first_delivery(first, k=5)
    applied = next_delivery(recipe, first, given_of(published, recipe, "person"), records)
    assert applied.decided.rows_out == first.num_rows


def test_one_who_leaves_costs_k_rows_of_each_of_her_classes_and_not_the_table():
    first = claims(400, 3)
    recipe, published = first_delivery(first, k=5)
    later = first.filter(pa.array([person != "t0007" for person in first["person"].to_pylist()]))
    applied = next_delivery(recipe, later, given_of(published, recipe, "person"))
    classes = len({*zip(*(published[n].to_pylist() for n in ("age", "sex")), strict=True)})
    assert 0 < later.num_rows - applied.decided.rows_out <= 4 * 3 * classes


def test_new_events_of_known_persons_go_out_where_the_rows_are_events():
    first, news = claims(200, 2), claims(200, 2)
    news = news.set_column(1, "age", pa.array([(a + 4) % 8 for a in news["age"].to_pylist()]))
    recipe, published = first_delivery(first, k=5)
    before = given_of(published, recipe, "person")
    both = pa.concat_tables([first, news])
    assert next_delivery(recipe, both, before, "events").decided.rows_out == both.num_rows


def test_newcomers_wait_until_they_are_k_and_then_come_together():
    first = pa.table({"person": [f"p{i}" for i in range(9)], "age": [1] * 9, "sex": ["m"] * 9})
    recipe, published = first_delivery(first, k=3)
    before = given_of(published, recipe, "person")
    for crowd, out in ((10, 9), (11, 9), (12, 12)):
        later = pa.table(
            {"person": [f"p{i}" for i in range(crowd)], "age": [1] * crowd, "sex": ["m"] * crowd}
        )
        applied = next_delivery(recipe, later, before)
        assert applied.decided.rows_out == out
        before = applied.decided.given


def test_after_many_deliveries_a_recipe_has_to_be_found_anew():
    table = claims(40, 2)
    recipe, published = first_delivery(table, k=5)
    once = given_of(published, recipe, "person")
    last = replace(once, each=once.each * (MOST_DELIVERIES - 1))
    applied = next_delivery(recipe, table, last)
    assert (applied.decided.rows_out, applied.decided.given.deliveries) == (table.num_rows, MOST_DELIVERIES)
    with pytest.raises(Invalid, match="31 deliveries"):
        next_delivery(recipe, table, applied.decided.given)
