"""Who pseudonymises, uses, decides and reviews: other people each, whichever roles they have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dalgubeol.errors import Refused
from dalgubeol.nouns.permit import Purpose, Role
from dalgubeol.nouns.project import Basis, ProjectPart
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.airlock import review
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.people import entry, people
from dalgubeol.verbs.permits import pledges
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.verbs.permits.duties import Past
from dalgubeol.verbs.projects import projects
from dalgubeol.world.store import reviews

from .conftest import PASSWORD, As, Visit
from .test_story import ANALYSE, PSEUDONYMISE, codes, held, permitted, pseudonymised, refused

UNTIL = str((datetime.now(UTC) + timedelta(days=30)).date())
HANDS = {"one": "firm one", "two": "firm two", "hospital": "hospital", "hospital2": "hospital"}
"""People with every role there is."""


@pytest.fixture(autouse=True)
def with_many_hands(visit: Visit, as_: As) -> None:
    with as_("operator") as site:
        house, operator = site._house, site.who
        for login, organisation in HANDS.items():
            code = people.invite(
                house, operator, login=login, name=login, organisation=organisation, roles=list(Role)
            )
            people.join(house, code, PASSWORD)
            entry.sign_in(replace(house, settings=visit.settings(login)), login, PASSWORD)


def request(as_: As, login: str, kinds: tuple[str, ...] = ("analyse",), name: str = "claims-p") -> str:
    with as_(login) as site:
        return site.request(
            list(kinds), [name], purpose="statistics", reason="counting the rows", until=UNTIL, asked=Asked(pledged="en")
        ).id  # fmt: skip


def against_request(as_: As, login: str) -> set[str]:
    with pytest.raises(Refused) as error:
        request(as_, login)
    return codes(error)


def against_decision(as_: As, login: str, permit: str) -> set[str]:
    with as_(login) as site, pytest.raises(Refused) as error:
        site.decide(permit, "grant")
    return codes(error)


def test_who_pseudonymised_neither_uses_nor_decides_nor_reviews_and_it_is_recorded(as_: As) -> None:
    pseudonymised(as_)
    assert against_request(as_, "provider") == {"duty.pseudonymiser", "request.provider"}
    with as_("provider") as site:
        told = [r for r in prove.records(site._house, limit=1000) if r["event"] == "refused"]
        assert [r["payload"]["reasons"] for r in told] == [["duty.pseudonymiser", "request.provider"]]
        with pytest.raises(Refused) as error:
            site.submit("analyse", {"data": "claims-p"}, ANALYSE)
        assert "duty.pseudonymiser" in codes(error)
    permit = request(as_, "analyst")
    assert against_decision(as_, "provider", permit) == {"duty.pseudonymiser"}


def test_another_table_of_the_same_persons_is_the_same_data(as_: As) -> None:
    """The provider made claims-p; somebody else makes claims-q of the same claims, under a Permit."""
    pseudonymised(as_)
    with as_("provider") as site:
        site.take_part("p1", "one", "pseudonymiser")
    permit = request(as_, "one", ("pseudonymise",), "claims")
    for login in ("steward", "operator"):
        with as_(login) as site:
            site.decide(permit, "grant")
    with as_("one") as site:
        run = site.run("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": "claims-q"})
        assert run.state is RunState.DONE
    assert against_request(as_, "one") == {"duty.pseudonymiser"}


def test_who_uses_neither_pseudonymises_nor_decides_nor_reviews(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    mine = request(as_, "two")
    theirs = request(as_, "one")
    assert against_decision(as_, "two", theirs) == {"duty.analyst"}
    assert refused(as_, "two", run.id) == {"duty.analyst"}
    with as_("operator") as site:
        assert site.decide(mine, "refuse")
    with as_("two") as site:  # whose request was refused uses nothing
        assert len(site.vote(run.id, True).votes) == 1


def test_who_decided_neither_uses_nor_pseudonymises_nor_reviews(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    asked = request(as_, "two")
    with as_("one") as site:
        site.decide(asked, "grant")
    assert against_request(as_, "one") == {"duty.decider"}
    assert refused(as_, "one", run.id) == {"duty.decider"}
    with as_("steward") as site, pytest.raises(Refused) as error:
        site.submit("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "name": "claims-q"})
    assert "duty.decider" in codes(error)


def test_who_reviewed_neither_uses_nor_decides(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    with as_("one") as site:
        site.vote(run.id, True)
    assert against_request(as_, "one") == {"duty.reviewer"}
    assert against_decision(as_, "one", request(as_, "two")) == {"duty.reviewer"}


def naming(as_: As, login: str, colleague: str) -> str:
    with as_(login) as site:
        return site.request(
            ["analyse"], ["claims-p"], purpose="statistics", reason="counting the rows", until=UNTIL,
            asked=Asked(people=[colleague], pledged="en"),
        ).id  # fmt: skip


def test_who_is_only_named_by_a_colleague_uses_nothing_and_may_review(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    permit = naming(as_, "hospital", "hospital2")
    with as_("hospital2") as site:
        assert len(site.vote(run.id, True).votes) == 1
        with pytest.raises(Refused) as error:  # and now she works under no Permit that somebody named her in
            pledges.sign(site._house, site.who, permit, "ko")
        assert codes(error) == {"duty.reviewer"}
        told = [r for r in prove.records(site._house, limit=1000) if r["event"] == "refused"]
        assert [(r["subject"], r["payload"]["reasons"]) for r in told] == [(permit, ["duty.reviewer"])]


def test_nobody_is_named_who_has_another_part_with_the_data(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    with as_("hospital2") as site:
        site.vote(run.id, True)
    for login, colleague, against in (
        ("hospital", "hospital2", {"duty.reviewer"}),
        ("steward", "provider", {"duty.decider", "duty.pseudonymiser", "request.provider"}),
    ):
        with pytest.raises(Refused) as error:
            naming(as_, login, colleague)
        assert codes(error) == against
        assert any(colleague in reason.text("en") for reason in error.value.reasons)


def test_who_answers_for_the_table_does_not_use_what_somebody_else_pseudonymised_from_it(as_: As) -> None:
    with as_("provider") as site:
        projects.open_(
            site._house, site.who, name="by-another", purpose=Purpose.STATISTICS, reason="counting the rows", until=UNTIL,
            basis=Basis.OTHER, evidence="a consent", people={ProjectPart.PSEUDONYMISER: ["one"]},
        )  # fmt: skip
    permit = request(as_, "one", ("pseudonymise",), "claims")
    for login in ("steward", "operator"):
        with as_(login) as site:
            site.decide(permit, "grant")
    with as_("one") as site:
        made = site.run("pseudonymise", {"data": "claims"}, {**PSEUDONYMISE, "project": "by-another", "name": "claims-q"})  # fmt: skip
        assert made.state is RunState.DONE
    with as_("provider") as site, pytest.raises(Refused) as error:
        site.request(["analyse"], ["claims-q"], purpose="statistics", reason="counting the rows", until=UNTIL, asked=Asked(pledged="en"))  # fmt: skip
    assert codes(error) == {"request.provider"}
    assert "A colleague asks for it" in str(error.value.next_step)
    with as_("provider") as site:
        told = [
            r["payload"]["reasons"] for r in prove.records(site._house, limit=1000) if r["event"] == "refused"
        ]
        assert told == [["request.provider"]]
        assert request(as_, "provider", ("assess",), "claims-q"), "measuring it is the last step of making it"
    assert request(as_, "analyst", name="claims-q")


def test_the_providers_organisation_sends_one_reviewer_and_not_both(as_: As) -> None:
    pseudonymised(as_)
    permitted(as_)
    run = held(as_)
    with as_("hospital") as site:
        site.vote(run.id, True)
    assert refused(as_, "hospital2", run.id) == {"review.provider"}
    with as_("hospital2") as site, site._house.database.reading() as connection:
        found = reviews.find(connection, run.id)
        assert review.reasons_not_to_look(Past(connection, site.who.actor), found) == ()
    with as_("reviewer2") as site:
        assert len(site.vote(run.id, True).votes) == 2


def test_who_was_refused_for_one_table_may_do_all_of_it_for_another(as_: As) -> None:
    pseudonymised(as_)
    assert against_request(as_, "provider") == {"duty.pseudonymiser", "request.provider"}
    assert request(as_, "provider", ("adapt",), "log")
