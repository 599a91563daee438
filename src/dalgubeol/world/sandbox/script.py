"""`run_script`: one script, its inputs, a backend that passed the self-test; out comes an Outcome.

Rules: the script's text, its inputs and its outputs pass through pipes only. The script starts only after a
word from here that every input was written whole, so it never runs on half an input, whatever happens (a
source that raises, a cancel, the death of this process). When `run_script` returns or raises, no process of
the sandbox is left. An Outcome tells no text of the script's making except file names that are plain;
`operator_log` does, is bounded, and must not reach an analyst unreviewed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Literal

from ...errors import Invalid, Unavailable
from ...language import say
from ...nouns.script import ScriptLanguage
from . import runner
from .brought import is_plain_path, members_in_memory, packages_among, single
from .bubblewrap import BROUGHT, DRIVER, RUNNER, Backend, command, environment
from .defences import NONE_LEFT_OUT, Defence
from .frames import Frames, OutputFile, is_plain_name
from .interpreter import this_interpreter, with_binds
from .limits import Limits
from .seccomp import filter_pipe
from .shipped import (
    DRIVERS,
    HELPER,
    HELPER_SOURCE,
    compiled,
    lines_of,
    script_path,
    wants_helper,
)

InputSource = Callable[[BinaryIO], object]
"""Writes the whole plaintext of one input to the file it is given; may raise, which ends the sandbox."""

Status = Literal["ok", "error", "limit", "cancelled"]
OPERATOR_LOG_BYTES = 64 << 10
SCRIPT_BYTES = 1 << 20
_POLL_S = 0.05
_FIRST_PIPE_BYTES = 4096
_GRACE_S = 0.5
_END_S = 10.0
_RESERVE_BYTES = 16 << 30  # address space that allocators reserve and never touch
_FIRST_UID, _UIDS = 0x6000_0000, 0x0FFF_0000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a script ended. `outputs` is empty unless `status` is "ok"; `exception` is the name of a builtin class (the
    nearest ancestor of hers) or "Killed"; `line` is of her script, `limit` of `runner.LIMITS`; `refused_outputs` counts
    what else /out held, `misnamed_outputs` what of it by its name."""

    status: Status
    exception: str | None
    line: int | None
    limit: str | None
    wall_s: float
    cpu_s: float
    peak_bytes: int
    outputs: tuple[OutputFile, ...]
    refused_outputs: int
    operator_log: bytes
    misnamed_outputs: int = 0


def run_script(
    script: bytes,
    inputs: Mapping[str, InputSource],
    limits: Limits,
    seed: int,
    *,
    backend: Backend,
    language: ScriptLanguage = ScriptLanguage.PYTHON,
    brought: Mapping[str, bytes] = MappingProxyType({}),
    on_started: Callable[[], object] | None = None,
    on_printed: Callable[[bytes], object] | None = None,
    cancel: threading.Event | None = None,
    without: frozenset[Defence] = NONE_LEFT_OUT,
) -> Outcome:
    """Run `script` with `inputs` at /data/NAME, what was `brought` at /brought/NAME (see brought.py; the last place
    where Python looks for modules: it replaces nothing), and /out as its folder.

    `seed` is DALGU_SEED and PYTHONHASHSEED inside. `on_started` is called when all inputs are in and the
    script begins; the wall limit counts from there. `on_printed` is given whatever the script prints, as it
    comes: who calls bounds it. Raises Invalid for a bad script or input name,
    Unavailable when the sandbox cannot be set up, and whatever an input source or `on_started` raised.
    """
    alone = single(brought)
    _check(script, [*inputs, *alone], brought)
    sources = [_written(compiled("runner.py", RUNNER)), _written(script), *inputs.values(), *map(_written, alone.values())]  # fmt: skip
    names = [RUNNER, script_path(language), *(f"/data/{name}" for name in inputs), *(f"{BROUGHT}/{name}" for name in alone)]  # fmt: skip
    if language in DRIVERS:
        sources.append(_written(compiled(DRIVERS[language], DRIVER)))
        names.append(DRIVER)
    if wants_helper(script, language):
        sources.append(_written(compiled(HELPER_SOURCE, HELPER)))
        names.append(HELPER)
    sources.append(_written(b"g"))
    order = _Order(backend, limits, seed, language, without, brought)
    with _Sandbox(order, names, on_printed) as sandbox:
        sandbox.feed(sources)
        ending = sandbox.follow(on_started, cancel)
    if sandbox.feed_error is not None:
        raise sandbox.feed_error
    if ending is None and not sandbox.frames.started:
        raise _not_started(bytes(sandbox.log))
    return _outcome(sandbox, ending, lines_of(script, language))


@dataclass(frozen=True, slots=True)
class _Order:
    """What one sandbox is to be like."""

    backend: Backend
    limits: Limits
    seed: int
    language: ScriptLanguage
    without: frozenset[Defence]
    brought: Mapping[str, bytes]


