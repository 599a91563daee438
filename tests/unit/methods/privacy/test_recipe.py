"""A recipe is written and read without loss, applied to the next delivery, and holds against who has seen both."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.anonymity import generalise, optimum
from dalgubeol.methods.privacy.delivery.again import apply, left_out_papers
from dalgubeol.methods.privacy.delivery.given import given_from, given_of
from dalgubeol.methods.privacy.delivery.recipe import parsed, recipe_from, rules_digest, to_json
from dalgubeol.methods.privacy.hierarchy import from_groups, intervals, suppress_only
from dalgubeol.methods.privacy.local import recode, recoded
from dalgubeol.methods.privacy.models import (
    AverageRisk,
    Closeness,
    DistinctDiversity,
    EntropyDiversity,
    KMap,
    Population,
    RecursiveDiversity,
    StrictRisk,
)

RULES = {"age": {"widths": [2, 4, 12]}, "sex": {}}


def build(name, values):
    return intervals(name, values, [2, 4, 12]) if name == "age" else suppress_only(name, values)


def trees(table):
    return [build(name, table[name]) for name in ("age", "sex")]


def first_delivery(table, *, k=2, models=(), scheme="global", person=None, limit=1.0, unknown="refuse"):
    """(recipe, what was published) of a table."""
    hierarchies = trees(table)
    best = optimum(table, hierarchies, k=k, models=models, suppression_limit=limit, person=person)
    if scheme == "global":
        recipe = recipe_from(best, hierarchies, rules=RULES, unknown=unknown)
        return recipe, generalise(table, hierarchies, best, person=person)
    found = recode(table, hierarchies, best, partial=scheme == "partial", person=person)
    recipe = recipe_from(best, hierarchies, rules=RULES, splits=found.splits, unknown=unknown)
    return recipe, recoded(table, hierarchies, found, person=person)


def tokens(batch):
    return batch["person"]


@st.composite
def deliveries(draw, people=True):
    """Two or three deliveries of a table; some persons come again, some of them changed."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    crowd = draw(st.integers(10, 40))
    ages, sexes = rng.integers(0, 8, crowd), rng.choice(["m", "f"], crowd)
    made = []
    for _ in range(draw(st.integers(2, 3))):
        rows = draw(st.integers(8, 50))
        who = rng.integers(0, crowd, rows) if draw(st.booleans()) else rng.permutation(crowd)[:rows]
        ages = np.where(rng.random(crowd) < 0.1, rng.integers(0, 8, crowd), ages)
        columns = {
            "age": ages[who],
            "sex": sexes[who],
            "illness": rng.choice(["flu", "gout", "none"], len(who)),
        }
        made.append(pa.table({"person": [f"t{w:03d}" for w in who], **columns} if people else columns))
    return made


schemes = st.sampled_from(["global", "full", "partial"])


def labels_of(published):
    return list(zip(*(map(str, published[n].to_pylist()) for n in ("age", "sex")), strict=True))


@settings(max_examples=200, deadline=None)
@given(deliveries(people=False), st.integers(2, 4), st.sampled_from(["global", "full"]))
def test_without_persons_exactly_the_small_classes_of_a_delivery_stay_back(tables, k, scheme):
    try:
        recipe, published = first_delivery(tables[0], k=k, scheme=scheme)
    except Invalid:
        assume(False)
    assume(published.num_rows)
    table = tables[1]
    chosen = trees(table)
    codes = np.column_stack([h.encode(table[h.name]) for h in chosen])
    levels, covered = recipe.levels_of(chosen, codes)
    labels = [
        tuple(h.labels[levels[i, a]][codes[i, a]] for a, h in enumerate(chosen)) if covered[i] else None
        for i in range(table.num_rows)
    ]
    expected = [label is not None and labels.count(label) >= k for label in labels]
    try:
        applied = apply(recipe, table, build, given_of(published, recipe))
    except Invalid:
        assert not any(expected)
        return
    assert applied.decided.kept.tolist() == expected
    assert labels_of(applied.table()) == [label for label, kept in zip(labels, expected, strict=True) if kept]


@settings(max_examples=100, deadline=None)
@given(deliveries(), schemes, st.integers(1, 7))
def test_a_stream_of_batches_gives_what_the_whole_table_gives(tables, scheme, size):
    try:
        recipe, published = first_delivery(tables[0], scheme=scheme, person="person")
        remembered = given_of(published, recipe, "person")
        whole = apply(recipe, tables[1], build, remembered, persons=tokens)
    except Invalid:
        assume(False)
    streamed = apply(recipe, lambda: tables[1].to_batches(size), build, remembered, persons=tokens)
    assert streamed.table().equals(whole.table())
    assert streamed.decided.given.tables() == whole.decided.given.tables()


