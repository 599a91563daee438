"""Process 1 of the sandbox: starts the script, watches it, and hands out what it left.

The host compiles this file and it is executed alone inside (`python -S runner.pyc key=value ...`): standard
library only, no import of the package. Rules:
- It starts nothing until the host says on descriptor 0 that every input is whole.
- File descriptor 1 is the channel to the host (see frames.py) and closes on fork; the script has 0
  (/dev/null), 1 and 2 (the operator log) and nothing else.
- As process 1 of its namespace and not dumpable, it can be neither killed, stopped, traced nor read by the
  script, and when it ends the kernel ends everything else.
- What the script tells goes through a shared page of three numbers (exception, line, limit): never text.
- It reads /out only when nothing else is alive.
- Few imports: each costs the start of every script a millisecond.
"""

from __future__ import annotations

import builtins
import ctypes
import errno
import mmap
import os
import resource
import select
import stat
import struct
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Any
else:
    import _signal as signal  # the public module wraps it in enumerations, which cost 6 ms a start

DRIVER = "/code/driver.pyc"
OUT, SCRIPT, SCRATCH = "/out", "/code/script.py", ("/tmp", "/dev/shm")  # noqa: S108 - both private to the sandbox
TICK_MS = 50
INODES = 10_000
KILLED = "Killed"
OF_DRIVERS = (
    "BinderException", "CatalogException", "ConstraintException", "ConversionException", "InvalidInputException",
    "OutOfMemoryException", "OutOfRangeException", "ParserException", "PermissionException", "SyntaxException",
    "TypeMismatchException", "packageNotFoundError", "parseError", "simpleError",
)  # fmt: skip
EXCEPTIONS = (
    *sorted(n for n, v in vars(builtins).items() if isinstance(v, type) and issubclass(v, BaseException)),
    *OF_DRIVERS,
    KILLED,
)
LIMITS = ("wall", "cpu", "memory", "processes", "disk", "output_bytes", "output_files")
OK, ERROR, LIMIT = 0, 1, 2

_HEADER = struct.Struct(">cHQ")
_VERDICT = struct.Struct(">III")  # 1 + index of exception, line, 1 + index of limit; 0 is none
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP = 1, 4, 24
_LIBC = ctypes.CDLL(None)
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def main(arguments: list[str]) -> None:
    settings = {key: int(value) for key, _, value in (each.partition("=") for each in arguments)}
    packages = os.environ.pop("DALGU_PACKAGES", "")
    script = os.environ.pop("DALGU_SCRIPT", SCRIPT)
    channel = os.dup(1)  # not inheritable, and closed in the script's process
    os.dup2(2, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    if os.read(0, 1) != b"g":
        os._exit(1)  # the host did not finish writing the inputs
    nothing = os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    verdict = mmap.mmap(-1, _VERDICT.size)
    _send(channel, b"S")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # process 1 gets only signals that it handles (signal(7))
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.close(channel)
        _confine(settings)
        _execute(verdict, script, [each for each in packages.split(":") if each])
        return
    watch = Watch(pid, channel, settings)
    status, limit = watch.until_end()
    _end_everything(settings["uid"])
    _report(channel, settings, verdict, watch, status, limit)
    os._exit(0)


# --- the script's own process -------------------------------------------------------------------------


def _confine(settings: dict[str, int]) -> None:
    """Limits, then the unprivileged user, for this process and all it will start."""
    os.setsid()
    memory, cpu = settings["memory_bytes"], settings["cpu_s"]
    for what, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_AS, memory + settings["reserve_bytes"]),
        (resource.RLIMIT_CPU, cpu + 1),
        (resource.RLIMIT_NPROC, settings["nproc"]),
        (resource.RLIMIT_FSIZE, max(settings["file_bytes"], settings["output_bytes"])),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_CORE, 1),  # unlike 0, 1 stops a piped core_pattern too (core(5))
    ):
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    cpus = sorted(os.sched_getaffinity(0))
    first = settings["first_cpu"]
    os.sched_setaffinity(0, [cpus[(first + i) % len(cpus)] for i in range(settings["threads"])])
    if settings["uid"]:
        for capability in range(64):
            _prctl(_PR_CAPBSET_DROP, capability)
        _become(settings["uid"])


