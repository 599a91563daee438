"""A policy against a table: what goes, what stays, and in which order."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dalgubeol.errors import Invalid, Refused
from dalgubeol.methods.privacy.columns.identify import propose_roles
from dalgubeol.methods.privacy.policy import plan
from dalgubeol.methods.privacy.policy.policy_text import built, parsed

KEY = bytes(range(32))
PEOPLE = pa.table(
    {
        "person_no": [f"P{i // 2:04d}" for i in range(40)],
        "phone": [f"010-1234-{i:04d}" for i in range(40)],
        "age": [20 + i % 10 for i in range(40)],
        "weeks": [i % 7 for i in range(40)],
        "forgotten": ["x"] * 40,
    }
)


def policy(**columns: object) -> object:
    return built(
        {
            "project": "p",
            "person": "person_no",
            "columns": {
                "person_no": {"role": "direct identifier", "steps": [{"do": "pseudonym"}]},
                "age": {"role": "quasi-identifier"},
                **columns,
            },
        }
    )


def planned(table: pa.Table = PEOPLE, **columns: object) -> plan.Plan:
    return plan.plan_of(policy(**columns), table.column_names, propose_roles(table))  # type: ignore[arg-type]


def test_what_is_named_nowhere_goes() -> None:
    made = planned(weeks={"role": "plain"})
    assert made.published == ("person_no", "age", "weeks")
    assert made.removed == ("phone",)
    assert made.dropped == ("forgotten",)


def test_a_direct_identifier_does_not_stay_whatever_the_policy_calls_it() -> None:
    with pytest.raises(Refused, match="phone"):
        planned(phone={"role": "plain"})


def test_a_resident_number_is_no_person() -> None:
    numbers = pa.array([f"8{i:01d}0101-1{i:06d}" for i in range(10)] * 4)
    with pytest.raises(Refused, match="24-2"):
        planned(PEOPLE.set_column(0, "person_no", numbers))


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(Invalid, match="wieght"):
        planned(wieght={"role": "plain"})


def test_a_person_may_be_counted_without_going_out() -> None:
    made = planned(person_no={"role": "direct identifier"})
    assert made.published == ("age",)
    assert made.needed == ("person_no", "age")
    assert made.removed == ("person_no", "phone")


def test_a_token_per_row_links_no_rows() -> None:
    rows = planned(person_no={"role": "direct identifier", "steps": [{"do": "pseudonym", "per_row": True}]})
    per_row = plan.published(rows, PEOPLE, KEY)
    per_person = plan.published(planned(), PEOPLE, KEY)
    assert len(set(per_row["person_no"].to_pylist())) == 40
    assert len(set(per_person["person_no"].to_pylist())) == 20
    assert not set(per_row["person_no"].to_pylist()) & set(per_person["person_no"].to_pylist())


def test_a_column_outside_the_search_becomes_coarser_by_a_fixed_level() -> None:
    made = planned(weeks={"role": "plain", "steps": [{"do": "generalise", "widths": [2, 4], "level": 2}]})
    assert set(plan.with_fixed_levels(made, PEOPLE)["weeks"].to_pylist()) == {"[0, 4)", "[4, 8)"}
    too_far = planned(weeks={"role": "plain", "steps": [{"do": "generalise", "widths": [2], "level": 3}]})
    with pytest.raises(Invalid, match=r"0\.\.2"):
        plan.with_fixed_levels(too_far, PEOPLE)


def test_an_address_is_never_told_whole() -> None:
    made = planned(age={"role": "quasi-identifier", "steps": [{"do": "generalise", "region": "address"}]})
    assert plan.bounds(made, {"age": 4}) == ({"age": 1}, {})


def test_a_group_of_two_persons_is_not_one_who_is_spelt_in_two_ways():
    asked = parsed(
        'project = "p"\nperson = "who"\n[columns.who]\nrole = "direct identifier"\n[columns.sex]\n'
        'role = "quasi-identifier"\n[columns.pay]\nrole = "plain"\nsteps = [{do = "microaggregate", k = 2}]\n'
    )
    table = pa.table({
        "who": ["A1", "A1 ", "B1", "B2", "B3"], "sex": ["m"] * 5, "pay": [100, 104, 900, 910, 990],
    })  # fmt: skip
    ready = plan.prepared(plan.plan_of(asked, table.column_names, ()), table, bytes(32))
    made = plan.applied(ready, table)[0]["pay"].to_pylist()
    assert made[:3] == [made[0]] * 3  # A1 is hidden with B1, and not by herself
    assert made[3:] == [950.0, 950.0]
