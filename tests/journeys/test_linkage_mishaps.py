"""What goes wrong in a linkage, tried as people would meet it: at the command line, with programs that really are
different or really are killed. No message, Record, log or database shows a key or a person."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .crossing import COLUMNS, Linkage, joined, left_behind, rows_of
from .linking import CANARY, persons

pytestmark = pytest.mark.slow

TWO = {"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)}
KEYS = ("run", "link-keys", "people", "injuries")
OTHER_SPELLING = """
from types import MappingProxyType
from dalgubeol.methods.privacy.linkage import normalise
normalise.NORMALISERS = MappingProxyType({**normalise.NORMALISERS, "name": normalise.text})
"""
DIE = """
import os, signal
def die(*given, **named):
    with open({marker!r}, "a") as file:
        file.write("here")
    os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
"""
FAILED, CLOSED, KILLED = 16, 13, -9


def ready(linkage: Linkage, **terms: object) -> None:
    """As far as the secrets."""
    linkage.agree(**terms)
    linkage.bring(TWO)
    linkage.make_secrets()


def keys_of(linkage: Linkage, name: str, secret: str, but: str = "", fails: int = 0) -> str:
    columns = json.dumps(COLUMNS[name])
    return linkage.sites.dalgu(name, *KEYS, secret, "--columns", columns, "--name", "keys", but=but, fails=fails)  # fmt: skip


def sent_to_keys(linkage: Linkage) -> None:
    for name in linkage.applicants:
        linkage.sites.dalgu(name, "link", "send", "keys", "--to", "keys", "--file", f"{name}-keys.env")
    linkage.sites.dalgu("keys", "link", "receive", "firm-keys.env", "insurer-keys.env")


def told_and_silent(linkage: Linkage, said: str, *words: str) -> None:
    """The message says it; nowhere is a key, a secret or a person."""
    for word in words:
        assert word in said, said
    lines = "".join(linkage.sites.lines)
    secrets = [bytes.fromhex(s[part]) for s in linkage.secrets.values() for part in ("salt", "serials")]
    assert CANARY not in lines
    assert not any(secret.hex() in lines for secret in secrets)
    left_behind(linkage, secrets)


def test_two_applicants_that_normalise_otherwise_are_told_so(linkage: Linkage) -> None:
    ready(linkage)
    keys_of(linkage, "firm", "injuries-secret")
    keys_of(linkage, "insurer", "injuries-secret", but=OTHER_SPELLING)
    sent_to_keys(linkage)
    said = linkage.sites.dalgu("keys", "run", "link-match", "injuries-keys", "injuries", fails=FAILED)
    told_and_silent(linkage, said, "firm, insurer", "normalisation", "nothing was tried", "same version of dalgu")  # fmt: skip


def test_who_has_another_version_of_the_rules_than_was_agreed_makes_no_keys(linkage: Linkage) -> None:
    ready(linkage, normalisation="2025-9")
    said = keys_of(linkage, "firm", "injuries-secret", fails=FAILED)
    told_and_silent(linkage, said, "normalisation", "2025-9", "2026-1")


def test_two_applicants_with_two_salts_are_told_so(linkage: Linkage) -> None:
    ready(linkage)
    linkage.sites.dalgu("firm", "dataset", "destroy", "injuries-secret", "--yes")
    other = linkage.sites.json("firm", "link", "secret", "injuries")["name"]
    linkage.secrets["firm again"] = json.loads(linkage.content("firm", other))
    keys_of(linkage, "firm", other)
    keys_of(linkage, "insurer", "injuries-secret")
    sent_to_keys(linkage)
    said = linkage.sites.dalgu("keys", "run", "link-match", "injuries-keys", "injuries", fails=FAILED)
    told_and_silent(linkage, said, "the salt", "nothing was tried", "issuer sends it again")


@pytest.mark.parametrize("duplicates", ["refuse", "drop"])
def test_persons_with_the_same_key_are_counted_and_not_shown(linkage: Linkage, duplicates: str) -> None:
    linkage.agree(duplicates=duplicates)
    twice = TWO["insurer"] + "\n".join(TWO["insurer"].splitlines()[1:3]) + "\n"
    linkage.bring({**TWO, "insurer": twice})
    linkage.make_secrets()
    if duplicates == "refuse":
        said = keys_of(linkage, "insurer", "injuries-secret", fails=FAILED)
        told_and_silent(linkage, said, "insurer 4", "one row a person")
        return
    said = keys_of(linkage, "insurer", "injuries-secret")
    told_and_silent(linkage, said, "4 of them share a key")
    keys_of(linkage, "firm", "injuries-secret")
    sent_to_keys(linkage)
    said = linkage.sites.dalgu("keys", "run", "link-match", "injuries-keys", "injuries")
    told_and_silent(linkage, said, "4 persons of insurer share a key", "60.00 %", "56.25 %")


def dying(linkage: Linkage, where: str) -> tuple[str, Path]:
    marker = linkage.folder / "died"
    return DIE.format(marker=str(marker)) + where, marker


@pytest.mark.parametrize(
    "where",
    [
        "from dalgubeol.world.store import sealing\nsealing.SealingWriter.finish = die\n",
        "from dalgubeol.world.store import envelope\nenvelope.Sealing.post = die\n",
    ],
    ids=["while it is sealed", "once it is recorded"],
)
def test_a_sending_that_is_killed_leaves_no_envelope_and_is_made_again(linkage: Linkage, where: str) -> None:
    ready(linkage)
    keys_of(linkage, "firm", "injuries-secret")
    keys_of(linkage, "insurer", "injuries-secret")
    send = ("link", "send", "keys", "--to", "keys", "--file", "firm-keys.env")
    but, marker = dying(linkage, where)
    linkage.sites.dalgu("firm", *send, but=but, fails=KILLED)
    assert marker.exists()
    assert not (linkage.folder / "firm-keys.env").exists()
    for half in linkage.folder.glob(".firm-keys.env*"):
        assert CANARY.encode() not in half.read_bytes()
    sent_to_keys(linkage)
    assert not list(linkage.folder.glob(".firm-keys.env*"))
    assert "66.67 %" in linkage.sites.dalgu("keys", "run", "link-match", "injuries-keys", "injuries")
    told_and_silent(linkage, "")


def test_a_receiving_that_is_killed_keeps_nothing_and_is_made_again(linkage: Linkage) -> None:
    ready(linkage)
    for name in linkage.applicants:
        keys_of(linkage, name, "injuries-secret")
    sent = [linkage.post(name, "keys", "keys") for name in linkage.applicants]
    receive = ("link", "receive", *(str(path) for path in sent))
    but, marker = dying(linkage, "from dalgubeol.world.store import objects\nobjects.ObjectWriter.finish = die\n")  # fmt: skip
    linkage.sites.dalgu("keys", *receive, but=but, fails=KILLED)
    assert marker.exists()
    assert [d["name"] for d in linkage.sites.json("keys", "link", "status", "injuries")["here"]] == ["injuries-box", "injuries"]  # fmt: skip
    linkage.sites.dalgu("keys", *receive)
    again = linkage.sites.dalgu("keys", *receive, fails=CLOSED)
    assert "arrived here before" in again
    told_and_silent(linkage, again)


def test_a_join_that_is_killed_is_taken_up_again_and_is_the_same(linkage: Linkage) -> None:
    ready(linkage)
    joined(linkage, made := _matched(linkage))
    expected = rows_of(linkage, "expert", "linked")
    assert made
    but, marker = dying(linkage, "from dalgubeol.methods.privacy.linkage import join\njoin.joined = die\n")
    command = ("run", "link-join", "injuries-payload", "injuries-pairs", "injuries", "--name", "again")
    for house, _ in linkage.houses.values():
        house.close()
    linkage.houses.clear()
    linkage.sites.dalgu("expert", *command, but=but, fails=KILLED)
    assert marker.exists()
    with sqlite3.connect(linkage.folder / "expert" / "site" / "state.db") as connection:
        (count,) = connection.execute("select count(*) from datasets where name = 'again'").fetchone()
    assert count == 0
    environment = linkage.sites.environment("expert")
    with subprocess.Popen([sys.executable, "-m", "dalgubeol", "conduct"], env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as conductor:  # fmt: skip
        try:
            for _ in range(120):
                names = {d["name"] for d in linkage.sites.json("expert", "link", "status", "injuries")["here"]}  # fmt: skip
                if "again" in names:
                    break
                time.sleep(1)
        finally:
            conductor.terminate()
    assert rows_of(linkage, "expert", "again") == expected
    told_and_silent(linkage, "")


def _matched(linkage: Linkage) -> dict[str, dict[str, str]]:
    """From the secrets that are made to the pairs."""
    made = linkage.keys()
    linkage.receive("keys", *(linkage.post(name, "keys", "keys") for name in linkage.applicants))
    inputs = {"keys": "injuries-keys", "agreement": "injuries"}
    made["keys"] = linkage.done("keys", "link-match", inputs, name="pairs")
    return made
