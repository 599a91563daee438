"""Disclosure rules: the defaults, the strictest of several, and what comes in from outside."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.nouns.disclosure import LIMITS, Disclosure, parsed, stored, strictest
from dalgubeol.nouns.permit import Conditions, stored_conditions, strictest_of
from dalgubeol.settings import DisclosureSettings

RULES = st.builds(
    Disclosure, zeros_disclosive=st.booleans(), file_types=st.sets(st.sampled_from(("csv", "json", "png", "txt"))).map(lambda s: tuple(sorted(s))),
    **{name: st.integers(*bounds) for name, bounds in LIMITS.items()},
)  # fmt: skip


def test_the_defaults_are_acros() -> None:
    rules = Disclosure()
    assert (rules.degrees_of_freedom, rules.dominance_n, rules.dominance_share, rules.p_ratio) == (10, 2, 0.90, 0.10)  # fmt: skip
    assert (rules.zeros_disclosive, rules.rounding_base) == (True, 5)
    assert "svg" not in rules.file_types


def test_a_site_that_says_nothing_has_the_defaults() -> None:
    assert asdict(DisclosureSettings()) == {"smallest_cell": Conditions().smallest_cell, **asdict(Disclosure())}  # fmt: skip


@settings(deadline=None)
@given(RULES, RULES)
def test_the_strictest_of_two_is_looser_than_neither(one: Disclosure, other: Disclosure) -> None:
    both = strictest((one, other))
    assert strictest((both, one)) == both == strictest((other, both))
    assert both == strictest((other, one))
    assert strictest((one,)) == one
    if both.file_types:
        assert parsed(both.plain(), one) == both == parsed(both.plain(), other)


@settings(deadline=None)
@given(RULES)
def test_what_is_stored_comes_back_the_same(rules: Disclosure) -> None:
    assert stored(rules.plain()) == rules
    conditions = Conditions(smallest_cell=12, disclosure=rules)
    assert stored_conditions(conditions.plain()) == conditions


def test_conditions_of_before_have_the_default_rules() -> None:
    before = {name: value for name, value in Conditions().plain().items() if name != "disclosure"}
    assert stored_conditions(before) == Conditions()


def test_several_permits_allow_what_all_of_them_allow() -> None:
    one = Conditions(runs=5, smallest_cell=20, disclosure=Disclosure(rounding_base=10, most_rows=50))
    other = Conditions(runs=9, smallest_cell=10, disclosure=Disclosure(file_types=("csv",)))
    both = strictest_of([one, other])
    assert (both.runs, both.smallest_cell) == (5, 20)
    assert both.disclosure == Disclosure(rounding_base=10, most_rows=50, file_types=("csv",))
    assert strictest_of([]) == Conditions()


def test_what_is_not_said_is_as_at_the_site() -> None:
    site = Disclosure(degrees_of_freedom=20, file_types=("csv", "txt"))
    assert parsed({}, site) == site
    assert parsed({"rounding_base": "10", "file_types": " .CSV "}, site) == replace(site, rounding_base=10, file_types=("csv",))  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        {"degrees_of_freedom": 9}, {"dominance_n": 1}, {"dominance_percent": 91}, {"p_percent": 9}, {"rounding_base": 4},
        {"zeros_disclosive": False}, {"zeros_disclosive": "no"}, {"most_rows": 1001}, {"file_types": ["csv", "svg"]},
    ],
)  # fmt: skip
def test_no_rule_is_asked_for_looser_than_the_sites(said: dict[str, Any]) -> None:
    assert set(said) <= {f.name for f in fields(Disclosure)}
    with pytest.raises(Invalid) as error:
        parsed(said, Disclosure())
    assert error.value.code == f"invalid.{next(iter(said))}"
    assert parsed(said) != Disclosure()  # a site itself may have it so


@pytest.mark.parametrize(
    "said",
    [
        {"colour": "red"}, {"p_percent": "1e1"}, {"p_percent": "-1"}, {"p_percent": True}, {"p_percent": "9" * 400}, {"rounding_base": "٥"},
        {"zeros_disclosive": "perhaps"}, {"file_types": ""}, {"file_types": "../x"}, {"file_types": 5}, {"most_rows": None},
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_by_its_name(said: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as error:
        parsed(said, Disclosure())
    assert error.value.code in {f"invalid.{next(iter(said))}", "invalid.rule"}
