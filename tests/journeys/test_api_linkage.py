"""A linkage over HTTP: four served sites, their programs, and envelopes that are carried as files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.client import Client
from dalgubeol.errors import Conflict, Invalid, Missing, Refused, Tampered
from dalgubeol.nouns.permit import Scope
from dalgubeol.verbs.people import entry

from .linking import EXPERTS, ITEMS, ROLES, Sites, persons
from .served import serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
TERMS: dict[str, Any] = {
    "linkage": "injuries", "purpose": "scientific-research", "reason": "which work injures whom", "mode": "exact",
    "salt_by": "firm", "items": [{"name": name, "normalise": how} for name, how in ITEMS.items()],
}  # fmt: skip
COLUMNS = {"firm": {}, "insurer": {"name": "성명", "born": "생년월일"}}


class Offices:
    """A client of each person at each site."""

    def __init__(self, sites: Sites, stack: ExitStack) -> None:
        self.sites, self.stack, self.folder = sites, stack, sites.folder
        self.clients: dict[tuple[str, str], Client] = {}
        self.urls: dict[str, str] = {}
        for name in ROLES:
            own = sites.folder / name
            told = {"DALGU_SITE": str(own / "site"), "DALGU_KEYS": str(own / "keys")}
            self.urls[name] = stack.enter_context(serving({**os.environ, **told}, own)).url

    def at(self, name: str, login: str = "operator") -> Client:
        if (name, login) not in self.clients:
            house, who = self.sites.opened(name, login)
            with house:
                token = entry.make_token(house, who, "test", frozenset(Scope), 1)[1]
            self.clients[name, login] = self.stack.enter_context(Client(self.urls[name], token))
        return self.clients[name, login]

    def due(self, name: str) -> str:
        found = self.at(name).show_linkage("injuries")["next"]
        return found["name"] if found else ""

    def send(self, sender: str, dataset: str, to: str, content: str | None = None) -> Path:
        file = self.folder / f"{sender}-{dataset}-{content}-{to}.envelope"
        return self.at(sender).seal_envelope(dataset, to, file, content=content)

    def run(self, at: str, kind: str, inputs: dict[str, str], **parameters: Any) -> dict[str, str]:
        site = self.at(at)
        run = site.wait(site.submit_run(kind, inputs, parameters=parameters)["id"])
        assert run["state"] == "done", run
        return dict(run["outputs"])

    def cards(self) -> list[str]:
        return [self.at(name).make_card("injuries", name, role)["document"] for name, role in ROLES.items()]  # type: ignore[arg-type]


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Offices]:
    sites = Sites(tmp_path)
    sites.found()
    with ExitStack() as stack:
        yield Offices(sites, stack)


def test_four_programs_link_and_the_committee_lets_the_result_out(offices: Offices, tmp_path: Path) -> None:
    at, due, send, run = offices.at, offices.due, offices.send, offices.run
    drafted = at("firm").draft_agreement(TERMS, offices.cards())
    assert (drafted["signed"], len(drafted["unsigned"])) == ([], 4)
    copies = [at(name).sign_agreement([drafted["document"]])["document"] for name in ROLES]
    with pytest.raises(Conflict):  # each copy has one signature
        at("firm").take_up_agreement(copies[:3])
    assert at("firm").look_at_agreement(copies)["unsigned"] == []
    digests = {at(name).take_up_agreement(copies)["digest"] for name in ROLES}
    assert digests == {drafted["digest"]}

    offices.sites.bring({"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)})
    assert {name: due(name) for name in ROLES} == {
        "firm": "secret",
        "insurer": "salt-arrives",
        "keys": "keys-arrive",
        "expert": "pairs-arrive",
    }
    at("firm").make_linkage_secret("injuries")
    salt = send("firm", "injuries-secret", "insurer", "salt")
    with pytest.raises(Refused):  # no agency ever has the salt
        send("firm", "injuries-secret", "keys", "salt")
    with pytest.raises(Invalid):
        at("keys").open_envelopes([salt])
    at("insurer").open_envelopes([salt])
    with pytest.raises(Conflict):
        at("insurer").open_envelopes([salt])
    at("insurer").make_linkage_secret("injuries")
    keys, numbered = [], {}
    for name in ("firm", "insurer"):
        assert due(name) == "keys-made"
        inputs = {"data": "people", "agreement": "injuries", "secret": "injuries-secret"}
        made = run(name, "link-keys", inputs, columns=COLUMNS[name], name="keys")
        numbered[name] = made["numbered"]
        assert due(name) == "keys"
        keys.append(send(name, "keys", "keys"))
        assert due(name) == "told"
    at("keys").open_envelopes(keys)
    run("keys", "link-match", {"keys": "injuries-keys", "agreement": "injuries"}, name="pairs")
    told = at("keys").show_linkage("injuries")["next"]
    assert (told["name"], told["to"]) == ("told", ["firm", "insurer"])
    for name in ("firm", "insurer"):
        at(name).open_envelopes([send("keys", told["dataset"], name)])
        assert "Linkage rate: 66.67 %." in at(name).show_linkage("injuries")["said"]
        assert due(name) == "payload-made"
    pairs = send("keys", "pairs", "expert")
    assert due("keys") == "finish"
    payloads = []
    for name in ("firm", "insurer"):
        at(name).open_project(
            "injuries", "scientific-research", "which work injures whom", "2099-12-31", basis="28-3"
        )
        wished = {"project": "injuries", "keep": ["serial", "weeks"], "quasi": ["age"], "suppression_limit": 0.5, "k": 2, "name": "payload"}  # fmt: skip
        run(name, "pseudonymise", {"data": numbered[name]}, **wished)
        assert due(name) == "payload"
        payloads.append(send(name, "payload", "expert"))
        assert due(name) == "result"
    at("expert").open_envelopes([pairs])
    at("expert").open_envelopes(payloads)
    inputs = {"payloads": "injuries-payload", "pairs": "injuries-pairs", "agreement": "injuries"}
    run("expert", "link-join", inputs, name="linked")
    assert due("expert") == "review"

    with pytest.raises(Missing):
        send("expert", "linked", "firm")
    with pytest.raises(Refused) as refused:
        at("expert").convene_committee("linked", {**EXPERTS, "partisan": "law"})
    assert [reason.code for reason in refused.value.reasons] == ["committee.interest"]
    assert at("expert").convene_committee("linked", EXPERTS)["approved"] is None
    at("expert", "lawyer").judge_result("linked", "approve", comment="nobody stands out")
    assert due("expert") == "review"
    with pytest.raises(Refused):  # the operator is no member
        at("expert").judge_result("linked", "approve")
    decided = at("expert", "doctor").judge_result("linked", "approve")
    assert (decided["approved"], decided["said"][0]["comment"]) == (True, "nobody stands out")
    assert due("expert") == "result"
    at("firm").open_envelopes([send("expert", "linked", "firm")], name="result")
    assert at("firm").show_dataset("result")["rows"] == 20
    assert at("firm").finish_linkage("injuries")["destroyed"]
    ended = at("firm").show_linkage("injuries")
    assert (ended["ended"], ended["next"], {d["name"] for d in ended["here"]}) == (True, None, {"injuries", "result"})  # fmt: skip
    assert at("firm").list_linkages()[0]["ended"] is True


def test_what_does_not_fit_is_said_and_nothing_is_kept(offices: Offices, tmp_path: Path) -> None:
    at = offices.at
    cards = offices.cards()
    with pytest.raises(Refused) as refused:
        at("firm").draft_agreement({**TERMS, "salt_by": "keys"}, cards)
    assert [reason.code for reason in refused.value.reasons] == ["linkage.salt"]
    with pytest.raises(Tampered):
        at("firm").draft_agreement(TERMS, [cards[0].replace("firm org", "another"), *cards[1:]])
    for broken in ("{}", "[" * 200_000, '{"agreement": "\\ud800"}'):
        with pytest.raises(Invalid):
            at("firm").look_at_agreement([broken])
    drafted = at("firm").draft_agreement(TERMS, cards)
    signed = at("firm").sign_agreement([drafted["document"]])["document"]
    with pytest.raises(Tampered):
        at("keys").sign_agreement([signed.replace("which work injures whom", "whom we like")])
    tolerant = {**TERMS, "mode": "tolerant"}
    assert at("firm").measure_risk(TERMS) == []
    worst = max(each["names"] for each in at("firm").measure_risk(tolerant))
    assert 0 < worst < 1
    with pytest.raises(Conflict):
        at("firm").take_up_agreement([drafted["document"], at("firm").draft_agreement(tolerant, cards)["document"]])  # fmt: skip
    noise = tmp_path / "noise.envelope"
    noise.write_bytes(b"nothing of the kind")
    with pytest.raises(Invalid):
        at("firm").open_envelopes([noise])
    with pytest.raises(Missing):
        at("firm").show_linkage("injuries")
    assert [line["me"] for line in at("firm").list_linkages()] == [""]
    assert not list((tmp_path / "firm" / "site" / "staging").glob("*/carried"))
