"""The start-up self-test: before any script of an analyst runs, the sandbox is really attacked.

Rules: each check tries the thing itself, after the test has shown that it reaches its own listeners from
outside; a backend is used only if every check of it holds; there is no way to run bare. Takes under 3 s; the
caller may keep the answer for as long as the machine runs. Only this
test's own listeners, files and processes are ever touched.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from ...errors import Unavailable
from ...language import Message, say
from .bubblewrap import Backend, backend_names, bundled_bubblewrap
from .limits import Limits
from .script import run_script
from .seccomp import seccomp_program

_LIMITS = Limits(
    wall_s=10, cpu_s=5, memory_bytes=96 << 20, processes=12, file_bytes=1 << 20, output_bytes=1 << 20
)
_PROBE = Path(__file__).with_name("probe.py")
_STAYS = b"""
import ctypes, os, time
ctypes.CDLL(None).prctl(15, b"%s", 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(3):
            os.close(fd)
    time.sleep(60)
time.sleep(60)
"""
_LONGEST_FOLDER = 60  # unix(7): a socket's path has 108 bytes at most


@dataclass(frozen=True, slots=True)
class Check:
    """One thing tried: `ok` when the sandbox stopped it; `detail` says what happened."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a backend withstood. `warnings` are for the operator and do not decide."""

    backend: Backend
    checks: tuple[Check, ...]
    warnings: tuple[Message, ...] = ()

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(each.ok for each in self.checks)


def choose_backend() -> Backend:
    """A backend that passes its self-test here; Unavailable, with what is missing, if none does."""
    program = bundled_bubblewrap()
    tests = [self_test(Backend(name, program)) for name in backend_names()]
    for test in tests:
        if test.passed:
            return test.backend
    failed = [
        f"{test.backend.name}: {each.name} ({each.detail})"
        for test in tests
        for each in test.checks
        if not each.ok
    ]
    raise Unavailable(
        "sandbox.unsafe",
        say("No sandbox on this machine passes its self-test: {failed}.", failed="; ".join(failed)),
        _next_step(),
    )


def self_test(backend: Backend) -> SelfTest:
    """Attack `backend` from inside. A sandbox that cannot even start is one failed check, no exception."""
    try:
        return SelfTest(backend, (*_attacks(backend), _wall_check(backend)), tuple(_warnings()))
    except Unavailable as error:
        return SelfTest(backend, (Check("start", False, str(error.detail)),), tuple(_warnings()))


def _attacks(backend: Backend) -> Iterator[Check]:
    with ExitStack() as stack:
        targets = _Targets(stack)
        targets.reach_from_outside()
        script = f"FACTS = {targets.facts!r}\n".encode() + _PROBE.read_bytes()
        outcome = run_script(script, {"probe": lambda feed: feed.write(b"data")}, _LIMITS, 1, backend=backend)
        found = next((each.data for each in outcome.outputs if each.name == "checks.json"), b"{}")
        answers = json.loads(found)
        for name in (
            "tcp",
            "udp",
            "unix",
            "read",
            "write_system",
            "write_input",
            "processes",
            "memory",
            "disk",
        ):
            answer = answers.get(name, f"not tried: {outcome.status} {outcome.exception or ''}")
            arrived, sent_nowhere = targets.reached(name), name == "udp" and answer == "succeeded"
            yield Check(name, not arrived and (sent_nowhere or answer.startswith("stopped")), answer)


class _Targets:
    """Listeners and a file of our own outside, each shown to be reachable from outside."""

    def __init__(self, stack: ExitStack) -> None:
        short = None if len(tempfile.gettempdir()) < _LONGEST_FOLDER else "/tmp"  # noqa: S108
        made = tempfile.TemporaryDirectory(prefix="dalgu-selftest-", dir=short)
        folder = Path(stack.enter_context(made))
        folder.chmod(0o755)
        canary, path = folder / "canary", folder / "socket"
        canary.write_text("canary")
        canary.chmod(0o644)
        self._tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._udp.bind(("127.0.0.1", 0))
        self._unix = stack.enter_context(socket.socket(socket.AF_UNIX))
        self._unix.bind(str(path))
        path.chmod(0o777)
        self._unix.listen()
        self.facts: dict[str, str | int] = {
            "tcp": self._tcp.getsockname()[1],
            "udp": self._udp.getsockname()[1],
            "unix": str(path),
            "read": str(canary),
        }
        for listener in (self._tcp, self._udp, self._unix):
            listener.setblocking(False)

    def reach_from_outside(self) -> None:
        reached = [False]
        with (
            suppress(OSError),
            socket.create_connection(self._tcp.getsockname(), 1),
            socket.socket(socket.AF_UNIX) as unix,
        ):
            unix.connect(str(self.facts["unix"]))
            self._udp.sendto(b"x", self._udp.getsockname())
            for listener in (self._tcp, self._udp, self._unix):
                select.select([listener], [], [], 2.0)  # a loaded machine delivers late, even on loopback
            reached = [self.reached(name) for name in ("tcp", "udp", "unix")]
        if not all(reached):
            raise Unavailable(
                "sandbox.selftest",
                say("The self-test cannot reach its own listeners on this machine."),
                say("Check that the loopback interface is up."),
            )

    def reached(self, name: str) -> bool:
        """Whether anything arrived at that listener since last asked."""
        try:
            if name in ("tcp", "unix"):
                (self._tcp if name == "tcp" else self._unix).accept()[0].close()
                return True
            return name == "udp" and bool(self._udp.recv(1))
        except BlockingIOError:
            return False


def _wall_check(backend: Backend) -> Check:
    """A detached grandchild must die with the wall limit. It is looked for by the name it takes."""
    name = "dg" + secrets.token_hex(6)
    limits = Limits(wall_s=0.4, processes=12)
    outcome = run_script(_STAYS % name.encode(), {}, limits, 1, backend=backend)
    left = _is_alive(name)
    ok = outcome.limit == "wall" and not left
    return Check("wall", ok, "stopped" if ok else f"ended as {outcome.status}, a process left: {left}")


def _is_alive(name: str) -> bool:
    for each in os.listdir("/proc"):
        if each.isdigit():
            try:
                if Path("/proc", each, "comm").read_text().strip() == name:
                    return True
            except (OSError, UnicodeDecodeError):
                continue
    return False


def _warnings() -> Iterator[Message]:
    swaps = Path("/proc/swaps")
    lines = swaps.read_text().splitlines()[1:] if swaps.exists() else []
    if any(not line.startswith("/dev/zram") for line in lines):
        yield say("Swap is on: memory of a sandbox may be written to a disk. Turn it off or encrypt it.")
    if seccomp_program(os.uname().machine) is None:
        yield say("There is no system-call filter for this processor; namespaces alone protect.")


def _next_step() -> Message:
    if os.geteuid() == 0:
        return say(
            "Give the site CAP_SYS_ADMIN (in a container: --cap-add SYS_ADMIN), or run it as a plain user."
        )
    return say(
        "Allow unprivileged user namespaces (user.max_user_namespaces above 0; on Ubuntu also "
        "kernel.apparmor_restrict_unprivileged_userns=0), or run the site as root."
    )