def _execute(verdict: mmap.mmap, script: str, packages: list[str]) -> None:
    """Run the script as `__main__`, then end as Python ends, with exit status 0 or 1."""
    import site

    sys.argv = [script]
    sys.path[0] = os.path.dirname(SCRIPT)
    sys.path += packages  # their .pth files are not read: what they name lies outside
    site.setquit()
    site.sethelper()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # whoever follows it sees each line
    module = type(sys)("__main__")
    module.__file__ = SCRIPT
    module.__builtins__ = builtins  # type: ignore[attr-defined]
    sys.modules["__main__"] = module
    try:
        with open(script, "rb") as file:
            text = file.read()
        if os.path.exists(DRIVER):
            _driver()(text, vars(module))
        else:
            exec(compile(text, SCRIPT, "exec", dont_inherit=True), vars(module))  # noqa: S102 - what the sandbox is for
    except SystemExit as leaving:
        if leaving.code not in (None, 0):
            _tell(verdict, leaving)
            sys.exit(1)
    except BaseException as error:  # noqa: BLE001 - told as a class and a line, then the process ends
        _tell(verdict, error)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)


def _driver() -> Callable[[bytes, dict[str, object]], None]:
    """`execute` of what reads another language than plain Python, shipped beside the script."""
    import marshal

    with open(DRIVER, "rb") as file:
        code = marshal.loads(file.read()[16:])  # noqa: S302 - the host's own
    names: dict[str, Any] = {"__name__": "driver"}
    exec(code, names)  # noqa: S102
    execute: Callable[[bytes, dict[str, object]], None] = names["execute"]
    return execute


def _tell(verdict: mmap.mmap, error: BaseException) -> None:
    named = next(each.__name__ for each in type(error).__mro__ if each.__name__ in EXCEPTIONS)
    limit = 0
    if isinstance(error, MemoryError) or named == "OutOfMemoryException":
        limit = 1 + LIMITS.index("memory")
    elif isinstance(error, OSError) and error.errno in _FULL:
        limit = 1 + LIMITS.index("disk")
    verdict[:] = _VERDICT.pack(1 + EXCEPTIONS.index(named), _line_in_script(error), limit)


def _line_in_script(error: BaseException) -> int:
    """The innermost line of the script itself, not of a library it called."""
    line = getattr(error, "script_line", 0)
    line = line if type(line) is int else 0
    if isinstance(error, SyntaxError) and error.filename == SCRIPT:
        line = error.lineno or 0
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SCRIPT:
            line = trace.tb_lineno
        trace = trace.tb_next
    return max(0, min(line, 1 << 31))


# --- process 1 ----------------------------------------------------------------------------------------


class Watch:
    """Waits for the script and adds up what its whole tree uses."""

    def __init__(self, pid: int, channel: int, settings: dict[str, int]) -> None:
        self.pid, self.channel, self.settings = pid, channel, settings
        self.peak_bytes = 0
        self.ends_at = time.monotonic() + settings["wall_ms"] / 1000

    def until_end(self) -> tuple[int | None, str | None]:
        """(wait status, None) when the script ends, or (None, limit) when the tree exceeds a limit."""
        poller = select.poll()
        poller.register(os.pidfd_open(self.pid), select.POLLIN)
        poller.register(self.channel, 0)
        while True:
            ready = poller.poll(TICK_MS)
            if any(fd == self.channel for fd, _ in ready):
                os._exit(1)  # the host is gone
            status = self._reap()
            if status is not None:
                self._exceeded()
                return status, "cpu" if self.cpu_s() > self.settings["cpu_s"] else None
            limit = self._exceeded()
            if limit:
                return None, limit

    def cpu_s(self) -> float:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return spent.ru_utime + spent.ru_stime

    def _reap(self) -> int | None:
        found = None
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                found = ended[1] if ended[0] == self.pid else found
        except ChildProcessError:
            pass
        return found

    def _exceeded(self) -> str | None:
        count, memory, cpu = 0, 0, self.cpu_s()
        for pid in _others():
            try:
                threads, held, spent = _usage(pid)
            except (OSError, ValueError, IndexError):
                continue  # it ended meanwhile
            count, memory, cpu = count + threads, memory + held, cpu + spent
        self.peak_bytes = max(self.peak_bytes, memory)
        over = {
            "wall": time.monotonic() > self.ends_at,
            "cpu": cpu > self.settings["cpu_s"],
            "memory": memory > self.settings["memory_bytes"],
            "processes": count > self.settings["processes"],
            "disk": sum(map(_inodes, (OUT, *SCRATCH))) > INODES,
        }
        return next((limit for limit, exceeded in over.items() if exceeded), None)


