"""The self-test passes a real sandbox and fails a false one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dalgubeol.errors import Unavailable
from dalgubeol.world.sandbox import selftest
from dalgubeol.world.sandbox.bubblewrap import Backend, backend_names, bundled_bubblewrap
from dalgubeol.world.sandbox.selftest import choose_backend, self_test

NAMES = ["tcp", "udp", "unix", "read", "write_system", "write_input", "processes", "memory", "disk", "wall"]

LEAKY = """#!{python}
import os, sys
leaks = {leaks!r}
given = sys.argv[1:]
kept = [each for each in given if each not in leaks]
os.execv({program!r}, [{program!r}, *kept])
"""


def test_the_chosen_backend_passes_every_check_in_under_3_s() -> None:
    began = time.monotonic()
    backend = choose_backend()
    assert time.monotonic() - began < 3
    assert [each.name for each in self_test(backend).checks] == NAMES


def test_without_the_system_call_filter_the_namespaces_alone_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dalgubeol.world.sandbox.script.filter_pipe", lambda: None)
    test = self_test(Backend(backend_names()[0], bundled_bubblewrap()))
    assert test.passed, test.checks


def leaky(tmp_path: Path, *leaks: str) -> Backend:
    """A bwrap that ignores some of its options."""
    import sys

    program = tmp_path / "bwrap"
    program.write_text(LEAKY.format(python=sys.executable, leaks=leaks, program=bundled_bubblewrap()))
    program.chmod(0o755)
    return Backend(backend_names()[0], str(program))


def test_a_sandbox_that_shares_the_network_fails_the_network_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dalgubeol.world.sandbox.script.filter_pipe", lambda: None)
    failed = {each.name for each in self_test(leaky(tmp_path, "--unshare-net")).checks if not each.ok}
    assert failed == {"tcp", "udp"}


def test_a_sandbox_that_never_starts_fails_and_no_backend_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no namespaces here >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(selftest, "bundled_bubblewrap", lambda: str(broken))
    with pytest.raises(Unavailable, match="no namespaces here") as caught:
        choose_backend()
    assert caught.value.code == "sandbox.unsafe"
    assert str(caught.value.next_step)


def test_a_process_left_behind_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "_is_alive", lambda name: True)
    test = self_test(Backend(backend_names()[0], bundled_bubblewrap()))
    assert [each.name for each in test.checks if not each.ok] == ["wall"]
