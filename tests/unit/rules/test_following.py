"""Who may follow what a script prints."""

from __future__ import annotations

import pytest

from dalgubeol.nouns.permit import Actor, Role
from dalgubeol.rules.following import reasons_not_to_follow


@pytest.mark.parametrize(
    ("person", "organisation", "roles", "codes"),
    [
        ("o", "centre", {Role.OPERATOR}, set()),
        ("o", "centre", {Role.OPERATOR, Role.REVIEWER}, set()),
        ("r", "centre", {Role.REVIEWER}, {"log.role"}),
        ("p", "hospital", {Role.PROVIDER}, {"log.role", "log.organisation"}),
        ("f", "plant", {Role.OPERATOR}, {"log.organisation"}),
        ("c", "lab", {Role.OPERATOR}, {"log.organisation", "log.own"}),
        ("c", " L ab", {Role.OPERATOR}, {"log.organisation", "log.own"}),
        ("a", "lab", {Role.ANALYST}, {"log.role", "log.organisation", "log.own"}),
        ("a", "centre", {Role.ANALYST, Role.OPERATOR}, {"log.own"}),  # moved since she asked for the Run
    ],
)
def test_only_operators_of_the_centre_follow_a_run_and_never_their_own(
    person: str, organisation: str, roles: set[Role], codes: set[str]
) -> None:
    actor = Actor(person, organisation, frozenset(roles))
    assert {r.code for r in reasons_not_to_follow(actor, "a", "lab", "centre")} == codes


def test_nobody_of_the_centre_follows_a_run_of_the_centre() -> None:
    actor = Actor("o", "centre", frozenset({Role.OPERATOR}))
    assert [r.code for r in reasons_not_to_follow(actor, "other", "centre", "centre")] == ["log.own"]
