"""What a clerk fills in comes to a policy, and a policy comes back into the form; what the form lacks is not lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.doors.portal import policy_form
from dalgubeol.errors import Invalid
from dalgubeol.methods.privacy import policy_text

KINDS = {"no": "direct identifier", "name": "direct identifier", "age": "quasi-identifier", "sex": "quasi-identifier", "job": "plain", "ill": "sensitive", "cost": "plain"}  # fmt: skip
FILLED: dict[str, Any] = {
    **policy_form.BEGUN,
    "project": "p",
    "roles": {"no": "person", "age": "quasi", "sex": "quasi", "job": "quasi", "ill": "keep", "cost": "keep"},
    "coarse": {
        "age": {"how": "widths", "widths": "5, 10", "top": "80"},
        "job": {"how": "groups", "groups": {"cook": "food", "baker": "food", "nurse": ""}, "larger": {"food": "service"}},
    },
    "change": {"cost": {"do": "round", "size": "100"}},
    "diverse": {"ill": {"l": "3", "t": "0.4"}},
    "limit": "2.5",
}  # fmt: skip


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
    assert policy_form.typed(policy)[1]


def test_levels_count_only_where_they_are_fixed() -> None:
    moved = {**FILLED, "levels": {"age": 2, "sex": 1, "job": 0}}
    loose = policy_text.built(policy_form.plain(moved, KINDS))
    fixed = policy_text.built(policy_form.plain({**moved, "fix": True}, KINDS))
    assert [how.level for c in loose.quasi if (how := loose.generalisation(c))] == [None, None]
    assert [how.level for c in fixed.quasi if (how := fixed.generalisation(c))] == [2, 1, 0]
    values, whole = policy_form.typed(fixed)
    assert whole
    assert (values["fix"], values["levels"]) == (True, moved["levels"])


@pytest.mark.parametrize(
    "more",
    ['[search]\ngs_factor = 0.2\n', '[models]\nk = 3\nstrict_risk = 0.1\n', '[[microaggregate]]\ncolumns = ["cost", "age"]\nk = 3\n'],
)  # fmt: skip
def test_a_policy_that_says_more_than_the_form_is_known_as_such(more: str) -> None:
    text = 'project = "p"\n' + more + '[columns.age]\nrole = "quasi-identifier"\n[columns.cost]\nrole = "plain"\n'  # fmt: skip
    assert not policy_form.typed(policy_text.parsed(text))[1]


def test_what_is_no_number_is_said_where_it_is() -> None:
    with pytest.raises(Invalid) as wrong:
        policy_text.built(policy_form.plain({**FILLED, "k": "many"}, KINDS))
    assert wrong.value.code == "invalid.policy.models.k"
    with pytest.raises(Invalid) as wrong:
        policy_text.built(policy_form.plain({**FILLED, "limit": "500"}, KINDS))
    assert wrong.value.code == "invalid.policy.search.suppression_limit"


@given(
    st.dictionaries(st.sampled_from([c for c in KINDS if c != "age"]), st.sampled_from(["quasi", "keep", "out"])),
    st.integers(2, 50), st.integers(0, 100), st.booleans(),
)  # fmt: skip
def test_form_and_policy_say_the_same(roles: dict[str, str], k: int, limit: int, fix: bool) -> None:
    roles = {c: "out" if KINDS[c] == "direct identifier" else role for c, role in roles.items()} | {"age": "quasi"}  # fmt: skip
    filled = {**FILLED, "roles": roles, "k": str(k), "limit": str(limit), "fix": fix}
    policy = policy_text.built(policy_form.plain(filled, KINDS))
    values, whole = policy_form.typed(policy)
    assert whole
    assert policy_text.built(policy_form.plain(values, KINDS)) == policy
