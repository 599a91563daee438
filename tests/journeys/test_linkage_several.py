"""Several people of one site in one linkage: what one received another goes on with; who does not take part, or stands
on the other side, is kept out; what an accident stopped is not put together with what comes later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dalgubeol.errors import Missing, Refused
from dalgubeol.kinds.linkage_archive import packets
from dalgubeol.nouns.linkage import Content
from dalgubeol.rules.duties import Duty
from dalgubeol.rules.linkage import Field, Stand
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.linkage import committee, ending, kept, post, story
from dalgubeol.verbs.people import people
from dalgubeol.verbs.permits.duties import Past
from dalgubeol.verbs.projects import accidents
from dalgubeol.world.store import accidents as stopped

from .crossing import Linkage, joined, matched
from .linking import EXPERTS, PASSWORD, persons

pytestmark = pytest.mark.slow

TWO = {"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)}


def joins(linkage: Linkage, site: str, login: str, role: str = "operator", organisation: str = "") -> None:
    house, operator = linkage.at(site)
    organisation = organisation or f"{site} org"
    code = people.invite(house, operator, login=login, name=login, organisation=organisation, roles=[role])
    people.join(house, code, PASSWORD)
    people.sign_in(replace(house, settings=linkage.sites.settings(site, login)), login, PASSWORD)


def sent_keys(linkage: Linkage) -> list[Any]:
    linkage.agree()
    linkage.bring(TWO)
    linkage.make_secrets()
    linkage.keys()
    return [linkage.post(name, "keys", "keys") for name in linkage.applicants]


def sent_payloads(linkage: Linkage) -> list[Any]:
    linkage.agree()
    linkage.bring(TWO)
    linkage.make_secrets()
    made = linkage.keys()
    return [linkage.payload(name, made[name]["numbered"]) for name in linkage.applicants]


def here(linkage: Linkage, site: str) -> list[str]:
    house, who = linkage.at(site)
    return [d.id for d in register.listed(house, who.actor)]


def refusals(linkage: Linkage, site: str) -> list[list[str]]:
    told = prove.records(linkage.at(site)[0], limit=10_000)
    return [line["payload"]["reasons"] for line in told if line["event"] == "refused"]


def test_what_an_accident_stopped_is_not_put_together_with_what_comes_later(linkage: Linkage) -> None:
    firm, insurer = sent_payloads(linkage)
    house, who = linkage.at("expert")
    first = linkage.receive("expert", firm)
    accident = accidents.report(house, who, first.id, "somebody was known by age and weeks")
    before = here(linkage, "expert")
    with pytest.raises(Refused) as error:
        linkage.receive("expert", insurer)
    assert {reason.code for reason in error.value.reasons} == {"dataset.stopped"}
    assert here(linkage, "expert") == before
    assert refusals(linkage, "expert") == [["dataset.stopped"]]
    joins(linkage, "expert", "second")
    accidents.decide(*linkage.at("expert", "second"), accident.id, destroy=False)
    both = linkage.receive("expert", insurer)  # the same envelope: it had not been taken
    assert both.sources == (first.id,)


def test_an_accident_with_what_came_first_stops_what_it_was_put_together_to(linkage: Linkage) -> None:
    firm, insurer = sent_payloads(linkage)
    house, who = linkage.at("expert")
    first, both = linkage.receive("expert", firm), linkage.receive("expert", insurer)
    accidents.report(house, who, first.id, "somebody was known by age and weeks")
    with house.database.reading() as connection:
        assert set(stopped.stopped(connection, [first.id, both.id])) == {first.id, both.id}
    with pytest.raises(Refused) as error:
        linkage.run(
            "expert", "link-join", {"payloads": both.name, "pairs": both.name, "agreement": "injuries"}
        )
    assert "dataset.stopped" in {reason.code for reason in error.value.reasons}


def test_an_accident_while_envelopes_are_put_together_keeps_them_from_it(
    linkage: Linkage, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, insurer = sent_payloads(linkage)
    house, who = linkage.at("expert")
    first = linkage.receive("expert", firm)
    added = register.add

    def reported(*given: Any, **more: Any) -> Any:
        accidents.report(house, who, first.id, "somebody was known by age and weeks")
        return added(*given, **more)

    monkeypatch.setattr(kept.register, "add", reported)
    before = here(linkage, "expert")
    with pytest.raises(Refused) as error:
        linkage.receive("expert", insurer)
    assert {reason.code for reason in error.value.reasons} == {"dataset.stopped"}
    assert here(linkage, "expert") == before


def test_two_operators_who_receive_an_envelope_each_finish_together(linkage: Linkage) -> None:
    firm, insurer = sent_keys(linkage)
    joins(linkage, "keys", "second")
    first, second = linkage.at("keys"), linkage.at("keys", "second")
    one = post.receive(*first, [firm])
    both = post.receive(*second, [insurer])
    assert (both.owner, both.about["linkage"]["from"]) == (second[1].actor.id, list(linkage.applicants))
    assert both.sources == (one.id,)
    inputs = {"keys": both.name, "agreement": "injuries"}
    pairs = linkage.done("keys", "link-match", inputs, name="pairs")  # the first, on what the second received
    path = linkage.folder / "pairs.env"
    post.send(*second, "pairs", to="expert", file=path)  # and the second sends what the first made
    assert path.exists()
    assert pairs
    assert ending.finish(*second, "injuries").destroyed
    assert story.look(*first, "injuries").ended


def test_of_several_at_an_applicant_each_has_what_is_theirs(linkage: Linkage) -> None:
    linkage.agree()
    joins(linkage, "firm", "clerk", "provider")
    made = post.make_secret(*linkage.at("firm"), "injuries")
    clerk = linkage.at("firm", "clerk")
    with pytest.raises(Refused) as error:
        post.make_secret(*clerk, "injuries")
    assert {reason.code for reason in error.value.reasons} == {"dataset.owner"}
    with pytest.raises(Refused):
        post.send(*clerk, made.name, to="insurer", file=linkage.folder / "salt.env", content=Content.SALT)
    with pytest.raises(Refused):
        ending.finish(*clerk, "injuries")
    assert refusals(linkage, "firm") == [["dataset.owner"], ["dataset.owner"]]
    assert not (linkage.folder / "salt.env").exists()


def test_who_takes_no_part_in_a_linkage_does_nothing_in_it(linkage: Linkage) -> None:
    firm, _ = sent_keys(linkage)
    joins(linkage, "keys", "stranger", "provider", "another firm")
    stranger = linkage.at("keys", "stranger")
    before = here(linkage, "keys")
    for act in (
        lambda: post.receive(*stranger, [firm]),
        lambda: post.make_secret(*stranger, "injuries"),
        lambda: ending.finish(*stranger, "injuries"),
    ):
        with pytest.raises(Missing):
            act()
    assert here(linkage, "keys") == before
    assert linkage.receive("keys", firm)


def test_ones_own_blinded_items_are_not_put_together_with_the_others(linkage: Linkage) -> None:
    linkage.agree(mode="oblivious", salt_by="")
    linkage.bring(TWO)
    linkage.make_secrets("")
    linkage.keys()
    came = linkage.receive("insurer", linkage.post("firm", "keys", "insurer"))
    house, _ = linkage.at("insurer")
    with kept.stream(house, came) as opened:
        assert [p.manifest.of or p.manifest.sender for p in packets(opened)] == ["firm"]
    assert came.sources == ()


def test_who_saw_keys_never_handles_joined_data_of_the_same_applicants(linkage: Linkage) -> None:
    firm, _ = sent_keys(linkage)
    linkage.receive("keys", firm)
    joins(linkage, "keys", "fresh")
    turned = {**linkage.roles, "keys": "expert-agency", "expert": "key-agency"}
    second = replace(linkage, name="again", roles=turned, posted=[], secrets={}, secret_names={})
    second.agree(linkage="again", dummy=True)
    second.make_secrets()
    numbered = second.keys()["firm"]["numbered"]
    second.pseudonymised("firm", numbered)
    envelope = second.post("firm", "payload", "keys")
    before = here(linkage, "keys")
    with pytest.raises(Refused) as error:
        second.receive("keys", envelope)
    assert {reason.code for reason in error.value.reasons} == {"linkage.saw-keys"}
    assert here(linkage, "keys") == before
    assert refusals(linkage, "keys") == [["linkage.saw-keys"]]
    came = post.receive(*second.at("keys", "fresh"), [envelope])
    with pytest.raises(Refused) as error:  # nor by a Run on what another received
        second.run(
            "keys", "link-join", {"payloads": came.name, "pairs": "injuries-keys", "agreement": "again"}
        )
    assert "linkage.saw-keys" in {reason.code for reason in error.value.reasons}
    with pytest.raises(Refused):
        ending.finish(*second.at("keys"), "again")


def test_at_an_applicant_the_result_descends_from_what_was_sent_for_it(linkage: Linkage) -> None:
    linkage.agree()
    linkage.bring(TWO)
    joined(linkage, matched(linkage))
    called = {login: Field(field) for login, field in EXPERTS.items()}
    committee.convene(*linkage.at("expert"), "linked", called)
    for login in ("lawyer", "doctor"):
        committee.judge(*linkage.at("expert", login), "linked", Stand.APPROVE)
    result = linkage.receive("firm", linkage.post("expert", "linked", "firm"))
    house, who = linkage.at("firm")
    payload = register.show(house, who.actor, "payload")
    assert result.sources == (payload.id,)
    with house.database.reading() as connection:
        barred = Past(connection, who.actor).reasons_against(Duty.ANALYST, [result])
    assert {reason.code for reason in barred} == {"duty.pseudonymiser"}
    accidents.report(house, who, "payload", "somebody was known by age and weeks")
    with house.database.reading() as connection:
        assert result.id in stopped.stopped(connection, [result.id])
