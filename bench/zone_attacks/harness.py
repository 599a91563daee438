"""Targets of our own, and how one attack is tried: without its defence, then with everything on."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

from bench.zone_attacks.town import Town, founded, opened
from dalgubeol.errors import DalguError
from dalgubeol.kinds import analyse
from dalgubeol.kinds.contract import Conditions, ScriptOutcome
from dalgubeol.world.sandbox.bubblewrap import Backend
from dalgubeol.world.sandbox.defences import NONE_LEFT_OUT, Defence
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import Outcome, run_script

CANARY = "canary-7f3a91"
MIB = 1 << 20
ROOT = os.geteuid() == 0
TIGHT = Limits(
    wall_s=10, cpu_s=10, memory_bytes=128 * MIB, processes=16, file_bytes=2 * MIB, output_bytes=2 * MIB, output_files=8
)  # fmt: skip
SHORT = Limits(wall_s=1, cpu_s=10)
WIDE = Limits(
    wall_s=60, cpu_s=60, memory_bytes=4096 * MIB, processes=400, file_bytes=64 * MIB, output_bytes=64 * MIB, output_files=100
)  # fmt: skip
_FRAME = """
import ctypes, os, socket, struct, sys, time
T = {targets!r}
libc = ctypes.CDLL(None, use_errno=True)
def called(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
{attack}
try:
    attack()
    said = "succeeded"
except BaseException as error:
    said = "stopped by " + type(error).__name__
with open("result", "w") as file:
    file.write(said)
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came out of one try: files by name, and all else that its author is told."""

    files: dict[str, bytes]
    told: str
    arrived: bool = False


def says_so(seen: Seen) -> bool:
    return seen.files.get("result") == b"succeeded"


def has_the_canary(seen: Seen) -> bool:
    return CANARY in seen.told or any(CANARY.encode() in each for each in seen.files.values())


def reached_the_listener(seen: Seen) -> bool:
    return seen.arrived


@dataclass(frozen=True, slots=True)
class Attack:
    """`without`: the layers that are left out when it must succeed; None where it is a plain process then."""

    id: str
    family: str
    stopped_by: str
    prove: Callable[[Trial], bool]
    """With the defence left out: True where it succeeded."""
    succeeds: Callable[[Trial], bool]
    """With everything on."""
    lacks: Callable[[Trial], str | None] = field(default=lambda trial: None)
    """Why this machine cannot show it, as another than root or on another kernel."""
    slow: bool = False
    """It founds a site, queues Runs and waits for them."""


@dataclass(frozen=True, slots=True)
class Script:
    """One hostile script. `body` is that of a function, or the whole script where it is `bare` of the frame."""

    id: str
    body: str
    without: frozenset[Defence] | None
    wide: bool = False
    """The limits are wide when it must succeed."""
    limits: Limits = TIGHT
    framed: bool = True
    shows: Callable[[Seen], bool] = says_so
    victim_is_process_1: bool = False
    needs_root: bool = False

    @property
    def stopped_by(self) -> str:
        layers = sorted(each.value for each in self.without or ())
        return " and ".join([*layers, *(["limits"] if self.wide else [])]) or "the sandbox"


class Trial:
    """Everything that attacks aim at, for as long as the context is open."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.targets: dict[str, Any] = {}
        self.folder = Path()
        self._stack = contextlib.ExitStack()
        self._noticed: set[str] = set()

    def __enter__(self) -> Trial:
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="dalgu-attack-", dir=_short())))  # fmt: skip
        self.folder.chmod(0o755)
        site = self.folder / "site"
        (site / "objects").mkdir(parents=True)
        for path in (site / "key", site / "objects" / "other", site / "input"):
            path.write_text(CANARY)
        victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(900)"])
        self._stack.callback(victim.wait)
        self._stack.callback(victim.kill)
        home = Path.home()
        self.targets = {
            **self._listeners(site), **self._system_v(), "site": str(site), "victim": victim.pid, "host": socket.gethostname(),
            "home": str(home if home.exists() else site), "input": str(site / "input"), "system": str(site), "scratch": str(site),
        }  # fmt: skip
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def noticed(self, listener: str) -> bool:
        """Whether anything came to that listener since last asked."""
        there = listener in self._noticed
        self._noticed.discard(listener)
        return there

    def plain(self, script: Script) -> Seen:
        """As a process with nothing around it: its exit status, what it printed and its files, links followed."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, open(Path(self.targets["site"]) / "key") as secret:  # fmt: skip
            code = Path(folder) / "script.py"
            code.write_text(self._text(script, {}))
            out = Path(folder) / "out"
            out.mkdir()
            done = subprocess.run(
                [sys.executable, str(code)], cwd=out, timeout=60, check=False, pass_fds=(secret.fileno(),),
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "DALGU_TEST_SECRET": CANARY},
            )  # fmt: skip
            files = {}
            for path in sorted(out.iterdir(), key=str):
                name = os.fsencode(path.name).decode("utf-8", "replace")
                files[name] = path.read_bytes() if path.is_file() else b""
            return Seen(files, f"status {done.returncode}\n{done.stdout.decode('utf-8', 'replace')}")

    def inside(self, script: Script, without: frozenset[Defence] = NONE_LEFT_OUT, *, wide: bool = False) -> Seen:  # fmt: skip
        """In the sandbox: what becomes of it, as far as its author is told."""
        limits = WIDE if wide else script.limits
        there = {"input": "/data/input", "scratch": "/tmp", "system": "/usr/lib"}
        if script.victim_is_process_1:
            there["victim"] = 1
        inputs = {"input": lambda feed: feed.write(CANARY.encode())}
        text = self._text(script, there).encode()
        kept = os.environ.get("DALGU_TEST_SECRET")
        os.environ["DALGU_TEST_SECRET"] = CANARY
        try:
            with open(Path(self.targets["site"]) / "key") as secret:
                os.set_inheritable(secret.fileno(), True)
                outcome = run_script(text, inputs, limits, 1, backend=self.backend, without=without)
        finally:
            os.environ.pop("DALGU_TEST_SECRET") if kept is None else os.environ.update(DALGU_TEST_SECRET=kept)
        return Seen({each.name: each.data for each in outcome.outputs}, told_of(outcome, limits))

    @contextlib.contextmanager
    def town(self) -> Iterator[Town]:
        """A site of people, as nobody has touched it."""
        folder, held = self._founded
        with opened(folder, held, self.folder) as there:
            yield there

    @cached_property
    def _founded(self) -> tuple[Path, dict[str, bytes]]:
        folder = self.folder / "town"
        folder.mkdir()
        return folder, founded(folder)

    def _text(self, script: Script, there: dict[str, object]) -> str:
        targets = {**self.targets, **there}
        if not script.framed:
            return f"T = {targets!r}\n{script.body}"
        indented = "\n".join(f"    {line}" for line in script.body.splitlines())
        return _FRAME.format(targets=targets, attack=f"def attack():\n{indented}")

    def _listeners(self, folder: Path) -> dict[str, Any]:
        abstract = f"\0dalgu-attack-{os.getpid()}"
        self._bound(socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket"))
        self._bound(socket.AF_UNIX, socket.SOCK_STREAM, abstract)
        tcp = self._bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        udp = self._bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        dns = self._bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        web = self._bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        tcp6 = self._bound(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)) if socket.has_ipv6 else None
        threading.Thread(target=_echo, args=(dns,), daemon=True).start()
        threading.Thread(target=self._notice, args=(web, "web"), daemon=True).start()
        return {
            "tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1], "dns": dns.getsockname()[1], "web": web.getsockname()[1],
            "tcp6": tcp6.getsockname()[1] if tcp6 else 0, "unix": str(folder / "socket"), "abstract": abstract,
        }  # fmt: skip

    def _bound(self, family: int, kind: int, address: Any) -> socket.socket:
        listener = self._stack.enter_context(socket.socket(family, kind))
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen(16)
        return listener

    def _notice(self, server: socket.socket, name: str) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = server.accept()
                self._noticed.add(name)
                with contextlib.suppress(OSError):
                    caller.sendall(
                        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                caller.close()

    def _system_v(self) -> dict[str, int]:
        """A shared memory segment of ours, as any process of the host would find it by its key."""
        libc = ctypes.CDLL(None, use_errno=True)
        libc.shmat.restype = ctypes.c_void_p
        key = 0x64610000 + os.getpid() % 0xFFFF
        segment = libc.shmget(key, 4096, 0o1000 | 0o666)
        if segment < 0:
            return {"segment": 0}
        self._stack.callback(libc.shmctl, segment, 0, None)
        place = libc.shmat(segment, None, 0)
        ctypes.memmove(place, CANARY.encode(), len(CANARY))
        self._stack.callback(libc.shmdt, ctypes.c_void_p(place))
        return {"segment": key}


def of_act(
    id_: str, family: str, stopped_by: str, act: Callable[[Trial], bool], off: Callable[[], AbstractContextManager[None]],
    lacks: Callable[[Trial], str | None] = lambda trial: None, slow: bool = False,
) -> Attack:  # fmt: skip
    """The same act without its defence (`off`) and with it: there an error of ours is that it was stopped."""

    def prove(trial: Trial) -> bool:
        with off():
            return act(trial)

    def succeeds(trial: Trial) -> bool:
        try:
            return lacks(trial) is None and act(trial)
        except DalguError:
            return False

    return Attack(id_, family, stopped_by, prove, succeeds, lacks, slow)


def swapped(places: Mapping[str, object]) -> Callable[[], AbstractContextManager[None]]:
    """What stands at `verbs.airlock.review.check_votes` and the like is something else while the context is open."""

    @contextlib.contextmanager
    def off() -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for place, instead in places.items():
                module, _, name = place.rpartition(".")
                stack.enter_context(mock.patch.object(import_module(f"dalgubeol.{module}"), name, instead))
            yield

    return off


def told_of(outcome: Outcome, limits: Limits) -> str:
    """What an analyst is told of a script, in the zone's own words."""
    told = ScriptOutcome(
        outcome.status, outcome.exception, outcome.line, outcome.limit, outcome.cpu_s, outcome.peak_bytes, (), outcome.wall_s
    )  # fmt: skip
    bound = Conditions(wall_s=int(limits.wall_s), cpu_s=limits.cpu_s, memory_mb=limits.memory_bytes >> 20)
    try:
        analyse.raise_unless_ok(told, bound)
    except DalguError as error:
        return str(error)
    return "it worked"


