"""What the pages ask: numbers of the region, what waits for whom, the papers of a Dataset, a Permit's story."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dalgubeol.errors import Refused
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.permit import PermitState, Purpose, Verdict
from dalgubeol.nouns.record import Event, Record, Retention
from dalgubeol.verbs.datasets import choices, register
from dalgubeol.verbs.history import region
from dalgubeol.verbs.house.clock import now
from dalgubeol.verbs.house.transition import record
from dalgubeol.verbs.papers import papers
from dalgubeol.verbs.people import waiting
from dalgubeol.verbs.permits import grant, permit_story
from dalgubeol.verbs.permits.applications import Asked


@pytest.fixture
def claims(town: Any, tmp_path: Path) -> Any:
    path = tmp_path / "claims.csv"
    path.write_text("person_no,age\n" + "".join(f"{n},{20 + n}\n" for n in range(20)))
    return register.add(
        town.house, town.who("provider"), path, name="claims", sensitivity=Sensitivity.PERSONAL
    )


@pytest.fixture
def prices(town: Any, tmp_path: Path) -> Any:
    path = tmp_path / "prices.csv"
    path.write_text("month,won\n1,100\n")
    return register.add(
        town.house, town.who("provider"), path, name="prices", sensitivity=Sensitivity.PUBLIC, about={"description": "of steel"}
    )  # fmt: skip


def asked(town: Any, dataset: Any) -> Any:
    return grant.request(
        town.house, town.who("analyst"), kinds=["analyse"], names=[dataset.id], purpose=Purpose.STATISTICS,
        reason="to count accidents", until="2999-01-01", asked=Asked(pledged="en"),
    )  # fmt: skip


def test_the_numbers_are_those_of_the_site(town: Any, claims: Any, prices: Any) -> None:
    before = region.numbers(town.house)
    assert (before.datasets[Sensitivity.PERSONAL], before.datasets[Sensitivity.PUBLIC]) == (1, 1)
    assert (before.permits_in_force, before.runs_done, before.releases) == (0, 0, 0)
    assert before.organisations == 4
    assert len(before.runs_by_month) == region.MONTHS
    permit = asked(town, claims)
    for login in ("operator", "provider"):
        grant.decide(town.house, town.who(login), permit.id, Verdict.GRANT)
    after = region.numbers(town.house)
    assert after.permits_in_force == 1
    assert after.records > before.records


def test_only_open_datasets_are_found_without_signing_in(town: Any, claims: Any, prices: Any) -> None:
    assert [d.name for d in region.open_datasets(town.house)] == ["prices"]
    assert [d.name for d in region.open_datasets(town.house, "STEEL won")] == ["prices"]
    assert region.open_datasets(town.house, "claims") == ()
    with pytest.raises(Refused):
        papers.papers(town.house, None, claims.id)
    shown = papers.papers(town.house, None, prices.id)
    assert {line.name for line in shown.lines} == {""}  # no names of people


def test_a_request_waits_for_those_who_may_decide(town: Any, claims: Any) -> None:
    permit = asked(town, claims)
    for login, waits in (("operator", True), ("provider", True), ("analyst", False), ("reviewer", False)):
        found = waiting.waiting(town.house, town.who(login)).permits
        assert bool(found) is waits, login
    grant.decide(town.house, town.who("operator"), permit.id, Verdict.GRANT)
    assert waiting.waiting(town.house, town.who("operator")).permits == ()
    assert len(waiting.waiting(town.house, town.who("provider")).permits) == 1


def test_the_papers_say_what_one_may_do_and_why_not(town: Any, claims: Any) -> None:
    own = papers.papers(town.house, town.who("provider"), claims.id)
    uses = {use.kind: use.ruling.reasons for use in own.uses}
    assert uses["pseudonymise"] == ()
    assert "release" not in uses
    assert own.may_destroy
    strange = papers.papers(town.house, town.who("analyst"), claims.id)
    reasons = {use.kind: use.ruling.reasons for use in strange.uses}["pseudonymise"]
    assert {r.code for r in reasons} == {"permit.none", "grant.none", "dataset.personal"}
    assert not strange.may_destroy
    assert [line.event for line in strange.lines] == [Event.REGISTERED]


def test_what_the_site_did_by_itself_has_no_persons_name(town: Any, prices: Any) -> None:
    site = town.house.facts.id
    told = Record(Event.DESTROYED, f"destroyed/{prices.id}", now(), site, prices.id, {}, Retention.PERMANENT, (prices.id,))  # fmt: skip
    town.house.write(lambda connection: record(connection, told))
    for who in (None, town.who("analyst")):
        newest = papers.papers(town.house, who, prices.id).lines[0]
        assert (newest.event, newest.organisation, str(newest.name)) == (
            Event.DESTROYED,
            "",
            "the site itself",
        )


def test_a_permits_story_tells_each_step_and_what_it_lacks(town: Any, claims: Any) -> None:
    permit = asked(town, claims)
    actor = town.who("analyst").actor
    story = permit_story.permit_story(town.house, actor, permit.id)
    assert {step.what for step in story.steps} == {Event.REQUESTED, Event.PLEDGED}
    assert "2 of 2" in story.lacks[0].text()
    assert story.may_withdraw
    grant.decide(town.house, town.who("operator"), permit.id, Verdict.GRANT, "good")
    grant.decide(town.house, town.who("provider"), permit.id, Verdict.GRANT)
    story = permit_story.permit_story(town.house, town.who("operator").actor, permit.id)
    assert [step.what for step in story.steps if step.what is not Event.PLEDGED] == [
        Event.REQUESTED,
        Event.DECIDED,
        Event.DECIDED,
        Event.GRANTED,
    ]
    assert [step.signed for step in story.steps if step.what is not Event.PLEDGED] == [None, True, True, None]
    assert next(step.comment for step in story.steps if step.what is Event.DECIDED) == "good"
    assert story.lacks == ()
    assert story.may_revoke
    grant.revoke(town.house, town.who("operator"), permit.id)
    ended = permit_story.permit_story(town.house, actor, permit.id)
    assert (ended.permit.state, ended.steps[-1].what) == (PermitState.REVOKED, Event.REVOKED)
    assert not ended.may_withdraw


def test_a_slot_offers_only_what_may_be_used(town: Any, claims: Any, prices: Any) -> None:
    def offered(login: str, kind: str) -> list[str]:
        return sorted(d.name for d in choices.usable(town.house, town.who(login).actor, kind)["data"])

    assert offered("provider", "pseudonymise") == ["claims", "prices"]
    assert offered("analyst", "pseudonymise") == []
    permit = asked(town, claims)
    for login in ("operator", "provider"):
        grant.decide(town.house, town.who(login), permit.id, Verdict.GRANT)
    assert offered("analyst", "analyse") == ["claims"]
    assert [d.name for d in choices.datasets_like(town.house, "STEEL")] == ["prices"]


def test_a_permit_is_asked_for_what_people_run_and_for_letting_out() -> None:
    assert "release" in choices.permitted()
    assert "release" not in choices.runnable_kinds()
    assert not {"make-safe", "bring-in", "restore"} & set(choices.permitted())
