"""A line between a program and a server that breaks: after so many bytes, once or as often as is said."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Cutting:
    """Passes bytes on from a port of its own. `cuts` holds, for the lines to come, after how many bytes (both ways
    together) each breaks; later ones hold."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._ear = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._ear.getsockname()[1]
        self.cuts: list[int] = []
        self.broken = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._ear.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._ear.accept()
                server = socket.create_connection(self._server)
                left = [self.cuts.pop(0)] if self.cuts else [1 << 62]
                for one, other in ((caller, server), (server, caller)):
                    threading.Thread(target=self._pass, args=(one, other, left), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, left: list[int]) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                left[0] -= len(data)
                if left[0] < 0:
                    self.broken += 1
                    break
                other.sendall(data)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def cutting(url: str) -> Iterator[Cutting]:
    host, _, port = url.removeprefix("http://").partition(":")
    made = Cutting(host, int(port))
    try:
        yield made
    finally:
        made.close()
