from __future__ import annotations

import pytest

from dalgubeol.nouns.permit import Actor, Role
from dalgubeol.rules.reviewing import VOTES_NEEDED, Vote, reasons_not_to_review, visible_votes


def reviewer(id_: str, organisation: str = "board", role: Role = Role.REVIEWER) -> Actor:
    return Actor(id_, organisation, frozenset({role}))


def vote(person: str) -> Vote:
    return Vote(person, True, "2026-03-01T12:00:00.000+00:00", "", "ab", "cd")


@pytest.mark.parametrize(
    ("actor", "votes", "expected"),
    [
        (reviewer("r1"), (), set()),
        (reviewer("r2"), (vote("r1"),), set()),
        (reviewer("r1"), (vote("r1"),), {"review.again"}),
        (reviewer("author"), (), {"review.own"}),
        (reviewer("r1", "uni"), (), {"review.organisation"}),
        (reviewer("r1", role=Role.OPERATOR), (), {"review.role"}),
        (reviewer("author", "uni", Role.ANALYST), (vote("author"),), {"review.own", "review.organisation", "review.role", "review.again"}),
    ],
)  # fmt: skip
def test_who_may_not_vote_is_told_every_reason(
    actor: Actor, votes: tuple[Vote, ...], expected: set[str]
) -> None:
    assert {r.code for r in reasons_not_to_review(actor, "author", "uni", votes)} == expected


@pytest.mark.parametrize(
    ("organisation", "voters", "expected"),
    [
        ("hospital", set(), set()),
        ("hospital", {"board"}, set()),
        ("hospital", {"hospital"}, {"review.provider"}),
        ("board", {"board"}, set()),
        ("board", {"hospital"}, set()),
        ("clinic", {"hospital"}, set()),
    ],
)
def test_the_providers_organisation_sends_at_most_one_of_the_two(
    organisation: str, voters: set[str], expected: set[str]
) -> None:
    reasons = reasons_not_to_review(
        reviewer("r2", organisation), "author", "uni", (vote("r1"),),
        providers=frozenset({"hospital", "clinic"}), voters=frozenset(voters),
    )  # fmt: skip
    assert {r.code for r in reasons} == expected


def test_nobody_sees_the_others_vote_before_all_have_voted() -> None:
    assert VOTES_NEEDED == 2
    one, two = vote("r1"), vote("r2")
    assert visible_votes(reviewer("r2"), [one]) == ()
    assert visible_votes(reviewer("r1"), [one]) == (one,)
    for anybody in ("r1", "r2", "x"):
        assert visible_votes(reviewer(anybody), [one, two]) == (one, two)