@settings(max_examples=100, deadline=None)
@given(deliveries(), schemes)
def test_a_recipe_written_and_read_does_the_same(tables, scheme):
    try:
        recipe, _ = first_delivery(tables[0], scheme=scheme)
    except Invalid:
        assume(False)
    again = parsed(to_json(recipe))
    assert to_json(again) == to_json(recipe)
    assert again.models == recipe.models
    chosen = trees(tables[1])
    codes = np.column_stack([h.encode(tables[1][h.name]) for h in chosen])
    for one, other in zip(recipe.levels_of(chosen, codes), again.levels_of(chosen, codes), strict=True):
        assert (one == other).all()


MODELS = [
    StrictRisk(0.2), AverageRisk(0.5), DistinctDiversity("illness", 2), EntropyDiversity("illness", 1.5),
    RecursiveDiversity("illness", 3.0, 2), Closeness("illness", 0.4, "ordered"),
]  # fmt: skip


def test_every_model_that_fits_is_kept_in_the_text():
    recipe, _ = first_delivery(crowd(), models=MODELS)
    assert set(parsed(to_json(recipe)).models) == set(recipe.models) >= set(MODELS)


def crowd(rows=64, seed=0):
    rng = np.random.default_rng(seed)
    illness = np.array(["flu", "gout", "none"])[np.arange(rows) % 3]
    return pa.table(
        {"age": rng.integers(0, 8, rows), "sex": rng.choice(["m", "f"], rows), "illness": illness}
    )


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_recipe_is_refused_and_never_walked(data):
    recipe, _ = first_delivery(crowd(), k=4, scheme="partial")
    plain = json.loads(to_json(recipe))
    place, key = plain, data.draw(st.sampled_from(list(plain)))
    while isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
        place = place[key]
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
    place[key] = data.draw(st.sampled_from([None, -2, -1, 0, 1, 3, 10**6, "*", [], {}, [0], True, 0.5]))
    try:
        read = parsed(json.dumps(plain))
    except Invalid:
        return
    table = crowd(seed=1)
    chosen = trees(table)
    try:
        levels, covered = read.levels_of(chosen, np.column_stack([h.encode(table[h.name]) for h in chosen]))
    except Invalid:
        return
    assert all(
        (levels[covered, a] >= 0).all() and (levels[covered, a] <= chosen[a].height).all() for a in range(2)
    )


def test_a_recipe_holds_no_value_of_a_row_that_was_left_out():
    table = pa.table({"age": [1] * 6 + [7], "sex": ["m"] * 6 + ["canary"], "illness": ["flu"] * 7})
    for scheme in ("global", "full", "partial"):
        recipe, published = first_delivery(table, k=3, scheme=scheme)
        text = to_json(recipe)
        assert "canary" not in text
        assert "canary" not in str(
            {n: t.to_pydict() for n, t in given_of(published, recipe).tables().items()}
        )
        assert published.num_rows == 6


def test_a_value_that_is_unknown_stops_the_delivery_or_is_left_out_as_the_recipe_says():
    groups = lambda name, values: from_groups(name, {0: "low", 1: "low", 2: "high", 3: "high"})  # noqa: E731
    table = pa.table({"age": [0, 1, 2, 3] * 3})
    best = optimum(table, [groups("age", None)], k=3)
    late = pa.table({"age": [0, 1, 2, 3] * 3 + [99]})
    for unknown in ("refuse", "suppress"):
        recipe = recipe_from(best, [groups("age", None)], rules={}, unknown=unknown)
        recipe = parsed(to_json(recipe).replace('"suppression_limit":0.0', '"suppression_limit":0.5'))
        before = given_of(generalise(table, [groups("age", None)], best), recipe)
        if unknown == "refuse":
            with pytest.raises(
                Invalid, match=r"1 values of column age \(1 rows\) are not in its hierarchy"
            ) as raised:
                apply(recipe, late, groups, before)
            assert "unknown = suppress" in str(raised.value)
        else:
            applied = apply(recipe, late, groups, before)
            assert (applied.decided.rows_out, applied.decided.unknown_rows) == (12, 1)


def test_one_person_who_changed_class_is_not_shown_by_her_pseudonym():
    first = pa.table({"person": [f"p{i}" for i in range(12)], "age": [1] * 6 + [7] * 6, "sex": ["m"] * 12})
    recipe, published = first_delivery(first, k=3, person="person", limit=0.9)
    moved = first.set_column(1, "age", pa.array([1] * 5 + [7] * 7))
    applied = apply(recipe, moved, build, given_of(published, recipe, "person"), persons=tokens)
    assert "p5" not in applied.table()["person"].to_pylist()
    assert applied.decided.left_out.linked == 1
    # With her alone away, she would be the one who left her class: others of it stay away too.
    assert applied.decided.left_out.of_those_who_left == 2
    assert applied.decided.rows_out == 12 - 3


