"""What a clerk fills in comes to a policy, and a policy comes back into the form; what the form lacks is not lost."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.doors.portal.wizard import policy_form, policy_typed
from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy.policy import policy_text

KINDS = {"no": "direct identifier", "name": "direct identifier", "age": "quasi-identifier", "sex": "quasi-identifier", "job": "plain", "ill": "sensitive", "cost": "plain"}  # fmt: skip
FILLED: dict[str, Any] = {
    **policy_form.BEGUN,
    "project": "p",
    "roles": {"no": "person", "age": "quasi", "sex": "quasi", "job": "quasi", "ill": "sensitive", "cost": "keep"},
    "coarse": {
        "age": {"how": "widths", "widths": "5, 10", "top": "80"},
        "job": {"how": "groups", "groups": {"cook": "food", "baker": "food", "nurse": ""}, "above": [{"food": "service"}]},
    },
    "steps": {"cost": [{"do": "round", "base": "100"}]},
    "diverse": {"ill": {"l": "3", "t": "0.4"}},
    "limit": "2.5",
}  # fmt: skip
WHOLE = """\
edition = 1
project = "p"
person = "no"

[models]
k = 5
k_map = 20
strict_risk = 0.09
average_risk = 0.07
population_count = "persons"
diversity = [{column = "ill", kind = "recursive", l = 3.0, c = 2.0}]
closeness = [{column = "ill", t = 0.35, distance = "hierarchical", hierarchy = "illnesses"}]
presence = {lowest = 0.01, highest = 0.6}

[search]
suppression_limit = 0.025
recoding = "local-partial"
weights = {age = 2.0, job = 0.5}
gs_factor = 0.3
aggregate = "arithmetic"
seconds = 30.0

[columns.no]
role = "direct identifier"
steps = [{do = "pseudonym"}]

[columns.card]
role = "direct identifier"
steps = [{do = "pseudonym", per_row = true}]

[columns.age]
role = "quasi-identifier"
steps = [
  {do = "age", on = 2026-01-01},
  {do = "top", percentile = 99.0},
  {do = "generalise", hierarchy = "ages", at_least = 1, at_most = 2},
]

[columns.job]
role = "quasi-identifier"
steps = [
  {do = "pram", stay = 0.9, invariant = false},
  {do = "generalise", groups = "jobs"},
]

[columns.ill]
role = "sensitive"

[columns.cost]
role = "plain"
steps = [
  {do = "bottom", value = 0.0},
  {do = "noise", sd = 0.05, shape = "laplace", multiplied = true},
  {do = "microaggregate", k = 4},
  {do = "round", base = 0.25, random = true},
]

[columns.note]
role = "plain"
steps = [{do = "mask", how = "numbered", types = ["phone"]}]

[columns.height]
role = "plain"

[[groups]]
of = "jobs"
name = "food"
values = ["cook", "baker"]

[hierarchies.ages]
csv = "1,young,*\\n2,old,*\\n"
delimiter = ","

[hierarchies.illnesses]
csv = "flu;cold;*\\n"

[[microaggregate]]
columns = ["height", "cost"]
k = 6

