"""What crosses between the sites of a linkage: every envelope is opened here and looked into."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Conflict, DalguError, Invalid, Missing, Refused, Tampered
from dalgubeol.kinds.linkage_parcels import Parcel, unpacked
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.linkage import Content, PartyRole
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.linkage import Field, Stand
from dalgubeol.verbs import accidents, projects, register, submit
from dalgubeol.verbs.conduct import run_to_end
from dalgubeol.verbs.linkage import agreeing, committee, ending, post
from dalgubeol.world.ledger.note import Verifier
from dalgubeol.world.store import datasets
from dalgubeol.world.store.envelope import read_envelope

from .linking import CANARY, EXPERTS, ITEMS, ROLES, TERMS, Sites, persons

APPLICANTS = ("firm", "insurer")
COLUMNS: dict[str, dict[str, str]] = {"firm": {}, "insurer": {"name": "성명", "born": "생년월일"}}


@dataclass
class Linkage:
    """The four sites, opened; what was posted, and what was in it."""

    folder: Path
    sites: Sites
    houses: dict[str, Any] = field(default_factory=dict)
    posted: list[Path] = field(default_factory=list)
    secrets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def at(self, name: str, login: str = "operator") -> tuple[Any, Any]:
        if (name, login) not in self.houses:
            self.houses[name, login] = self.sites.opened(name, login)
        found: tuple[Any, Any] = self.houses[name, login]
        return found

    def agree(self, names: tuple[str, ...] = tuple(ROLES), **terms: object) -> str:
        cards = []
        for name in ROLES:
            cards.append(self.folder / f"{name}.card")
            agreeing.card(
                *self.at(name), linkage="injuries", name=name, role=PartyRole(ROLES[name]), to=cards[-1]
            )
        extra = "".join(f"[tolerance]\n{k} = {v}\n" for k, v in terms.pop("tolerance", {}).items())  # type: ignore[attr-defined]
        self.sites.write_terms({**TERMS, **terms}, ITEMS, extra)
        document = self.folder / "agreement.json"
        digest = agreeing.draft(self.folder / "terms.toml", cards, document).agreement.digest
        for name in names:
            agreeing.sign(*self.at(name), document)
        for name in ROLES:
            agreeing.take_up(*self.at(name), document)
        return digest

    def bring(self, rows: Mapping[str, str]) -> None:
        for name, text in rows.items():
            path = self.folder / f"{name}.csv"
            path.write_text(text, encoding="utf-8")
            house, who = self.at(name)
            register.add(house, who, path, name="people", sensitivity=Sensitivity.PERSONAL)

    def post(self, name: str, dataset: str, to: str, content: Content | None = None) -> Path:
        path = self.folder / f"{len(self.posted)}-{name}-{to}.env"
        post.send(*self.at(name), dataset, to=to, file=path, content=content)
        self.posted.append(path)
        return path

    def receive(self, name: str, *files: Path) -> Any:
        return post.receive(*self.at(name), files)

    def run(self, site: str, kind: str, inputs: Mapping[str, str], **parameters: object) -> Run:
        house, who = self.at(site)
        queued = submit.submit(house, who.actor, kind, inputs, parameters)
        return run_to_end(house, queued.id)

    def done(self, site: str, kind: str, inputs: Mapping[str, str], **parameters: object) -> dict[str, str]:
        run = self.run(site, kind, inputs, **parameters)
        assert run.state is RunState.DONE, run.fault
        return dict(run.outputs)

    def make_secrets(self, issuer: bool) -> None:
        post.make_secret(*self.at("firm"), "injuries")
        if issuer:
            self.receive("insurer", self.post("firm", "injuries-secret", "insurer", Content.SALT))
        post.make_secret(*self.at("insurer"), "injuries")
        for name in APPLICANTS:
            self.secrets[name] = json.loads(self.content(name, "injuries-secret"))

    def content(self, name: str, dataset: str) -> bytes:
        house, _ = self.at(name)
        with house.database.reading() as connection:
            found = datasets.find(connection, dataset)
        key = house.keyring.dataset_key(found.id) if found.protected else None
        with house.objects.open(found.object_id, key, found.id) as stream:
            return bytes(stream.read())

    def keys(self) -> dict[str, dict[str, str]]:
        """Keys made and sent on their way; what each applicant's Run made."""
        made = {}
        for name in APPLICANTS:
            inputs = {"data": "people", "agreement": "injuries", "secret": "injuries-secret"}
            made[name] = self.done(name, "link-keys", inputs, columns=COLUMNS[name], name="keys")
        return made

    def payload(self, name: str, numbered: str) -> Path:
        house, who = self.at(name)
        projects.open_(
            house,
            who,
            name="injuries",
            purpose=Purpose.SCIENTIFIC_RESEARCH,
            reason="Which work injures",
            until="2099-12-31",
        )
        self.done(
            name,
            "pseudonymise",
            {"data": numbered},
            project="injuries",
            quasi=["age"],
            keep=["serial", "weeks"],
            k=2,
            suppression_limit=0.5,
            name="payload",
        )
        return self.post(name, "payload", "expert")

    def opened(self, path: Path) -> bytes:
        envelope = read_envelope(path)
        house, _ = self.at(envelope.address.receiver)
        sender = self.at(envelope.address.sender)[0].facts.verifier_key
        return envelope.content(
            Verifier.parse(sender).public_bytes, agreeing.receiving_key(house, "injuries")
        )


