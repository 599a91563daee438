"""The process that forks warm children; started by `workers` as `python -m`, never imported by it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection
from typing import NoReturn

_PR_SET_PDEATHSIG = 1


def main(descriptor: int, niceness: int, target: str, preload: list[str]) -> None:
    os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then lets us end
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the kernel
    line = socket.socket(fileno=descriptor)
    module, _, name = target.partition(":")
    function = getattr(import_module(module), name)
    for each in preload:
        with suppress(ImportError):
            import_module(each)
    while True:
        message, descriptors, _, _ = socket.recv_fds(line, 1, 1)
        if not message:
            return
        nursery = os.getpid()
        pid = os.fork()
        if pid == 0:
            line.close()
            _child(function, descriptors[0], nursery)
        os.close(descriptors[0])
        line.send(str(pid).encode())


def _child(function: object, descriptor: int, nursery: int) -> NoReturn:
    """Never returns into the nursery's loop."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != nursery:
            os._exit(1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        function(Connection(descriptor))  # type: ignore[operator]
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