[[counts]]
name = "by job"
groups = {job = ["cook", "baker"]}
epsilon = 0.5
delta = 0.000001
rows_per_person = 3
total = "cost"
lowest = 0.0
highest = 900.0
unit = 10.0
"""
"""A policy that says nearly everything that can be said."""


def test_the_form_becomes_a_policy() -> None:
    policy = policy_text.built(policy_form.plain(FILLED, KINDS))
    assert policy.person == "no"
    assert policy.quasi == ("age", "sex", "job")
    assert policy.goes("name")
    assert policy.search.suppression_limit == 0.025
    assert [(g.level, g.name, g.values) for g in policy.groups] == [
        (1, "food", ("cook", "baker")), (1, "nurse", ("nurse",)), (2, "service", ("food",)), (2, "nurse", ("nurse",)),
    ]  # fmt: skip
    assert policy.models.diversity[0].l == 3
    assert policy.models.closeness[0].t == 0.4
    assert policy_typed.typed(policy)[1]


def test_a_policy_that_says_everything_comes_into_the_form_and_out_again_as_the_same_text() -> None:
    policy = policy_text.parsed(WHOLE)
    values, whole = policy_typed.typed(policy)
    assert whole
    kinds = {c: column.role for c, column in policy.columns.items()}
    again = policy_text.to_toml(policy_text.built(policy_form.plain(values, kinds)))
    assert policy_typed.same(policy_text.parsed(again), policy)
    assert again == policy_text.to_toml(policy)


def test_a_role_is_the_policys_and_not_what_the_columns_look_like() -> None:
    values, _ = policy_typed.typed(policy_text.parsed(WHOLE))
    looks = dict.fromkeys(policy_text.parsed(WHOLE).columns, "plain")
    again = policy_text.built(policy_form.plain(values, looks))
    assert policy_typed.same(again, policy_text.parsed(WHOLE))


def test_levels_count_only_where_they_are_fixed() -> None:
    moved = {**FILLED, "levels": {"age": 2, "sex": 1, "job": 0}}
    loose = policy_text.built(policy_form.plain(moved, KINDS))
    fixed = policy_text.built(policy_form.plain({**moved, "fix": True}, KINDS))
    assert [how.level for c in loose.quasi if (how := loose.generalisation(c))] == [None, None]
    assert [how.level for c in fixed.quasi if (how := fixed.generalisation(c))] == [2, 1, 0]
    values, whole = policy_typed.typed(fixed)
    assert whole
    assert (values["fix"], values["levels"]) == (True, moved["levels"])


@pytest.mark.parametrize(
    "more",
    [
        '[[models.diversity]]\ncolumn = "cost"\nl = 2\n[[models.diversity]]\ncolumn = "cost"\nkind = "entropy"\nl = 2\n',
        f'[columns.job]\nrole = "plain"\nsteps = [{{do = "pram", matrix = {{{", ".join(f"c{n} = {{c{n} = 1.0}}" for n in range(21))}}}}}]\n',
        '[columns.job]\nrole = "plain"\nsteps = [{do = "generalise", widths = [5], level = 1}]\n',
    ],
)  # fmt: skip
def test_a_policy_that_says_more_than_the_form_is_known_as_such(more: str) -> None:
    text = (
        'project = "p"\n'
        + more
        + '[columns.age]\nrole = "quasi-identifier"\n[columns.cost]\nrole = "plain"\n'
    )
    assert not policy_typed.typed(policy_text.parsed(text))[1]


def test_groups_of_many_levels_come_into_the_form_and_out_again() -> None:
    names = ["well", "town", "shire", "land", "world"]
    text = "".join(f'[[groups]]\nof = "g"\nlevel = {n}\nname = "{b}"\nvalues = ["{a}"]\n' for n, (a, b) in enumerate(pairwise(names), 1))  # fmt: skip
    text = 'project = "p"\n[columns.age]\nrole = "quasi-identifier"\nsteps = [{do = "generalise", groups = "g"}]\n' + text  # fmt: skip
    policy = policy_text.parsed(text)
    values, whole = policy_typed.typed(policy)
    assert whole
    assert [*policy_form.levels(values["coarse"]["age"])[3].items()] == [("land", "world")]


def test_a_level_in_which_nothing_is_put_together_is_none() -> None:
    job = FILLED["coarse"]["job"]
    for above, levels in (
        ([{}, {"food": "service"}, {}], 2),
        ([{}, {}], 1),
        ([{"no group of it": "service"}], 1),
    ):
        made = {**FILLED, "coarse": {"job": {**job, "above": above}}}
        policy = policy_text.built(policy_form.plain(made, KINDS))
        assert max(g.level for g in policy.groups) == levels


def test_a_name_that_stands_for_other_values_higher_up_is_no_tree() -> None:
    job = {"how": "groups", "groups": {"cook": "baker", "baker": "cook"}}
    with pytest.raises(Invalid) as wrong:
        policy_text.built(policy_form.plain({**FILLED, "coarse": {"job": job}}, KINDS))
    assert wrong.value.code == "invalid.policy.groups.name"
    assert "cook" not in str(wrong.value.detail)  # it is a value of the column


THIRDS = """project = "p"
[columns.age]
role = "quasi-identifier"
[columns.job]
role = "plain"
steps = [{do = "pram", matrix = {cook = {cook = 0.3333333333333333, nurse = 0.6666666666666667}, nurse = {nurse = 1.0, cook = 0.0}}, invariant = false}]
"""


def test_a_matrix_of_chances_comes_into_the_form_and_out_again_to_the_last_digit() -> None:
    policy = policy_text.parsed(THIRDS)
    values, whole = policy_typed.typed(policy)
    assert whole
    assert values["steps"]["job"][0]["matrix"]["cook"] == {"cook": "33.33333333333333", "nurse": "66.66666666666667"}  # fmt: skip
    again = policy_text.built(policy_form.plain(values, {"age": "plain", "job": "plain"}))
    assert again.steps("job") == policy.steps("job")


@pytest.mark.parametrize("row", [{"cook": "50"}, {}, {"cook": "120", "nurse": "-20"}, {"cook": "half", "nurse": "50"}])  # fmt: skip
def test_a_row_of_chances_that_is_no_whole_is_refused_without_naming_a_value(row: dict[str, str]) -> None:
    step = {"do": "pram", "matrix": {"cook": row, "nurse": {"nurse": "100"}}}
    with pytest.raises(Invalid) as wrong:
        policy_text.built(policy_form.plain({**FILLED, "steps": {"cost": [step]}}, KINDS))
    assert wrong.value.code == "invalid.policy.columns.cost.steps.matrix"


@given(st.floats(0, 1))
def test_a_share_is_typed_in_percent_and_is_the_very_same_again(share: float) -> None:
    assert policy_form.share(policy_typed.percent(share)) == share


def test_what_is_no_number_is_said_where_it_is() -> None:
    with pytest.raises(Invalid) as wrong:
        policy_text.built(policy_form.plain({**FILLED, "k": "many"}, KINDS))
    assert wrong.value.code == "invalid.policy.models.k"
    with pytest.raises(Invalid) as wrong:
        policy_text.built(policy_form.plain({**FILLED, "limit": "500"}, KINDS))
    assert wrong.value.code == "invalid.policy.search.suppression_limit"
    with pytest.raises(Invalid) as wrong:
        policy_text.built(policy_form.plain({**FILLED, "more": {"strict_risk": "high"}}, KINDS))
    assert wrong.value.code == "invalid.policy.models.strict_risk"


_NUMBERS = st.floats(0.001, 1e6, allow_nan=False).map(lambda x: f"{x:.6g}")
_SHARES = st.integers(1, 9999).map(lambda x: f"{x / 100:g}")
_CHANCES = st.integers(0, 10_000).map(
    lambda n: {"a": {"a": f"{n / 100:g}", "b": f"{100 - n / 100:.2f}"}, "b": {"b": "100", "a": ""}}
)
_STEPS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"do": st.just("top"), "value": _NUMBERS}),
        st.fixed_dictionaries({"do": st.just("bottom"), "percentile": _SHARES.filter(lambda s: float(s) < 100)}),
        st.fixed_dictionaries({"do": st.just("round"), "base": _NUMBERS, "random": st.booleans()}),
        st.fixed_dictionaries({"do": st.just("noise"), "sd": _NUMBERS, "shape": st.sampled_from(["gaussian", "laplace"])}),
        st.fixed_dictionaries({"do": st.just("pram"), "stay": _SHARES, "invariant": st.booleans()}),
        st.fixed_dictionaries({"do": st.just("pram"), "matrix": _CHANCES, "invariant": st.booleans()}),
        st.fixed_dictionaries({"do": st.just("mask"), "how": st.sampled_from(["tag", "stars"])}),
    ),
    max_size=3,
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from([c for c in KINDS if c != "age"]), st.sampled_from(["quasi", "keep", "sensitive", "out"])),
    st.integers(2, 50), _SHARES, st.booleans(), st.dictionaries(st.sampled_from(["cost", "ill", "age"]), _STEPS),
    st.fixed_dictionaries({}, optional={"k_map": st.integers(2, 99).map(str), "strict_risk": _SHARES, "average_risk": _SHARES, "highest": _SHARES}),
    st.fixed_dictionaries({}, optional={"gs_factor": st.sampled_from(["0", "0.5", "1"]), "aggregate": st.sampled_from(["rank", "sum"]), "weights": st.just({"age": "3"})}),
)  # fmt: skip
def test_form_and_policy_say_the_same(
    roles: dict[str, str], k: int, limit: str, fix: bool, steps: Any, more: Any, search: Any
) -> None:
    roles = {c: "out" if KINDS[c] == "direct identifier" else role for c, role in roles.items()} | {"age": "quasi"}  # fmt: skip
    filled = {**FILLED, "roles": roles, "k": str(k), "limit": limit, "fix": fix, "steps": steps, "more": more, "search": search}  # fmt: skip
    policy = policy_text.built(policy_form.plain(filled, KINDS))
    assert policy_text.parsed(policy_text.to_toml(policy)) == policy
    values, whole = policy_typed.typed(policy)
    assert whole
    assert policy_typed.same(policy_text.built(policy_form.plain(values, KINDS)), policy)


@pytest.mark.parametrize("said", ["phone, person-name", ["phone", "person-name"]])
def test_kinds_of_identifiers_and_units_of_dates_are_ticked_or_stand_in_an_earlier_draft(
    said: object,
) -> None:
    values = {
        **policy_form.BEGUN, "project": "p", "roles": {"born": "quasi", "memo": "sensitive"},
        "coarse": {"born": {"how": "dates", "dates": "year, decade" if isinstance(said, str) else ["year", "decade"]}},
        "steps": {"memo": [{"do": "mask", "types": said}, {"do": "mask", "types": said[:0]}]},  # type: ignore[index]
    }  # fmt: skip
    made = policy_form.plain(values, {"born": "plain", "memo": "plain"})["columns"]
    assert made["born"]["steps"][0]["dates"] == ["year", "decade"]
    assert [step.get("types") for step in made["memo"]["steps"]] == [["phone", "person-name"], None]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"limit": "150"}, "it must be a share of 0 to 100 %"),
        ({"more": {"strict_risk": "many"}}, "it must be a share of 0 to 100 %"),
        ({"k": "1"}, "it must be at least 2"),
        ({"more": {"lowest": "60", "highest": "50"}}, "it is more than highest"),
    ],
)
def test_a_form_says_what_is_wrong_without_the_places_of_a_file_and_in_percent(
    typed: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid) as raised:
        policy_text.built(policy_form.plain({**FILLED, **typed}, KINDS))
    plain = policy_form.plainly(raised.value)
    assert plain.code == raised.value.code
    assert plain.detail.text("en") == f"Not right yet: {said}."
    assert "models" not in plain.next_step.text("en")
