"""The self-test's script: executed inside, after a line `FACTS = {...}`. Writes checks.json to /out."""

import errno
import json
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

FACTS: dict[str, Any] = globals().get("FACTS", {})
LOOPBACK = "127.0.0.1"
MANY = 40


def tcp() -> None:
    socket.create_connection((LOOPBACK, FACTS["tcp"]), 1).close()


def udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (LOOPBACK, FACTS["udp"]))


def unix() -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(FACTS["unix"])


def read() -> None:
    with open(FACTS["read"]) as file:
        file.read()


def write_system() -> None:
    with open("/usr/lib/dalgu-probe", "w") as file:
        file.write("x")


def write_input() -> None:
    with open("/data/probe", "w") as file:
        file.write("x")


def processes() -> None:
    children: list[int] = []
    try:
        for _ in range(MANY):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def memory() -> None:
    held = bytearray(512 << 20)
    held[-1] = 1


def disk() -> None:
    for folder in ("/tmp", "/dev/shm"):  # noqa: S108 - the sandbox's own
        path = os.path.join(folder, "probe")
        try:
            with open(path, "wb") as file:
                file.write(bytes(8 << 20))
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EFBIG):
                raise
        else:
            return
        finally:
            os.unlink(path)
    raise OSError(errno.ENOSPC, "stopped")


ATTEMPTS: tuple[Callable[[], None], ...] = (
    tcp, udp, unix, read, write_system, write_input, processes, memory, disk,
)  # fmt: skip


def attempt(each: Callable[[], None]) -> str:
    try:
        each()
    except (OSError, MemoryError) as error:
        return f"stopped: {errno.errorcode.get(getattr(error, 'errno', 0) or 0, type(error).__name__)}"
    return "succeeded"


if __name__ == "__main__":
    with open("checks.json", "w") as file:
        json.dump({each.__name__: attempt(each) for each in ATTEMPTS}, file)
