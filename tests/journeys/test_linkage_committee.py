"""The export committee is blind until it is over, and a linkage is shown to those whom it concerns."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Conflict, Missing, Refused, Tampered
from dalgubeol.rules.linkage import Field, Stand
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.linkage import committee, story
from dalgubeol.verbs.people import people

from .crossing import Linkage, joined, matched
from .linking import EXPERTS, PASSWORD, persons

CALLED = {login: Field(field) for login, field in EXPERTS.items()}


@pytest.fixture
def result(linkage: Linkage) -> Linkage:
    """As far as the result, which waits for its review."""
    linkage.agree()
    linkage.bring({"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)})
    joined(linkage, matched(linkage))
    return linkage


def joins(linkage: Linkage, login: str, organisation: str, role: str) -> None:
    house, operator = linkage.at("expert")
    code = people.invite(house, operator, login=login, name=login, organisation=organisation, roles=[role])
    people.join(house, code, PASSWORD)
    people.sign_in(replace(house, settings=linkage.sites.settings("expert", login)), login, PASSWORD)


def told(linkage: Linkage) -> list[dict[str, Any]]:
    house, _ = linkage.at("expert")
    return prove.records(house, limit=10_000)


def payloads(linkage: Linkage, event: str) -> list[dict[str, Any]]:
    return [line["payload"] for line in told(linkage) if line["event"] == event]


def test_a_vote_is_nobodys_to_know_before_the_committee_is_over(result: Linkage, tmp_path: Path) -> None:
    at = result.at
    committee.convene(*at("expert"), "linked", CALLED)
    own = committee.judge(*at("expert", "lawyer"), "linked", Stand.APPROVE, "nobody stands out")
    assert [(s.stand, s.comment) for s in own.said] == [(Stand.APPROVE, "nobody stands out")]
    for login in ("operator", "doctor"):
        seen = committee.minutes(*at("expert", login), "linked")
        assert [(s.stand, s.comment, s.signature) for s in seen.said] == [(Stand.SEALED, "", None)]
        assert (seen.outcome.approved, seen.outcome.approving, seen.outcome.rejecting) == (None, 0, 0)
        assert story.look(*at("expert", login), "injuries").minutes == (seen,)
    committee.judge(*at("expert", "engineer"), "linked", Stand.REJECT, "ages are too fine")
    votes = payloads(result, "judged")
    assert [set(vote) for vote in votes] == [{"round", "sealed", "signature_digest"}] * 2
    assert len({len(vote["sealed"]) for vote in votes}) == 1, "the length tells nothing"
    history = json.dumps(told(result))
    assert not any(word in history for word in ("nobody stands out", "too fine", "judged-opened"))
    with pytest.raises(Refused):
        result.post("expert", "linked", "firm")

    after = committee.judge(*at("expert", "doctor"), "linked", Stand.APPROVE)
    assert after.outcome.approved is True
    assert {s.comment for s in after.said} == {"nobody stands out", "ages are too fine", ""}
    assert committee.minutes(*at("expert"), "linked") == after
    assert sorted(vote["stand"] for vote in payloads(result, "judged-opened")) == ["approve", "approve", "reject"]  # fmt: skip
    house, _ = at("expert")
    prove.export(house, tmp_path / "history.jsonl")
    whole = prove.verify(tmp_path / "history.jsonl", house.facts.verifier_key)
    assert (whole.events["judged-opened"], whole.signatures) == (3, 3)
    assert result.post("expert", "linked", "firm").exists()


def test_with_too_few_left_it_is_over_and_another_is_called(result: Linkage) -> None:
    at = result.at
    committee.convene(*at("expert"), "linked", CALLED)
    committee.judge(*at("expert", "lawyer"), "linked", Stand.REJECT, "too fine")
    left = committee.judge(*at("expert", "doctor"), "linked", Stand.RECUSED, "my sister is in it")
    assert left.outcome.over
    assert {s.stand for s in left.said} == {Stand.REJECT, Stand.RECUSED}
    assert len(payloads(result, "judged-opened")) == 1
    with pytest.raises(Conflict):  # who knows the others' votes votes no more
        committee.judge(*at("expert", "engineer"), "linked", Stand.APPROVE)
    assert committee.convene(*at("expert"), "linked", CALLED).round == 2


def test_a_linkage_is_shown_to_those_whom_it_concerns(result: Linkage) -> None:
    joins(result, "colleague", "expert org", "provider")
    joins(result, "firm2", "another firm", "provider")
    joins(result, "student", "expert org", "analyst")
    committee.convene(*result.at("expert"), "linked", CALLED)
    for login in ("operator", "lawyer", "doctor", "colleague"):
        at = result.at("expert", login)
        assert [line.linkage for line in story.listed(*at)] == ["injuries"]
        assert story.look(*at, "injuries").minutes
        assert committee.minutes(*at, "linked").round == 1
    for login in ("partisan", "firm2", "student"):
        at = result.at("expert", login)
        assert story.listed(*at) == ()
        for look in (
            lambda at=at: story.look(*at, "injuries"),
            lambda at=at: committee.minutes(*at, "linked"),
            lambda at=at: committee.judge(*at, "linked", Stand.APPROVE),
        ):
            with pytest.raises(Missing):
                look()
    with pytest.raises(Missing):
        committee.convene(*result.at("expert", "firm2"), "linked", CALLED)


def test_what_is_refused_stands_in_the_history(result: Linkage) -> None:
    at = result.at
    house, operator = at("expert")
    with pytest.raises(Refused):
        committee.convene(house, operator, "linked", {**CALLED, "partisan": Field.LAW})
    with pytest.raises(Refused):
        committee.convene(*at("expert", "lawyer"), "linked", CALLED)
    committee.convene(house, operator, "linked", CALLED)
    with pytest.raises(Refused):
        committee.judge(house, operator, "linked", Stand.APPROVE)
    assert [each["reasons"] for each in payloads(result, "refused")] == [
        ["committee.interest"], ["linkage.role"], ["committee.member"],
    ]  # fmt: skip


def test_another_vote_than_the_one_that_was_cast_is_noticed() -> None:
    leaf = {"event": "judged-opened", "subject": "dataset-1", "actor": "person-1"}
    with pytest.raises(Tampered, match="not cast before"):
        prove._check_opened(3, leaf, {"signature": "ab" * 64}, {("dataset-1", "person-1", "0" * 64)})