def of_script(script: Script) -> Attack:
    def prove(trial: Trial) -> bool:
        if script.without is None:
            return script.shows(trial.plain(script))
        return script.shows(trial.inside(script, script.without, wide=script.wide))

    def lacks(trial: Trial) -> str | None:
        return "only root can show it" if script.needs_root and not ROOT else None

    return Attack(
        script.id,
        "scripts",
        script.stopped_by,
        prove,
        lambda trial: script.shows(trial.inside(script)),
        lacks,
    )


def _short() -> str | None:
    """The path of a socket has 108 bytes at most (unix(7))."""
    return None if len(tempfile.gettempdir()) < 60 else "/tmp"


def _echo(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            query, sender = server.recvfrom(512)
            server.sendto(query, sender)


@contextlib.contextmanager
def answering_nothing(rules: tuple[str, ...]) -> Iterator[None]:
    """The checks called `module.function` of `methods.disclosure` find nothing while the context is open."""
    kept = []
    try:
        for rule in rules:
            module, _, name = rule.partition(".")
            place = import_module(f"dalgubeol.methods.disclosure.{module}")
            kept.append((place, name, getattr(place, name)))
            setattr(place, name, lambda *_, **__: ())
        yield
    finally:
        for place, name, check in kept:
            setattr(place, name, check)


__all__ = ["CANARY", "MIB", "ROOT", "SHORT", "TIGHT", "Attack", "Script", "Seen", "Trial", "answering_nothing", "of_act", "of_script", "swapped", "told_of"]  # fmt: skip
