from __future__ import annotations

from dataclasses import replace

import pytest

from dalgubeol.nouns.permit import Actor, Role
from dalgubeol.rules.airlock import Case
from dalgubeol.rules.reviewing import (
    VOTES_NEEDED,
    FileVerdict,
    FileVote,
    Vote,
    needed,
    outcome,
    reasons_not_to_review,
    visible_votes,
)


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
    for voter in ("r1", "r2"):
        assert visible_votes(reviewer(voter), [one, two]) == (one, two)
    assert visible_votes(reviewer("r3"), [one, two]) == (), "a third who is still to vote knows neither"
    assert visible_votes(reviewer("x"), [one, two], ended=True) == (one, two)


A, M, R = FileVote(FileVerdict.APPROVE), FileVote(FileVerdict.MEND), FileVote(FileVerdict.REJECT)


@pytest.mark.parametrize(
    ("words", "expected", "votes_needed"),
    [
        ([(A, A), (A, A)], Case.AGREED, 2),
        ([(A, M), (A, M)], Case.TO_MEND, 2),
        ([(A, R), (A, R)], Case.REFUSED, 2),
        ([(M,), (R,)], Case.TO_MEND, 2),
        ([(A, A), (A, M)], Case.DIFFERENT, 3),
        ([(A, A), (A, M), (A, A)], Case.AGREED, 3),
        ([(A,), (R,), (R,)], Case.REFUSED, 3),
        ([(A,), (M,), (R,)], Case.TO_MEND, 3),
        ([(A, R), (M, A), (A, A)], Case.AGREED, 3),
    ],
)
def test_what_votes_on_each_file_come_to(
    words: list[tuple[FileVote, ...]], expected: Case, votes_needed: int
) -> None:
    votes = [
        replace(vote(f"r{n}"), files=said, approve=all(s is A for s in said)) for n, said in enumerate(words)
    ]
    assert outcome(votes) is expected
    assert needed(votes) == votes_needed


def test_a_vote_from_before_files_were_voted_on_says_it_of_all() -> None:
    assert outcome([vote("r1"), replace(vote("r2"), files=(A, A))]) is Case.AGREED
    assert outcome([vote("r1"), replace(vote("r2"), files=(A, M), approve=False)]) is Case.DIFFERENT


@pytest.mark.parametrize("name", ["KNU Lab", "knu lab", "KNULab", "ＫＮＵ Lab"])
def test_an_organisation_written_otherwise_is_the_same(name: str) -> None:
    assert {r.code for r in reasons_not_to_review(reviewer("r1", name), "author", "knu  lab")} == {
        "review.organisation"
    }
    second = reasons_not_to_review(
        reviewer("r2", name), "author", "uni", (vote("r1"),),
        providers=frozenset({"knu  lab"}), voters=frozenset({"KNU lab"}),
    )  # fmt: skip
    assert {r.code for r in second} == {"review.provider"}