class _Sandbox:
    """The processes, pipes and buffers of one script; leaving the context kills and reaps all.

    There is one pipe for each of `names`, read by bwrap in that order, and one more, read by process 1, for
    the word that all were written whole.
    """

    def __init__(
        self, order: _Order, names: list[str], on_printed: Callable[[bytes], object] | None = None
    ) -> None:
        self.limits = order.limits
        self._on_printed = on_printed
        self.frames = Frames(order.limits)
        self.log = bytearray()
        self.wall_s = 0.0
        """From the word that the script may start until it ended."""
        self.feed_error: BaseException | None = None
        self._feeder: threading.Thread | None = None
        self._feeds: list[int] = []
        self._set_up = threading.Event()
        self._process_1: int | None = None
        self._process = self._start(order, names)

    def _start(self, order: _Order, names: list[str]) -> subprocess.Popen[bytes]:
        reads: list[int] = []
        try:
            for _ in (*names, "standard input"):
                read, write = os.pipe2(os.O_CLOEXEC)
                reads.append(read)
                self._feeds.append(write)
            fcntl.fcntl(self._feeds[0], fcntl.F_SETPIPE_SZ, _FIRST_PIPE_BYTES)
            filter_fd = None if Defence.FILTER in order.without else filter_pipe()
            files = list(zip(reads, names, strict=False))
            passed = [fd for fd, _ in files] + ([] if filter_fd is None else [filter_fd])
            reads += passed[len(files) :]
            interpreter = with_binds(this_interpreter(), order.language)
            interpreter = replace(
                interpreter, packages=(*interpreter.packages, *packages_among(order.brought))
            )
            settings = _settings(order)
            told = {"DALGU_SCRIPT": script_path(order.language)}
            with members_in_memory(order.brought) as members:
                return subprocess.Popen(
                    command(order.backend, interpreter, self.limits, files, filter_fd, settings, order.without, members),
                    env=environment(interpreter, self.limits, order.seed, order.without) | told,
                    stdin=reads[len(names)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    pass_fds=[*passed, *(fd for fd, _ in members)], start_new_session=True, cwd="/", bufsize=0,
                )  # fmt: skip
        except BaseException:
            self._close_feeds()
            raise
        finally:
            for fd in reads:
                os.close(fd)

    def __enter__(self) -> _Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._kill()
            self._drain()
        finally:
            self._process.wait()
            if self._feeder is not None:
                self._feeder.join(_END_S)
            self._close_feeds()
            if self._process.stderr is not None:
                self._process.stderr.close()

    def _kill(self) -> None:
        """Kill process 1, whose death ends all others inside, and bwrap.

        Not before bwrap has let process 1 go on, for until then that waits for a word of bwrap, survives it
        and would wait for ever.
        """
        if self._feeder is not None:
            self._set_up.wait(_END_S)
        if self._process_1 is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process_1, signal.SIGKILL)
            os.close(self._process_1)
            self._process_1 = None
        self._process.kill()

    def feed(self, sources: list[InputSource]) -> None:
        """Begin to write every source into its pipe, in the order in which bwrap reads them."""
        self._feeder = threading.Thread(target=self._feed, args=(sources,), daemon=True)
        self._feeder.start()

    def _feed(self, sources: list[InputSource]) -> None:
        feeds = [os.fdopen(fd, "wb") for fd in self._feeds]
        self._feeds = []
        try:
            for source, feed in zip(sources, feeds, strict=True):
                source(feed)
                feed.close()
                self._note_process_1()
        except BrokenPipeError as error:
            if not self._ends_soon():
                self.feed_error = error
        except BaseException as error:  # noqa: BLE001 - raised again by run_script, in the caller's thread
            self.feed_error = error
        finally:
            self._set_up.set()
            for feed in feeds:
                with contextlib.suppress(OSError):
                    feed.close()

    def _note_process_1(self) -> None:
        """After the first feed: it is longer than its pipe, so process 1 has begun to read it."""
        if not self._set_up.is_set():
            with contextlib.suppress(OSError, ValueError):
                pid = self._process.pid
                children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
                self._process_1 = os.pidfd_open(int(children))
            self._set_up.set()

    def _ends_soon(self) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
            return True
        return False

    def follow(self, on_started: Callable[[], object] | None, cancel: threading.Event | None) -> str | None:
        """Read until both pipes end (None), or "cancelled", or "wall"."""
        ends_at: float | None = None
        began = time.monotonic()
        for _ in self._received(_POLL_S):
            self.wall_s = 0.0 if ends_at is None else time.monotonic() - began
            if ends_at is None and self.frames.started:
                began = time.monotonic()
                ends_at = began + self.limits.wall_s + _GRACE_S
                if on_started is not None:
                    on_started()
            if cancel is not None and cancel.is_set():
                return "cancelled"
            if self.feed_error is not None or self.frames.malformed or self.frames.report is not None:
                return None
            if ends_at is not None and time.monotonic() > ends_at:
                return "wall"
            if ends_at is None and self._process.poll() is not None and not self._set_up.is_set():
                return None
        return None

    def _drain(self) -> None:
        """Until nobody holds the pipes: then every process of the sandbox has ended."""
        give_up_at = time.monotonic() + _END_S
        for _ in self._received(_POLL_S):
            if time.monotonic() > give_up_at:
                raise Unavailable(
                    "sandbox.not_ended",
                    say("A sandbox did not end within {seconds} s of being killed.", seconds=_END_S),
                    say("Look for processes in uninterruptible sleep, and restart the site."),
                )

    def _received(self, poll_s: float) -> Iterator[None]:
        """Take what comes on both pipes, yielding at least every `poll_s`, until both have ended."""
        with selectors.DefaultSelector() as selector:
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None and not pipe.closed:
                    selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(poll_s):
                    chunk = os.read(key.fd, 1 << 16)
                    if not chunk:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is self._process.stdout:
                        self.frames.feed(chunk)
                    else:
                        if self._on_printed is not None:
                            self._on_printed(chunk)
                        self.log += chunk[: OPERATOR_LOG_BYTES - len(self.log)]
                yield

    def _close_feeds(self) -> None:
        for fd in self._feeds:
            os.close(fd)
        self._feeds = []


