"""Our tree, notes and checkpoints against golang.org/x/mod/sumdb, an implementation that is not ours.

Needs Go and the package (Debian: golang-go, golang-golang-x-mod-dev). Nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dalgubeol.errors import Invalid, Tampered
from dalgubeol.world.ledger.merkle import (
    Frontier,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    prove,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from dalgubeol.world.ledger.note import (
    Signer,
    Verifier,
    open_checkpoint,
    open_note,
    sign_checkpoint,
    sign_note,
)

GOPATH = Path(os.environ.get("DALGU_TEST_GOPATH", "/usr/share/gocode"))
SOURCE = Path(__file__).parent / "tlog_oracle" / "main.go"
GO_ORIGIN = "go.sum database tree"  # the only origin that Go's ParseTree reads

pytestmark = [
    pytest.mark.skipif(shutil.which("go") is None, reason="Go is not installed (golang-go)"),
    pytest.mark.skipif(
        not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
        reason="golang.org/x/mod is not installed (golang-golang-x-mod-dev)",
    ),
]

Case = dict[str, Any]
Ask = Callable[[list[Case]], list[bool]]

LEAVES = [f"leaf {number}".encode() for number in range(130)]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
NODES = {(node.level, node.position): node.hash for node in Frontier().extended(HASHES)[1]}
SIGNER = Signer.of("ledger.example/site", Ed25519PrivateKey.from_private_bytes(b"\x05" * 32))
OTHER = Signer.of("witness.example", Ed25519PrivateKey.from_private_bytes(b"\x06" * 32))


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    folder = tmp_path_factory.mktemp("oracle")
    binary = folder / "tlog_oracle"
    environment = {
        **os.environ,
        "GOPATH": str(GOPATH),
        "GO111MODULE": "off",
        "GOFLAGS": "",
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
        "GOCACHE": str(folder / "cache"),
    }
    built = subprocess.run(
        ["go", "build", "-o", str(binary), str(SOURCE)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr

    def verdicts(cases: list[Case]) -> list[bool]:
        lines = "".join(json.dumps(case) + "\n" for case in cases)
        answered = subprocess.run([str(binary)], input=lines, capture_output=True, text=True, check=True)
        answers = answered.stdout.split()
        assert len(answers) == len(cases)
        assert set(answers) <= {"accept", "refuse"}
        return [answer == "accept" for answer in answers]

    return verdicts


def root_hex(size: int) -> str:
    return root_of(HASHES[:size]).hex()


def inclusion_case(index: int, size: int) -> Case:
    proof = [step.hex() for step in prove(inclusion_ranges(index, size), NODES)]
    return {
        "kind": "inclusion", "leaf": LEAVES[index].hex(), "index": index,
        "size": size, "root": root_hex(size), "proof": proof,
    }  # fmt: skip


def consistency_case(old: int, size: int) -> Case:
    proof = [step.hex() for step in prove(consistency_ranges(old, size), NODES)]
    return {
        "kind": "consistency", "old": old, "old_root": root_hex(old),
        "size": size, "root": root_hex(size), "proof": proof,
    }  # fmt: skip


def our_verdict(case: Case) -> bool:
    proof, root = [bytes.fromhex(step) for step in case["proof"]], bytes.fromhex(case["root"])
    if case["kind"] == "consistency":
        return verify_consistency(case["old"], case["size"], bytes.fromhex(case["old_root"]), root, proof)
    return verify_inclusion(leaf_hash(bytes.fromhex(case["leaf"])), case["index"], case["size"], root, proof)


def flipped(text: str, chance: random.Random) -> str:
    raw = bytearray(bytes.fromhex(text))
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return raw.hex()


def spoilt(case: Case, chance: random.Random) -> Case:
    """The case with one thing changed; now and then the change makes no difference to its truth."""
    case = {**case, "proof": list(case["proof"])}
    place = "index" if case["kind"] == "inclusion" else "old"
    content = "leaf" if case["kind"] == "inclusion" else "old_root"
    steps = case["proof"]
    match chance.randrange(8):
        case 0:
            case["root"] = flipped(case["root"], chance)
        case 1:
            case[content] = flipped(case[content], chance)
        case 2:
            case[place] += chance.choice([-1, 1])
        case 3:
            case["size"] += chance.choice([-1, 1])
        case 4:
            steps.insert(chance.randint(0, len(steps)), HASHES[0].hex())
        case 5 if steps:
            steps.pop(chance.randrange(len(steps)))
        case 6 if len(steps) > 1:
            steps[0], steps[-1] = steps[-1], steps[0]
        case _ if steps:
            where = chance.randrange(len(steps))
            steps[where] = flipped(steps[where], chance)
        case _:
            case["root"] = flipped(case["root"], chance)
    return case


def proof_cases(kind: Callable[[int, int], Case], least: int) -> list[Case]:
    """Every proof of small trees and some of larger ones. `least` is the smallest index or old size."""
    chance = random.Random(1)
    small = [kind(start, size) for size in range(1, 18) for start in range(least, size + least)]
    large = [(chance.randrange(18, 131), chance.random()) for _ in range(150)]
    return small + [kind(least + int(part * size), size) for size, part in large]


def test_go_computes_the_same_roots(ask: Ask) -> None:
    cases = [
        {"kind": "root", "leaves": [leaf.hex() for leaf in LEAVES[:size]], "root": root_hex(size)}
        for size in range(1, 131)
    ]
    wrong = [{**case, "root": root_hex(0)} for case in cases]
    assert ask(cases + wrong) == [True] * len(cases) + [False] * len(wrong)


@pytest.mark.parametrize(("kind", "least"), [(inclusion_case, 0), (consistency_case, 1)])
def test_go_accepts_every_proof_of_ours(ask: Ask, kind: Callable[[int, int], Case], least: int) -> None:
    cases = proof_cases(kind, least)
    assert len(cases) > 300
    assert all(our_verdict(case) for case in cases)
    assert all(ask(cases))


@pytest.mark.parametrize(("kind", "least"), [(inclusion_case, 0), (consistency_case, 1)])
def test_go_and_we_agree_on_every_spoilt_proof(
    ask: Ask, kind: Callable[[int, int], Case], least: int
) -> None:
    chance = random.Random(2)
    # Go does not judge consistency with the empty tree; ours has a rule for it, tested beside the code.
    cases = [
        case for proof in proof_cases(kind, least) * 2 if (case := spoilt(proof, chance)).get("old") != 0
    ]
    ours = [our_verdict(case) for case in cases]
    assert ours.count(False) > 500
    assert ask(cases) == ours


def opens(case: Case) -> bool:
    try:
        verifier = Verifier.parse(case["key"])
        if case["kind"] == "note":
            return open_note(case["note"], verifier).text == case["text"]
        checkpoint = open_checkpoint(case["note"], verifier)
    except (Tampered, Invalid):
        return False
    return (checkpoint.origin, checkpoint.size, checkpoint.root.hex()) == (
        GO_ORIGIN,
        case["size"],
        case["root"],
    )


def checkpoint_case(size: int, *signers: Signer) -> Case:
    note = sign_checkpoint(GO_ORIGIN, size, root_of(HASHES[:size]), *signers).note
    return {
        "kind": "checkpoint",
        "note": note,
        "key": SIGNER.verifier.text,
        "size": size,
        "root": root_hex(size),
    }


def test_go_opens_our_checkpoints_and_notes(ask: Ask) -> None:
    cases = [checkpoint_case(size, SIGNER) for size in range(0, 131, 5)]
    cases += [checkpoint_case(size, OTHER, SIGNER) for size in range(0, 131, 5)]
    for text in ("one\n", "두 줄\n\n사이 빈 줄\n", "\n"):
        note = sign_note(text, SIGNER, OTHER)
        cases += [
            {"kind": "note", "note": note, "text": text, "key": signer.verifier.text}
            for signer in (SIGNER, OTHER)
        ]
    assert all(opens(case) for case in cases)
    assert all(ask(cases))


def signed(text: str) -> Case:
    note = f"{text}\n{SIGNER.line(text)}"
    return {"kind": "checkpoint", "note": note, "key": SIGNER.verifier.text, "size": 7, "root": root_hex(7)}


def test_go_and_we_refuse_the_same_notes(ask: Ask) -> None:
    good = checkpoint_case(7, SIGNER)
    note, key = good["note"], good["key"]
    root = note.split("\n")[2]
    cases = [{**good, "note": note[:cut]} for cut in range(len(note))]
    cases += [{**good, "note": note[:where] + "0" + note[where:]} for where in range(len(note))]
    cases += [
        {**good, "key": OTHER.verifier.text},
        {**good, "key": key[:-2]},
        {**good, "key": key.replace("site", "size")},
        {**good, "note": note + "\n"},
        {**good, "note": note.replace("\n", "\r\n")},
        {**good, "note": note + OTHER.line("another text\n")},
        {**good, "note": note + SIGNER.line("another text\n").replace("site", "other")},
        {**good, "note": note + OTHER.line("x\n") * 100},
        {**good, "note": note + OTHER.line("x\n") * 99},
        {**good, "note": note.replace("— ", "- ")},
    ]
    cases += [
        signed(f"{GO_ORIGIN}\n{size}\n{root}\n")
        for size in ("07", "-7", "+7", " 7", "7 ", "0x7", "7.0", str(7 << 62))
    ]
    cases += [signed(f"{GO_ORIGIN}\n7\n{text}\n") for text in (root[:-1], root[:-4], "", root + "AAAA")]
    ours = [opens(case) for case in cases]
    assert ours.count(True) == 3  # the extra lines that an unknown key signed
    assert ask(cases) == ours


def test_we_refuse_some_spellings_that_go_tolerates(ask: Ask) -> None:
    """Go's base64 drops stray bits at the end, and its notes repeated lines: ours have one spelling only."""
    good = checkpoint_case(7, SIGNER)
    head, _, tail = good["note"].removesuffix("=\n").rpartition(" ")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    stray = {**good, "note": f"{head} {tail[:-1]}{alphabet[alphabet.index(tail[-1]) + 1]}=\n"}
    repeated = {**good, "note": good["note"] + SIGNER.line("another text\n")}
    upper = {
        **good,
        "key": good["key"].replace(SIGNER.verifier.key_id.hex(), SIGNER.verifier.key_id.hex().upper()),
    }
    assert ask([stray, repeated, upper]) == [True, True, True]
    assert [opens(case) for case in (stray, repeated, upper)] == [False, False, False]
