"""What crosses between the sites of a linkage: every envelope is opened here and looked into."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Conflict, DalguError, Invalid, Missing, Refused, Tampered
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.nouns.linkage import Content
from dalgubeol.nouns.run import RunState
from dalgubeol.rules.linkage import Field, Stand
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.linkage import agreeing, committee, ending, post
from dalgubeol.verbs.runs import submit
from dalgubeol.verbs.runs.conduct import run_to_end
from dalgubeol.world.store import datasets
from dalgubeol.world.store.envelope import read_envelope

from .crossing import APPLICANTS, Linkage, check_crossed, joined, matched
from .linking import EXPERTS, Sites, persons


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
    joined(linkage, made)
    committee.convene(*linkage.at("expert"), "linked", {login: Field(f) for login, f in EXPERTS.items()})
    for login in ("lawyer", "doctor"):
        committee.judge(*linkage.at("expert", login), "linked", Stand.APPROVE)
    result = linkage.receive("firm", linkage.post("expert", "linked", "firm"))
    assert (result.rows, result.sensitivity) == (20, Sensitivity.PSEUDONYMISED)

    assert {read_envelope(path).address.agreement for path in linkage.posted} == {digest}
    received = check_crossed(linkage)
    assert len(received["keys"]) == 2
    assert len(received["expert"]) == 3


def test_two_applicants_with_different_salts_are_told_before_anything_is_matched(linkage: Linkage) -> None:
    linkage.agree()
    linkage.bring({"firm": persons(6, 0, 0), "insurer": persons(6, 0, 1)})
    linkage.make_secrets()
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
    linkage.make_secrets()
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
    linkage.make_secrets()
    with pytest.raises(Refused):
        linkage.post("firm", "injuries-secret", to, content)
    with pytest.raises(Refused):
        linkage.post("insurer", "injuries-secret", "firm", Content.SALT)


def test_personal_tables_and_what_must_stay_are_never_sent(linkage: Linkage) -> None:
    linkage.agree()
    linkage.bring({"firm": persons(6, 0, 0)})
    linkage.make_secrets()
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
        *(
            row.replace("0109", f"93030{i}-1234567,93030{i},1234567,0109", 1)
            for i, row in enumerate(rows[1:], 1)
        ),
    ]
    residents[0] = "name,born,rrn,front,back,phone,age,weeks"
    linkage.bring({"firm": "\n".join(residents) + "\n", "insurer": "\n".join([*rows, rows[1]]) + "\n"})
    linkage.make_secrets()
    inputs = {"data": "people", "agreement": "injuries", "secret": "injuries-secret"}
    refused = linkage.run("firm", "link-keys", inputs, columns={"phone": "rrn"})
    in_parts = linkage.run("firm", "link-keys", inputs, columns={"phone": "back"})
    twice = linkage.run("insurer", "link-keys", inputs)
    faults = [r.fault.code if r.fault else "" for r in (refused, in_parts, twice)]
    assert faults == ["link.resident-number", "link.resident-number", "link.duplicates"]
    assert "insurer 2" in (twice.fault.message if twice.fault else "")


def test_an_agency_that_is_not_designated_links_made_up_data_only(tmp_path: Path) -> None:
    sites = Sites(tmp_path)
    sites.found(designated=False)
    linkage = Linkage(tmp_path, sites)
    with pytest.raises(Refused) as refused:
        linkage.agree()
    assert [r.code for r in refused.value.reasons] == ["linkage.designated"]
    for name in linkage.roles:
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
    out = joined(linkage, made)
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
    to_keys = [path for path in linkage.posted if read_envelope(path).address.receiver == "keys"]
    with pytest.raises(Missing):  # also of envelopes that came before
        linkage.receive("keys", *to_keys)


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
