"""What is sent in a linkage is used by others: it is held back by what holds back every other use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dalgubeol.errors import Refused
from dalgubeol.nouns.panel import Finding, Panel, PanelKind, PanelState
from dalgubeol.nouns.permit import Role
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.linkage import post
from dalgubeol.verbs.people import people
from dalgubeol.verbs.projects import accidents, panels, projects

from .answers import CHECKS
from .crossing import COLUMNS, Linkage
from .linking import PASSWORD, persons

pytestmark = pytest.mark.slow

JUDGES = ("judge1", "judge2", "judge3")
MINUTES = "Met on Monday; the risk after processing was asked for and found low."


@pytest.fixture
def firm(linkage: Linkage) -> Linkage:
    """As far as the firm's payload, not yet sent."""
    linkage.agree()
    linkage.bring({"firm": persons(30, 0, 0)})
    linkage.make_secrets()
    inputs = {"data": "people", "agreement": "injuries", "secret": "injuries-secret"}
    made = linkage.done("firm", "link-keys", inputs, columns=COLUMNS["firm"], name="keys")
    linkage.pseudonymised("firm", made["numbered"])
    return linkage


def held_back(linkage: Linkage, dataset: str = "payload") -> set[str]:
    """Why the payload is not sent. Nothing lies where it would have, and a Record says so."""
    before = set(linkage.folder.iterdir())
    with pytest.raises(Refused) as error:
        linkage.post("firm", dataset, "expert")
    assert set(linkage.folder.iterdir()) == before
    codes = {reason.code for reason in error.value.reasons}
    refused = [r for r in prove.records(linkage.at("firm")[0], limit=1000) if r["event"] == "refused"]
    assert refused
    return codes


def actor_of(linkage: Linkage) -> Any:
    house, who = linkage.at("firm")
    return house, who.actor


def seated(linkage: Linkage) -> Panel:
    house, who = linkage.at("firm")
    for login in JUDGES:
        if ("firm", login) not in linkage.houses:
            code = people.invite(house, who, login=login, name=login, organisation=f"{login} office", roles=[Role.REVIEWER])  # fmt: skip
            people.join(house, code, PASSWORD)
            people.sign_in(replace(house, settings=linkage.sites.settings("firm", login)), login, PASSWORD)
            linkage.at("firm", login)
    answers = {"environment": "the expert agency"}
    return panels.open_(house, who, PanelKind.ADEQUACY, project="injuries", dataset="payload", members=JUDGES, answers=answers)  # fmt: skip


def decided(linkage: Linkage, panel: Panel, finding: Finding) -> Panel:
    for login in JUDGES:
        panels.speak(
            *linkage.at("firm", login), panel.id, finding, "as it is", {**CHECKS, "risk": (finding.value, "")}
        )
    return panels.close(*linkage.at("firm", "judge1"), panel.id, MINUTES)


def test_a_payload_goes_only_once_the_adequacy_review_found_it_adequate(firm: Linkage) -> None:
    panel = seated(firm)
    assert held_back(firm) == {"review.none"}
    assert decided(firm, panel, Finding.ADEQUATE).state is PanelState.ADEQUATE
    assert firm.post("firm", "payload", "expert").is_file()


def test_what_a_review_found_inadequate_is_not_sent_nor_made_again_and_sent_unseen(firm: Linkage) -> None:
    decided(firm, seated(firm), Finding.INADEQUATE)
    assert held_back(firm) == {"review.inadequate"}
    (numbered,) = register.show(*actor_of(firm), "payload").sources
    firm.done(
        "firm", "pseudonymise", {"data": numbered}, project="injuries", quasi=["age"], keep=["serial", "weeks"],
        k=2, suppression_limit=0.5, name="payload again",
    )  # fmt: skip
    assert held_back(firm, "payload again") == {"review.none"}


def test_after_the_processing_period_nothing_is_sent(firm: Linkage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "now", lambda: "2100-01-02T00:00:00.000+00:00")
    assert held_back(firm) == {"project.over"}


def test_what_an_accident_stopped_is_sent_to_nobody(firm: Linkage) -> None:
    accidents.report(*firm.at("firm"), "payload", "somebody was known by age and weeks")
    assert held_back(firm) == {"dataset.stopped"}


def test_an_accident_while_an_envelope_is_sealed_still_holds_it_back(
    firm: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, who = firm.at("firm")
    sealed = post.Sealing

    def sealed_and_reported(*given: Any) -> Any:
        made = sealed(*given)
        accidents.report(house, who, "payload", "somebody was known by age and weeks")
        return made

    monkeypatch.setattr(post, "Sealing", sealed_and_reported)
    assert held_back(firm) == {"dataset.stopped"}
