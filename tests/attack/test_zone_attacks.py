"""Every attack of the table (`bench.zone_attacks`): first it succeeds with its defence left out, then it fails."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.zone_attacks import ATTACKS, Attack, Trial

import dalgubeol
from dalgubeol.world.sandbox.selftest import choose_backend


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with Trial(choose_backend()) as opened:
        yield opened


@pytest.mark.parametrize(
    "attack",
    [pytest.param(each, id=each.id, marks=pytest.mark.slow if each.slow else ()) for each in ATTACKS],
)
def test_an_attack_succeeds_without_its_defence_and_fails_with_it(attack: Attack, trial: Trial) -> None:
    if attack.lacks(trial) is None:
        assert attack.prove(trial), f"not seen to succeed without: {attack.stopped_by}"
    assert not attack.succeeds(trial)


def test_there_are_the_attacks_that_the_issue_asks_for_and_each_has_its_own_name() -> None:
    assert len({each.id for each in ATTACKS}) == len(ATTACKS) >= 60


NAMED = {
    "TCP": "connect over TCP", "UDP": "send a UDP datagram", "ICMP": "ping over ICMP", "DNS": "ask a name server",
    "unix sockets": "connect to a Unix socket", "abstract sockets": "connect to an abstract socket",
    "IPv6": "connect over TCP with IPv6", "raw sockets": "open a raw socket", "vsock": "open a socket to the hypervisor (vsock)",
    "the site's folders": "list the site's folder", "other Datasets": "read another Dataset's file", "keys": "read a key of the site",
    "/proc of others": "read the memory of a process", "environment": "read a secret of the environment",
    "host files": "read the password file", "symlinks": "take out a key by a symbolic link", "hard links": "take out a key by a hard link",
    "bind tricks": "bind another place over the input", "mount tricks": "mount a file system",
    "descriptors left open": "read what an inherited descriptor holds", "ptrace": "trace a process",
    "core dumps": "leave a core file that the host keeps", "setuid": "find a set-user-id program",
    "user-namespace nesting": "nest a user namespace by clone", "io_uring": "open an io_uring", "keyring": "keep a secret in a keyring",
    "shared memory": "read shared memory of the host", "timing": "channel: a bit of the data in the time that a script takes (timing)",
    "exit codes": "a byte of the data as the exit status", "fork bomb": "fork many times", "memory bomb": "take much memory",
    "disk fill": "fill the scratch disk", "inode fill": "make very many files", "zip bombs": "output: a bomb for whoever unpacks it",
    "decompression bombs": "unpack a bomb", "pickle in outputs": "output: an object that acts when it is opened",
    "notebook in outputs": "output: a notebook with its outputs", "path traversal in outputs": "a name that a path hides in",
    "unicode names in outputs": "a name of another alphabet", "CSV formula injection": "output: a formula for whoever opens the table",
    "steganographic PNG": "output: a picture whose lowest bits speak", "giant file names": "a record in a giant file name",
    "identifiers in column names": "output: identifiers in the names of columns", "log exfiltration": "print the data",
    "differencing": "airlock: differencing over two releases", "averaging": "budget: averaging repeated noisy answers beyond the budget",
    "second account": "airlock: a reviewer who is the author under a second account of the same organisation",
    "replay": "airlock: an old approval for a changed file", "TOCTOU": "airlock: files that are changed between review and release",
    "ATTACH": "SQL: attach a database", "COPY": "SQL: copy the data out", "read_csv": "SQL: read a file as CSV",
    "extensions": "SQL: let extensions install themselves", "httpfs": "SQL: fetch an extension (httpfs)",
    "bringing in": "bringing in: files that are swapped after the votes", "models": "model: membership inference on an overfitted tree",
}  # fmt: skip
"""What the charter of the zone names, and the attack that is it."""


def test_every_attack_that_the_charter_names_is_in_the_table() -> None:
    assert set(NAMED.values()) - {each.id for each in ATTACKS} == set()


def test_no_floor_above_the_sandbox_can_leave_a_defence_out() -> None:
    source = Path(dalgubeol.__file__).parent
    passing = [
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if path.parent.name != "sandbox"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").endswith("defences"))
        or (isinstance(node, ast.keyword) and node.arg == "without")
    ]
    assert passing == []


def test_the_sandbox_leaves_nothing_out_unless_it_is_told() -> None:
    import inspect

    from dalgubeol.world.sandbox import bubblewrap, script

    for function in (script.run_script, bubblewrap.command, bubblewrap.environment):
        assert inspect.signature(function).parameters["without"].default == frozenset()
