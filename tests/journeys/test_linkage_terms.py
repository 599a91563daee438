"""What may be agreed otherwise than by default, at real sites: who makes what, which rows leave, what comes first."""

from __future__ import annotations

from typing import Any

import pytest

from dalgubeol.errors import DalguError, Refused
from dalgubeol.nouns.linkage import Content
from dalgubeol.rules.linkage import Field, Stand
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.linkage import committee, post

from .crossing import Linkage, check_crossed, joined, matched, rows_of
from .linking import EXPERTS, ROLES, THIRD, persons

pytestmark = pytest.mark.slow

TWO = {"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)}


def told(linkage: Linkage, made: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Everybody is told: what they then have, and their rates."""
    received = {name: linkage.receive(name, linkage.post("keys", made["keys"]["told"], name)) for name in linkage.applicants}  # fmt: skip
    return {name: (dataset, dataset.about["said"][0][1]["rate"]) for name, dataset in received.items()}


def both(rows: list[dict[str, Any]], *applicants: str) -> int:
    """How many rows hold persons of exactly these applicants."""
    having = [{c.partition(".")[0] for c, v in row.items() if v is not None} for row in rows]
    return sum(found == set(applicants) for found in having)


def approved(linkage: Linkage, dataset: str) -> None:
    committee.convene(*linkage.at("expert"), dataset, {login: Field(f) for login, f in EXPERTS.items()})
    for login in ("lawyer", "doctor"):
        committee.judge(*linkage.at("expert", login), dataset, Stand.APPROVE)


def test_a_mock_linkage_joins_a_part_first_and_says_so_everywhere(linkage: Linkage) -> None:
    linkage.agree(mock=0.5)
    linkage.bring(TWO)
    made = matched(linkage, mock=True)
    assert told(linkage, made)["firm"][1] == "66.67"
    joined(linkage, made)
    mock = rows_of(linkage, "expert", "linked")
    assert 0 < len(mock) < 20
    approved(linkage, "linked")
    result = linkage.receive("firm", linkage.post("expert", "linked", "firm"))
    assert result.about["linkage"]["mock"] is True
    inputs = {"keys": "injuries-keys", "agreement": "injuries"}
    linkage.done("keys", "link-match", inputs, name="all pairs")
    linkage.receive("expert", linkage.post("keys", "all pairs", "expert"))
    inputs = {"payloads": "injuries-payload", "pairs": "injuries-pairs-2", "agreement": "injuries"}
    linkage.done("expert", "link-join", inputs, name="all")
    whole = rows_of(linkage, "expert", "all")
    assert len(whole) == 20
    assert all(row in whole for row in mock)
    received = check_crossed(linkage)
    assert [p.manifest.mock for p in received["expert"] if p.manifest.content is Content.PAIRS] == [True, False]  # fmt: skip
    assert [p.manifest.mock for p in received["firm"] if p.manifest.content is Content.RESULT] == [True]


def test_where_no_mock_linkage_was_agreed_none_is_made(linkage: Linkage) -> None:
    linkage.agree()
    linkage.bring(TWO)
    matched(linkage)
    run = linkage.run("keys", "link-match", {"keys": "injuries-keys", "agreement": "injuries"}, mock=True)
    assert run.fault is not None
    assert "no mock" in run.fault.message or "without" in run.fault.message


def test_with_extraction_only_rows_that_will_be_joined_are_pseudonymised_and_sent(linkage: Linkage) -> None:
    linkage.agree(extract=True, sample=0.7)
    linkage.bring(TWO)
    made = matched(linkage)
    told(linkage, made)
    for name in linkage.applicants:
        inputs = {"numbered": made[name]["numbered"], "told": "injuries-told", "agreement": "injuries"}
        extracted = linkage.done(name, "link-extract", inputs, name="extracted")
        made[name]["numbered"] = extracted["extracted"]
    joined(linkage, made)
    rows = rows_of(linkage, "expert", "linked")
    assert 0 < len(rows) < 20
    assert both(rows, "firm", "insurer") == len(rows)
    received = check_crossed(linkage)
    (pairs,) = [p.table for p in received["expert"] if p.manifest.content is Content.PAIRS]
    for parcel in received["expert"]:
        if parcel.manifest.content is Content.PAYLOAD:
            sent = set(parcel.table["serial"].to_pylist())  # k-anonymity may have left out one of the few
            assert sent
            assert sent <= set(pairs[parcel.manifest.sender].to_pylist())
    own = {p.manifest.receiver: set(p.table["serial"].to_pylist()) for name in linkage.applicants for p in received[name]}  # fmt: skip
    assert own == {name: set(pairs[name].to_pylist()) for name in linkage.applicants}


@pytest.mark.parametrize(("may_leave", "leaving"), [((), 20), (("firm",), 31)])
def test_a_left_join_keeps_all_of_one_and_lets_out_what_was_agreed(
    linkage: Linkage, may_leave: tuple[str, ...], leaving: int
) -> None:
    linkage.agree(join="left", left="firm", may_leave=may_leave)
    nameless = f",{TWO['firm'].splitlines()[1].partition(',')[2]}"  # has no key, and is kept by the join
    linkage.bring({**TWO, "firm": f"{TWO['firm']}{nameless}\n"})
    made = matched(linkage)
    out = joined(linkage, made)
    rows = {name: rows_of(linkage, "expert", id_) for name, id_ in out.items()}
    assert len(rows["leaving"]) == leaving
    assert both(rows["joined"], "firm", "insurer") == 20
    assert both(rows["joined"], "firm") == 11
    assert len(rows["joined"]) == 31
    approved(linkage, "linked")
    result = linkage.receive("insurer", linkage.post("expert", "linked", "insurer"))
    assert result.rows == leaving
    with pytest.raises(DalguError):
        linkage.post("expert", out["joined"], "firm")
    received = check_crossed(linkage)
    (sent,) = [p.table for p in received["insurer"] if p.manifest.content is Content.RESULT]
    assert both(sent.to_pylist(), "firm") == leaving - 20


@pytest.mark.parametrize(
    ("issuer", "maker"), [("insurer", "insurer"), ("insurer", "keys"), ("firm", "insurer")]
)
def test_salt_and_serial_numbers_are_made_by_whom_the_agreement_names(
    linkage: Linkage, issuer: str, maker: str
) -> None:
    linkage.agree(serials_by=maker, salt_by=issuer)
    linkage.bring(TWO)
    made = matched(linkage, salt_by=issuer, serials_by=maker)
    seeds = {linkage.secrets[name]["serials"] for name in linkage.applicants}
    assert len(seeds) == 2
    assert len({linkage.secrets[name]["salt"] for name in linkage.applicants}) == 1
    assert "salt" not in linkage.secrets.get("keys", {})
    others = [(name, content) for name in linkage.applicants for content, named in ((Content.SALT, issuer), (Content.SERIALS, maker)) if name != named]  # fmt: skip
    assert others
    for name, content in others:
        (other,) = {*linkage.applicants} - {name}
        with pytest.raises(Refused):
            linkage.post(name, linkage.secret_names[name], other, content)
    joined(linkage, made)
    assert len(rows_of(linkage, "expert", "linked")) == 20
    check_crossed(linkage)


def test_keys_are_not_made_with_a_secret_that_still_waits_for_a_part(linkage: Linkage) -> None:
    linkage.agree(serials_by="insurer", salt_by="firm")
    linkage.bring(TWO)
    for name in linkage.applicants:  # each waits for the other's part
        waiting = post.make_secret(*linkage.at(name), "injuries")
        run = linkage.run(name, "link-keys", {"data": "people", "agreement": "injuries", "secret": waiting.name})  # fmt: skip
        assert run.fault is not None
        assert run.fault.code == "invalid.secret"


def test_a_site_that_has_nothing_to_keep_secret_makes_no_secret(linkage: Linkage) -> None:
    linkage.agree()
    for name in ("keys", "expert"):
        with pytest.raises(Refused):
            post.make_secret(*linkage.at(name), "injuries")


@pytest.mark.parametrize(
    ("terms", "rows"),
    [
        ({"join": "inner"}, {"leaving": 10, "joined": 10}),
        ({"join": "left", "left": "hospital"}, {"leaving": 20, "joined": 30}),
        ({"join": "outer", "may_leave": ("firm",)}, {"leaving": 40, "joined": 50}),
    ],
)
def test_three_applicants_are_linked(linkage: Linkage, terms: dict[str, Any], rows: dict[str, int]) -> None:
    """firm has persons 0 to 29, insurer 10 to 39, hospital 20 to 49."""
    linkage.roles = {**ROLES, **THIRD}
    linkage.agree(**terms)
    linkage.bring({**TWO, "hospital": persons(30, 20, 0)})
    made = matched(linkage)
    rates = {name: rate for name, (_, rate) in told(linkage, made).items()}
    if terms["join"] == "inner":  # what is told is what will be joined
        assert rates == {"firm": "33.33", "insurer": "33.33", "hospital": "33.33"}
    if terms["join"] == "outer":
        assert rates == {"firm": "66.67", "insurer": "100.00", "hospital": "66.67"}
    out = joined(linkage, made)
    got = {name: rows_of(linkage, "expert", id_) for name, id_ in out.items()}
    assert {name: len(each) for name, each in got.items()} == rows
    assert both(got["leaving"], "firm", "insurer", "hospital") == 10
    approved(linkage, "linked")
    for name in linkage.applicants:
        assert linkage.receive(name, linkage.post("expert", "linked", name)).rows == rows["leaving"]
    received = check_crossed(linkage)
    assert len(received["keys"]) == 3
    assert len(received["expert"]) == 4
    house, who = linkage.at("hospital")
    assert register.show(house, who.actor, "injuries-received").sensitivity.value == "pseudonymised"
