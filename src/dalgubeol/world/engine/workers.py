"""Child processes that are warm, work once, and can be killed.

A nursery process imports what work usually needs and forks a child for each piece of work: a fresh process
in a few milliseconds, with nothing left over from the one before. It is started as a module of its own, so
that no script that uses this library is run again in the children. When the parent is gone, however it went,
the nursery ends, and every child with it (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from ...errors import Unavailable
from ...language import say


class _Line(Connection):
    """A child that was killed before it read what it was sent resets the line: that too is its end."""

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        try:
            return super().recv_bytes(maxlength)
        except ConnectionResetError:
            raise EOFError from None


class Worker:
    """One child: `connection` speaks bytes with it; EOFError there means that it is gone."""

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid, self.connection = pid, connection
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = -1

    def kill(self) -> None:
        """End it at once, if it still lives."""
        if self._handle >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    @property
    def alive(self) -> bool:
        if self._handle < 0:
            return False
        ended = select.poll()
        ended.register(self._handle, select.POLLIN)
        return not ended.poll(0)

    def close(self) -> None:
        self.kill()
        self.connection.close()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class Workers:
    """Children that run `target` ("module:function", given a Connection); `warm` of them wait ready. They yield
    the processor to others by so much (`niceness`, as nice(2) has it)."""

    def __init__(self, target: str, preload: Sequence[str] = (), warm: int = 1, niceness: int = 0) -> None:
        self._target, self._preload, self._warm, self._niceness = target, tuple(preload), warm, niceness
        self._guard = threading.Lock()
        self._ready: deque[Worker] = deque()
        self._nursery: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def start(self) -> None:
        """Begin warming; returns at once."""
        with self._guard:
            if self._nursery is None:
                self._begin()

    def take(self) -> Worker:
        """A child for one piece of work; the caller closes it."""
        with self._guard:
            self._see_to_nursery()
            while self._ready:
                worker = self._ready.popleft()
                if worker.alive:
                    return worker
                worker.close()  # something else, a lack of memory say, ended it while it waited
            try:
                return self._fork()
            except Unavailable:  # the nursery died just now: once more with a new one
                self._begin()
                return self._fork()

    def refill(self) -> None:
        """Have `warm` children ready again; call when there is time."""
        with self._guard:
            self._see_to_nursery()
            while len(self._ready) < self._warm:
                self._ready.append(self._fork())

    def close(self) -> None:
        with self._guard:
            while self._ready:
                self._ready.popleft().close()
            if self._line is not None:
                self._line.close()
            if self._nursery is not None:
                _ended(self._nursery)
            self._line = self._nursery = None

    def _see_to_nursery(self) -> None:
        if self._nursery is None or self._nursery.poll() is not None:
            self._begin()

    def _begin(self) -> None:
        while self._ready:
            self._ready.popleft().close()
        if self._line is not None:
            self._line.close()
        if self._nursery is not None:
            self._nursery.kill()
            self._nursery.wait()
        ours, theirs = socket.socketpair()
        command = [
            sys.executable,
            "-P",  # the folder one happens to stand in is no place to import from
            "-m",
            f"{__package__}.nursery",
            str(theirs.fileno()),
            str(self._niceness),
            self._target,
            *self._preload,
        ]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._nursery = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment
        )
        theirs.close()
        self._line = ours

    def _fork(self) -> Worker:
        assert self._line is not None
        ours, theirs = socket.socketpair()
        try:
            socket.send_fds(self._line, [b"f"], [theirs.fileno()])
            answer = self._line.recv(16)
        except OSError:
            answer = b""
        finally:
            theirs.close()
        if not answer:
            ours.close()
            raise Unavailable(
                "worker.start",
                say("No child process could be started."),
                say("Check the memory and the limits of this machine, and try again."),
            )
        return Worker(int(answer), _Line(ours.detach()))


def _ended(nursery: subprocess.Popen[bytes]) -> None:
    """It ends by itself when its line is closed, unless it hangs in an import."""
    try:
        nursery.wait(timeout=10)
    except subprocess.TimeoutExpired:
        nursery.kill()
        nursery.wait()