def _outcome(sandbox: _Sandbox, ending: str | None, lines: int) -> Outcome:
    report = {} if sandbox.frames.malformed or ending else sandbox.frames.report or {}
    code = report.get("outcome", runner.ERROR)
    status: Status = "ok" if code == runner.OK else "limit" if code == runner.LIMIT else "error"
    exception = _named(runner.EXCEPTIONS, report.get("exception", 0)) if status != "ok" else None
    limit = _named(runner.LIMITS, report.get("limit", 0)) if status == "limit" else None
    if ending == "cancelled":
        status = "cancelled"
    elif ending == "wall":
        status, limit = "limit", "wall"
    elif not report:
        exception = runner.KILLED
    line = report.get("line", 0)
    return Outcome(
        status=status,
        exception=exception,
        line=line if status != "ok" and 1 <= line <= lines else None,
        limit=limit,
        wall_s=sandbox.wall_s,
        cpu_s=report.get("cpu_us", 0) / 1e6,
        peak_bytes=report.get("peak_bytes", 0),
        outputs=tuple(sandbox.frames.outputs) if status == "ok" else (),
        refused_outputs=report.get("refused", 0) + sandbox.frames.refused if status == "ok" else 0,
        operator_log=bytes(sandbox.log),
        misnamed_outputs=sandbox.frames.misnamed if status == "ok" else 0,
    )


def _named(names: tuple[str, ...], one_based: int) -> str | None:
    return names[one_based - 1] if 1 <= one_based <= len(names) else None


def _check(script: bytes, inputs: Sequence[str], brought: Iterable[str]) -> None:
    if len(script) > SCRIPT_BYTES:
        raise Invalid.field(
            "script",
            expected=say("at most {count} bytes", count=SCRIPT_BYTES),
            got=say("{count} bytes", count=len(script)),
        )
    if len(inputs) > 200:
        raise Invalid.field("inputs", expected="at most 200 files", got=len(inputs))
    for plain in (*map(is_plain_name, inputs), *map(is_plain_path, brought)):
        if not plain:
            raise Invalid.field("inputs", expected="plain file names", got="a name that is not plain")


def _written(data: bytes) -> InputSource:
    return lambda feed: feed.write(data)


def _settings(order: _Order) -> dict[str, int]:
    """What the runner is told. A fresh uid for each sandbox keeps the kernel's per-user counts apart."""
    limits, as_root = order.limits, order.backend.name == "root"
    fresh = as_root and Defence.PRIVILEGES not in order.without
    return {
        "uid": _FIRST_UID + secrets.randbelow(_UIDS) if fresh else 0,
        "nproc": limits.processes + (not as_root),  # process 1 counts where it shares the uid
        "processes": limits.processes,
        "wall_ms": int(limits.wall_s * 1000),
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_bytes,
        "reserve_bytes": _RESERVE_BYTES,
        "file_bytes": limits.file_bytes,
        "output_bytes": limits.output_bytes,
        "output_files": limits.output_files,
        "threads": limits.threads,
        "first_cpu": secrets.randbelow(1024),
    }


def _not_started(log: bytes) -> Unavailable:
    """Nothing of the script has run, so the log holds only what bwrap or the interpreter said."""
    said = log.decode("utf-8", errors="replace").strip().splitlines()
    return Unavailable(
        "sandbox.not_started",
        say("The sandbox could not be set up: {said}.", said=said[-1][:200] if said else "no message"),
        say("Run `dalgu doctor`, which tries the sandbox and names what this machine lacks."),
    )