def test_the_one_who_left_is_not_shown_by_the_difference():
    first = pa.table({"person": [f"p{i}" for i in range(12)], "age": [1] * 12, "sex": ["m"] * 12})
    recipe, published = first_delivery(first, k=3, person="person", limit=0.9)
    applied = apply(recipe, first.slice(1), build, given_of(published, recipe, "person"), persons=tokens)
    missing = set(published["person"].to_pylist()) - set(applied.table()["person"].to_pylist())
    assert "p0" in missing
    assert len(missing) == 3
    apart = apply(recipe, first.slice(1), build, given_of(published, recipe), persons=tokens)
    assert (apart.decided.rows_out, apart.decided.smallest_class_together) == (
        11,
        None,
    )  # nothing to link them by


def test_two_newcomers_in_a_large_class_wait_for_a_third():
    first = pa.table({"person": [f"p{i}" for i in range(9)], "age": [1] * 9, "sex": ["m"] * 9})
    recipe, published = first_delivery(first, k=3, person="person", limit=0.9)
    before = given_of(published, recipe, "person")
    news = {"person": [f"p{i}" for i in range(11)], "age": [1] * 11, "sex": ["m"] * 11}
    assert apply(recipe, pa.table(news), build, before, persons=tokens).decided.rows_out == 9
    news = {"person": [f"p{i}" for i in range(12)], "age": [1] * 12, "sex": ["m"] * 12}
    assert apply(recipe, pa.table(news), build, before, persons=tokens).decided.rows_out == 12


def test_a_delivery_of_other_persons_loses_only_its_own_small_classes():
    first = pa.table({"person": [f"p{i}" for i in range(9)], "age": [1] * 9, "sex": ["m"] * 9})
    recipe, published = first_delivery(first, k=3, person="person", limit=0.9)
    second = pa.table({"person": [f"q{i}" for i in range(5)], "age": [1, 1, 1, 1, 7], "sex": ["m"] * 5})
    applied = apply(recipe, second, build, given_of(published, recipe, "person"), persons=tokens)
    assert left_out_papers(applied.decided) == {
        "unknown": 0, "uncovered": 0, "alone": 1, "together": 0, "linked": 0, "of_those_who_left": 0, "broken_before": 0
    }  # fmt: skip
    assert (
        applied.decided.rows_out,
        applied.decided.smallest_class,
        applied.decided.smallest_class_together,
    ) == (4, 4, 13)


def test_a_class_of_one_illness_stays_back_even_if_it_was_mixed_before():
    first = pa.table({"age": [1] * 6, "sex": ["m"] * 6, "illness": ["flu", "gout"] * 3})
    recipe, published = first_delivery(first, k=3, models=[DistinctDiversity("illness", 2)], limit=0.9)
    second = pa.table(
        {"age": [1] * 6 + [7] * 6, "sex": ["m"] * 12, "illness": ["flu"] * 6 + ["flu", "gout"] * 3}
    )
    applied = apply(recipe, second, build, given_of(published, recipe))
    assert applied.table()["illness"].to_pylist() == ["flu", "gout"] * 3
    assert applied.decided.left_out.alone == 6


def test_too_much_left_out_says_how_much_and_what_to_do():
    first = pa.table({"age": [1] * 6, "sex": ["m"] * 6})
    recipe, published = first_delivery(first, k=3, limit=0.1)
    second = pa.table({"age": [1] * 6 + [7, 5], "sex": ["m"] * 8})
    with pytest.raises(Invalid, match=r"2 of 8 rows \(25\.00%\) .* the limit is 10%"):
        apply(recipe, second, build, given_of(published, recipe))
    assert (
        apply(recipe, second, build, given_of(published, recipe), suppression_limit=0.25).decided.rows_out
        == 6
    )


def test_hierarchies_of_another_policy_and_foreign_memories_are_refused():
    first = crowd()
    recipe, published = first_delivery(first, k=3)
    with pytest.raises(Invalid, match="not those of the recipe"):
        apply(recipe, first, lambda name, values: suppress_only(name, values), given_of(published, recipe))
    with pytest.raises(Invalid, match="does not belong to this recipe"):
        given_from({"labels": pa.table({"age": ["1"]})}, recipe)
    named = first.append_column("person", pa.array([str(i) for i in range(first.num_rows)]))
    recipe, published = first_delivery(named, k=3, person="person")
    with pytest.raises(Invalid, match="the column of persons"):
        apply(recipe, named, build, given_of(published, recipe, "person"))


def test_what_is_remembered_can_be_stored_and_read():
    recipe, published = first_delivery(crowd(), k=3)
    remembered = given_of(published, recipe)
    assert given_from(remembered.tables(), recipe).tables() == remembered.tables()
    assert sum(remembered.tables()["pairs"]["rows"].to_pylist()) == published.num_rows


def test_a_population_does_not_fit_into_a_recipe():
    table = crowd()
    best = optimum(table, trees(table), models=[KMap(3, Population(table))])
    with pytest.raises(Invalid, match="population"):
        recipe_from(best, trees(table), rules=RULES)


def test_the_digest_of_rules_follows_the_rules_alone():
    assert rules_digest({"a": 1, "b": [2]}) == rules_digest({"b": [2], "a": 1})
    assert rules_digest({"a": 1}) != rules_digest({"a": 2})