@pytest.fixture
def linkage(tmp_path: Path) -> Iterator[Linkage]:
    sites = Sites(tmp_path)
    sites.found()
    made = Linkage(tmp_path, sites)
    yield made
    for house, _ in made.houses.values():
        house.close()


def matched(linkage: Linkage, mode: str) -> dict[str, dict[str, str]]:
    """As far as the key agency's pairs; what the applicants' Runs made."""
    linkage.make_secrets(issuer=mode != "oblivious")
    made = linkage.keys()
    if mode == "oblivious":
        for name, other in (APPLICANTS, APPLICANTS[::-1]):
            linkage.receive(other, linkage.post(name, "keys", other))
        for name in APPLICANTS:
            inputs = {"blinded": "injuries-blinded", "agreement": "injuries", "secret": "injuries-secret"}
            linkage.done(name, "link-double", inputs, name="twice")
        sent = [linkage.post(name, "twice", "keys") for name in APPLICANTS]
    else:
        sent = [linkage.post(name, "keys", "keys") for name in APPLICANTS]
    linkage.receive("keys", *sent)
    made["keys"] = linkage.done(
        "keys", "link-match", {"keys": "injuries-keys", "agreement": "injuries"}, name="pairs"
    )
    return made


@pytest.mark.parametrize("mode", ["exact", "oblivious", "tolerant"])
def test_the_key_agency_sees_keys_and_numbers_only_and_the_expert_agency_never_a_key(linkage: Linkage, mode: str) -> None:  # fmt: skip
    digest = linkage.agree(
        mode=mode, salt_by="" if mode == "oblivious" else "firm", tolerance={"threshold": 0.99}
    )
    linkage.bring({"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)})
    made = matched(linkage, mode)
    for name in APPLICANTS:
        told = linkage.receive(name, linkage.post("keys", made["keys"]["told"], name))
        assert told.about["said"][0][1]["rate"] == "66.67"
    linkage.receive("expert", linkage.post("keys", "pairs", "expert"))
    linkage.receive("expert", *(linkage.payload(name, made[name]["numbered"]) for name in APPLICANTS))
    linkage.done("expert", "link-join", {"payloads": "injuries-payload", "pairs": "injuries-pairs", "agreement": "injuries"}, name="linked")  # fmt: skip
    committee.convene(*linkage.at("expert"), "linked", {login: Field(f) for login, f in EXPERTS.items()})
    for login in ("lawyer", "doctor"):
        committee.judge(*linkage.at("expert", login), "linked", Stand.APPROVE)
    result = linkage.receive("firm", linkage.post("expert", "linked", "firm"))
    assert (result.rows, result.sensitivity) == (20, Sensitivity.PSEUDONYMISED)

    secrets = [bytes.fromhex(s[part]) for s in linkage.secrets.values() for part in ("salt", "exponent", "serials") if part in s]  # fmt: skip
    keys: set[bytes] = set()
    crossed = [(read_envelope(path).address, linkage.opened(path)) for path in linkage.posted]
    for address, plain in crossed:
        assert address.agreement == digest
        if address.content == "salt":
            assert {address.sender, address.receiver} == set(APPLICANTS)
            continue
        for parcel in unpacked(io.BytesIO(plain)):
            assert shown(parcel, secrets) == []
            if "key" in parcel.table.column_names:
                keys |= {key for key in parcel.table["key"].to_pylist() if key is not None}
    assert len(keys) >= 40
    to_keys = [parcels(plain) for address, plain in crossed if address.receiver == "keys"]
    assert [p.table.column_names for each in to_keys for p in each] == [["serial", "key"]] * 2
    to_expert = [p for address, plain in crossed if address.receiver == "expert" for p in parcels(plain)]
    columns = sorted(sorted(p.table.column_names) for p in to_expert)
    assert columns == [["age", "serial", "weeks"], ["age", "serial", "weeks"], ["firm", "insurer"]]
    for parcel in to_expert:
        values = {v for column in parcel.table.columns for v in column.to_pylist()}
        assert not values & keys
        assert not {v for v in values if isinstance(v, bytes)}
    left_behind(linkage, [*secrets, *keys])


def parcels(plain: bytes) -> tuple[Parcel, ...]:
    return unpacked(io.BytesIO(plain))


def shown(parcel: Parcel, secrets: list[bytes]) -> list[str]:
    """What of persons or secrets a parcel shows, in its table or in its papers."""
    values = [str(v) for column in parcel.table.columns for v in column.to_pylist()]
    texts = [*values, json.dumps(parcel.manifest.plain())]
    raw = b"".join(v for c in parcel.table.columns for v in c.to_pylist() if isinstance(v, bytes))
    told = [t for t in texts if CANARY in t or ("0109" in t and len(t) == 11)]
    return told + [s.hex() for s in secrets if s in raw or any(s.hex() in t for t in texts)]


def left_behind(linkage: Linkage, secrets: list[bytes]) -> None:
    """No key, secret or name in any Record, log or database of any site, nor readable in an envelope."""
    for name in ROLES:
        state = linkage.sites.folder / name / "site" / "state.db"
        with sqlite3.connect(state) as connection:
            dump = "\n".join(connection.iterdump())
        files = [p.read_bytes() for p in (linkage.sites.folder / name / "site").rglob("*") if p.is_file() and "state.db" not in p.name and p.suffix != ".fifo" and p.name != "wake"]  # fmt: skip
        assert CANARY not in dump
        assert not any(CANARY.encode() in content for content in files)
        for secret in secrets:
            assert secret.hex() not in dump.lower()
            assert not any(secret in content for content in files)
    for path in linkage.posted:
        assert CANARY.encode() not in path.read_bytes()


def test_two_applicants_with_different_salts_are_told_before_anything_is_matched(linkage: Linkage) -> None:
    linkage.agree()
    linkage.bring({"firm": persons(6, 0, 0), "insurer": persons(6, 0, 1)})
    linkage.make_secrets(issuer=True)
    first = linkage.keys()
    sent = [linkage.post("insurer", "keys", "keys")]
    house, who = linkage.at("firm")
    register.destroy(house, who, "injuries-secret")
    register.destroy(house, who, "keys")
    with house.database.reading() as connection:
        assert datasets.find(connection, first["firm"]["numbered"])
    other = post.make_secret(house, who, "injuries")  # with a new salt, that it does not send
    inputs = {"data": "people", "agreement": "injuries", "secret": other.name}
    linkage.done("firm", "link-keys", inputs, name="keys again")
    sent.append(linkage.post("firm", "keys again", "keys"))
    linkage.receive("keys", *sent)
    run = linkage.run("keys", "link-match", {"keys": "injuries-keys", "agreement": "injuries"})
    assert (run.state, run.fault.code if run.fault else "") == (RunState.FAILED, "link.unlike")


def test_an_envelope_is_taken_once_whole_and_by_its_receiver_only(linkage: Linkage) -> None:
    linkage.agree()
    linkage.make_secrets(issuer=True)
    (sent,) = linkage.posted
    with pytest.raises(Conflict):
        linkage.receive("insurer", sent)
    with pytest.raises(Invalid):
        linkage.receive("keys", sent)
    changed = linkage.folder / "changed.env"
    raw = bytearray(sent.read_bytes())
    raw[-100] ^= 1
    changed.write_bytes(bytes(raw))
    with pytest.raises(Tampered):
        linkage.receive("insurer", changed)
    changed.write_bytes(sent.read_bytes().replace(b'"receiver":"insurer"', b'"receiver":"expert"'))
    with pytest.raises((Refused, Tampered)):
        linkage.receive("expert", changed)
    changed.write_bytes(b"no envelope")
    with pytest.raises(Invalid):
        linkage.receive("insurer", changed)


@pytest.mark.parametrize(("to", "content"), [("keys", Content.SALT), ("expert", Content.SALT), ("insurer", Content.SERIALS)])  # fmt: skip
def test_a_secret_goes_to_no_agency_and_only_its_issuer_gives_it_out(linkage: Linkage, to: str, content: Content) -> None:  # fmt: skip
    linkage.agree()
    linkage.make_secrets(issuer=True)
    with pytest.raises(Refused):
        linkage.post("firm", "injuries-secret", to, content)
    with pytest.raises(Refused):
        linkage.post("insurer", "injuries-secret", "firm", Content.SALT)


def test_personal_tables_and_what_must_stay_are_never_sent(linkage: Linkage) -> None:
    linkage.agree()
    linkage.bring({"firm": persons(6, 0, 0)})
    linkage.make_secrets(issuer=True)
    inputs = {"data": "people", "agreement": "injuries", "secret": "injuries-secret"}
    made = linkage.done("firm", "link-keys", inputs, name="keys")
    for dataset, to in (
        ("people", "expert"),
        (made["numbered"], "expert"),
        ("keys", "expert"),
        ("keys", "insurer"),
    ):
        with pytest.raises(DalguError) as error:
            linkage.post("firm", dataset, to)
        assert isinstance(error.value, Refused | Missing | Invalid)


def test_resident_numbers_never_become_keys_and_duplicates_are_told_by_their_count(linkage: Linkage) -> None:
    linkage.agree()
    rows = persons(3, 0, 0).splitlines()
    residents = [
        rows[0],
        *(row.replace("0109", f"93030{i}-1234567,0109", 1) for i, row in enumerate(rows[1:], 1)),
    ]
    residents[0] = "name,born,rrn,phone,age,weeks"
    linkage.bring({"firm": "\n".join(residents) + "\n", "insurer": "\n".join([*rows, rows[1]]) + "\n"})
    linkage.make_secrets(issuer=True)
    inputs = {"data": "people", "agreement": "injuries", "secret": "injuries-secret"}
    refused = linkage.run("firm", "link-keys", inputs, columns={"phone": "rrn"})
    twice = linkage.run("insurer", "link-keys", inputs)
    assert [r.fault.code if r.fault else "" for r in (refused, twice)] == [
        "link.resident-number",
        "link.duplicates",
    ]
    assert "insurer 2" in (twice.fault.message if twice.fault else "")


def test_an_agency_that_is_not_designated_links_made_up_data_only(tmp_path: Path) -> None:
    sites = Sites(tmp_path)
    sites.found(designated=False)
    linkage = Linkage(tmp_path, sites)
    with pytest.raises(Refused) as refused:
        linkage.agree()
    assert [r.code for r in refused.value.reasons] == ["linkage.designated"]
    for name in ROLES:
        register.destroy(*linkage.at(name), "injuries-box")
        (tmp_path / f"{name}.card").unlink()
    assert linkage.agree(dummy=True)
    for house, _ in linkage.houses.values():
        house.close()


def test_terms_that_were_changed_after_a_signature_are_found(linkage: Linkage) -> None:
    with pytest.raises(Conflict):
        linkage.agree(names=("firm", "insurer", "keys"))
    document = linkage.folder / "agreement.json"
    plain = json.loads(document.read_text())
    plain["agreement"]["terms"]["sample"] = 0.5
    document.write_text(json.dumps(plain))
    with pytest.raises(Tampered):
        agreeing.sign(*linkage.at("expert"), document)


def test_an_outer_join_lets_only_rows_leave_that_may(linkage: Linkage) -> None:
    linkage.agree(join="outer", may_leave=["firm"])
    linkage.bring({"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)})
    made = matched(linkage, "exact")
    linkage.receive("expert", linkage.post("keys", "pairs", "expert"))
    linkage.receive("expert", *(linkage.payload(name, made[name]["numbered"]) for name in APPLICANTS))
    out = linkage.done("expert", "link-join", {"payloads": "injuries-payload", "pairs": "injuries-pairs", "agreement": "injuries"}, name="linked")  # fmt: skip
    rows = {
        output: pq.read_table(io.BytesIO(linkage.content("expert", id_))).num_rows
        for output, id_ in out.items()
    }
    assert rows == {"leaving": 30, "joined": 40}
    with pytest.raises(Refused):
        committee.convene(
            *linkage.at("expert"), out["joined"], {login: Field(f) for login, f in EXPERTS.items()}
        )
    house, who = linkage.at("keys")
    ended = ending.finish(house, who, "injuries")
    assert len(ended.destroyed) == 4
    with pytest.raises(Missing):
        agreeing.receiving_key(house, "injuries")


def test_a_matching_that_was_killed_is_taken_up_again_and_gives_the_same_pairs(linkage: Linkage) -> None:
    linkage.agree(mode="tolerant")
    linkage.bring({"firm": persons(2000, 0, 0), "insurer": persons(2000, 500, 1)})
    matched(linkage, "tolerant")
    expected = linkage.content("keys", "pairs")
    house, who = linkage.at("keys")
    again = submit.submit(house, who.actor, "link-match", {"keys": "injuries-keys", "agreement": "injuries"}, {"name": "pairs again"})  # fmt: skip
    own = linkage.folder / "keys"
    environment = {**os.environ, "DALGU_SITE": str(own / "site"), "DALGU_KEYS": str(own / "keys")}
    conductor = subprocess.Popen([sys.executable, "-m", "dalgubeol", "conduct"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    for _ in range(600):
        if submit.show(house, who.actor, again.id).state is not RunState.QUEUED:
            break
        time.sleep(0.02)
    os.killpg(conductor.pid, signal.SIGKILL)
    conductor.wait()
    ended = run_to_end(house, again.id)
    assert ended.state is RunState.DONE
    assert linkage.content("keys", "pairs again") == expected


def test_what_an_accident_stopped_is_sent_to_nobody(linkage: Linkage) -> None:
    linkage.agree(mode="exact")
    linkage.bring({"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)})
    linkage.make_secrets(issuer=True)
    inputs = {"data": "people", "agreement": "injuries", "secret": "injuries-secret"}
    made = linkage.done("firm", "link-keys", inputs, columns=COLUMNS["firm"], name="keys")
    linkage.payload("firm", made["numbered"])
    accidents.report(*linkage.at("firm"), "payload", "somebody was known by age and weeks")
    with pytest.raises(Refused) as error:
        linkage.post("firm", "payload", "expert")
    assert [reason.code for reason in error.value.reasons] == ["dataset.stopped"]
