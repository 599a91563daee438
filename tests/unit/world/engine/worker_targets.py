"""What the children of `test_workers` run."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection

state = {"used": 0}


def echo(connection: Connection) -> None:
    while True:
        word = connection.recv_bytes()
        if word == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == b"raise":
            raise RuntimeError("canary")
        if word == b"sleep":
            time.sleep(600)
        if word == b"cwd":
            import sys

            word = repr("" in sys.path or os.getcwd() in sys.path).encode()
        if word == b"used":
            state["used"] += 1
            word = str(state["used"]).encode()
        if word == b"parent":
            word = str(os.getppid()).encode()
        connection.send_bytes(word)