def _others() -> Iterator[int]:
    return (int(each) for each in os.listdir("/proc") if each.isdigit() and each != "1")


def _usage(pid: int) -> tuple[int, int, float]:
    """Threads, bytes of anonymous and shared memory, and CPU seconds with those of reaped children."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    with open(f"/proc/{pid}/status", "rb") as file:
        kib = [int(line.split()[1]) for line in file if line.startswith((b"RssAnon:", b"RssShmem:"))]
    return int(fields[17]), sum(kib) << 10, sum(map(int, fields[11:15])) / _TICKS_PER_S


def _inodes(folder: str) -> int:
    usage = os.statvfs(folder)
    return usage.f_files - usage.f_ffree


def _end_everything(uid: int) -> None:
    """Kill and reap all but ourselves, then become the script's user to read its files."""
    try:
        while True:
            if any(_others()):
                os.kill(-1, signal.SIGKILL)
            os.wait()
    except (ChildProcessError, ProcessLookupError):
        pass
    if uid:
        _become(uid)
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user clears it (prctl(2))


def _report(
    channel: int,
    settings: dict[str, int],
    verdict: mmap.mmap,
    watch: Watch,
    status: int | None,
    limit: str | None,
) -> None:
    exception, line, told_limit = _VERDICT.unpack(verdict[:])
    outcome, refused = OK, 0
    if limit is not None or told_limit:
        outcome, told_limit = LIMIT, 1 + LIMITS.index(limit) if limit else told_limit
    elif status is None or os.WIFSIGNALED(status):
        outcome, exception = ERROR, 1 + EXCEPTIONS.index(KILLED)
        if status is not None and os.WTERMSIG(status) == signal.SIGXCPU:
            outcome, told_limit = LIMIT, 1 + LIMITS.index("cpu")
    elif status != 0:
        outcome, exception = ERROR, exception or 1 + EXCEPTIONS.index("SystemExit")
    if outcome == OK:
        files, refused, over = _left_files(settings)
        if over:
            outcome, told_limit = LIMIT, 1 + LIMITS.index(over)
        else:
            for name in files:
                _send_file(channel, name)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = max(watch.peak_bytes, spent.ru_maxrss << 10)
    numbers = {
        "outcome": outcome, "exception": exception, "line": line, "limit": told_limit, "refused": refused,
        "peak_bytes": peak, "cpu_us": int(watch.cpu_s() * 1e6),
    }  # fmt: skip
    _send(channel, b"E", data=b"{%s}" % b",".join(b'"%s":%d' % (k.encode(), v) for k, v in numbers.items()))


def _left_files(settings: dict[str, int]) -> tuple[list[bytes], int, str | None]:
    """Names of the regular files in /out, how many other entries there are, and the limit they exceed."""
    if os.stat(OUT).st_uid == os.geteuid():
        os.chmod(OUT, 0o700)
    names: list[bytes] = []
    refused = total = 0
    for entry in sorted(os.scandir(OUT.encode()), key=lambda each: each.name):
        found = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(found.st_mode):
            names.append(entry.name)
            total += found.st_size
        else:
            refused += 1
    if len(names) + refused > settings["output_files"]:
        return [], refused, "output_files"
    return names, refused, "output_bytes" if total > settings["output_bytes"] else None


def _send_file(channel: int, name: bytes) -> None:
    path = OUT.encode() + b"/" + name
    os.chmod(path, 0o600)
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with open(fd, "rb") as file:
        left = os.fstat(fd).st_size
        _write(channel, _HEADER.pack(b"F", len(name), left) + name)
        while left and (chunk := file.read(min(left, 1 << 20))):
            _write(channel, chunk)
            left -= len(chunk)


def _send(channel: int, kind: bytes, data: bytes = b"") -> None:
    _write(channel, _HEADER.pack(kind, 0, len(data)) + data)


def _write(channel: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(channel, view) :]


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _prctl(option: int, value: int) -> None:
    _LIBC.prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
