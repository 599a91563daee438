"""What holds inside the sandbox, and what is left when it ends. The attacks themselves: test_zone_attacks.py."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import pytest
from bench.zone_attacks import ATTACKS

from dalgubeol.world.sandbox.bubblewrap import Backend
from dalgubeol.world.sandbox.defences import Defence
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import Outcome, run_script
from dalgubeol.world.sandbox.selftest import choose_backend

CANARY = "canary-7f3a91"
MIB = 1 << 20
TIGHT = Limits(
    wall_s=10,
    cpu_s=10,
    memory_bytes=128 * MIB,
    processes=16,
    file_bytes=2 * MIB,
    output_bytes=2 * MIB,
    output_files=8,
)
ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def backend() -> Backend:
    return choose_backend()


def inside(script: str, backend: Backend, limits: Limits = TIGHT) -> Outcome:
    inputs = {"input": lambda feed: feed.write(CANARY.encode())}
    return run_script(script.encode(), inputs, limits, 1, backend=backend)


def test_the_network_is_not_there_even_without_the_system_call_filter(backend: Backend) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", 0))
        script = (
            "import socket\n"
            f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {udp.getsockname()[1]}))\n"
            f"socket.create_connection(('127.0.0.1', {tcp.getsockname()[1]}), 2)\n"
        )
        outcome = run_script(
            script.encode(), {}, TIGHT, 1, backend=backend, without=frozenset({Defence.FILTER})
        )
        assert (outcome.exception, outcome.line) == ("ConnectionRefusedError", 3)
        for listener in (tcp, udp):
            listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            tcp.accept()
        with pytest.raises(TimeoutError):
            udp.recv(1)


def test_only_three_descriptors_and_a_clean_environment_are_inside(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DALGU_TEST_SECRET", CANARY)
    outcome = inside(
        "import os, json\n"
        "fds = [fd for fd in range(1024) if os.path.lexists(f'/proc/self/fd/{fd}')]\n"
        "terminal = any(map(os.isatty, fds))\n"
        "json.dump([fds, terminal, sorted(os.environ), os.listdir('/data')], open('found', 'w'))\n",
        backend,
    )
    found = outcome.outputs[0].data.decode()
    assert found.startswith("[[0, 1, 2], false, [")
    assert found.endswith('["input"]]')
    assert set(re.findall(r'"([A-Z_]+)"', found)) <= {
        "PATH", "HOME", "TMPDIR", "LANG", "TZ", "LD_LIBRARY_PATH", "DALGU_SEED", "PYTHONHASHSEED", "PWD",
        "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
        "NUMEXPR_MAX_THREADS", "BLIS_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS",
    }  # fmt: skip


def test_the_script_has_no_capability_and_cannot_gain_one(backend: Backend) -> None:
    outcome = inside("open('s', 'w').write(open('/proc/self/status').read())", backend)
    status = dict(re.findall(r"^(\w+):\s*(\S*)", outcome.outputs[0].data.decode(), re.MULTILINE))
    assert {status[name] for name in ("CapPrm", "CapEff", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert status["Uid"] != "0"


def test_every_mount_ignores_set_user_id_and_only_three_folders_can_be_written(backend: Backend) -> None:
    outcome = inside("open('m', 'w').write(open('/proc/self/mounts').read())", backend)
    mounts = [line.split()[1:4] for line in outcome.outputs[0].data.decode().splitlines()]
    assert [where for where, _, options in mounts if "nosuid" not in options.split(",")] == []
    tmpfs = {where for where, kind, options in mounts if kind == "tmpfs" and "rw" in options.split(",")}
    assert tmpfs == {"/out", "/tmp", "/dev/shm"}


def test_no_device_of_the_machine_is_inside_and_none_can_be_made(backend: Backend) -> None:
    """Disks, media, cards, KVM, a tunnel, a camera: what is there is what every program may have."""
    look = """
import os, stat
found = []
for place, folders, names in os.walk("/dev"):
    for name in names:
        mode = os.lstat(os.path.join(place, name)).st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            found.append(os.path.relpath(os.path.join(place, name), "/dev"))
for kind in (stat.S_IFCHR, stat.S_IFBLK):
    try:
        os.mknod("/tmp/made", kind | 0o600, os.makedev(1, 5))
        found.append("made")
    except OSError:
        pass
open("d", "w").write(" ".join(found))
"""
    seen = set(inside(look, backend).outputs[0].data.decode().split())
    assert {"null", "urandom"} <= seen
    assert seen <= {"null", "zero", "full", "random", "urandom", "tty", "pts/ptmx", "console"}


def test_process_1_survives_signals_from_the_script_and_still_reports(backend: Backend) -> None:
    outcome = inside(
        "import os, signal, time\n"
        "for which in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV):\n"
        "    try: os.kill(1, which)\n"
        "    except PermissionError: pass\n"
        "time.sleep(0.2)\n"
        "open('late', 'w').write('x')\n",
        backend,
    )
    assert (outcome.status, [each.name for each in outcome.outputs]) == ("ok", ["late"])


def test_frames_written_by_the_script_itself_do_not_reach_the_host(backend: Backend) -> None:
    outcome = inside(
        "import os, struct\n"
        "forged = struct.pack('>cHQ', b'F', 6, 1) + b'forgedx'\n"
        "for fd in range(1024):\n"
        "    try: os.write(fd, forged)\n"
        "    except OSError: pass\n",
        backend,
    )
    assert (outcome.status, outcome.outputs) == ("ok", ())


def test_outputs_with_other_than_plain_names_and_links_are_refused_and_counted(backend: Backend) -> None:
    names = [
        "good.csv", "결과.csv", "GOOD.csv", ".hidden", "line\nbreak", "esc\x1b[31m", "\u202egpj.csv",
        "e\u0301.csv", "sp \u00a0.csv", "tail.", "café.csv",
    ]  # fmt: skip
    script = (
        f"import os\nfor name in {names!r}: open(name, 'w').write('x')\n"
        "open(b'\\xff\\xfe', 'w').write('x')\n"
        "open('n' * 200, 'w').write('x')\n"
        "os.symlink('/data/input', 'link')\nos.mkdir('folder')\nopen('folder/deep', 'w').write('x')\n"
        "os.mkfifo('pipe')\nos.symlink('/etc/passwd', 'absolute')\n"
    )
    outcome = inside(script, backend, Limits(wall_s=10, output_files=50))
    assert {each.name for each in outcome.outputs} <= {"good.csv", "결과.csv", "GOOD.csv"}
    assert len(outcome.outputs) == 2
    assert outcome.refused_outputs == len(names) - 2 + 2 + 4
    assert outcome.misnamed_outputs == len(names) - 3 + 2


def test_a_script_can_hide_its_outputs_from_nobody_but_itself(backend: Backend) -> None:
    outcome = inside("import os\nopen('f', 'w').write('x'); os.chmod('f', 0)\n", backend)
    assert [each.data for each in outcome.outputs] == [b"x"]


def test_the_outcome_tells_no_text_of_the_script(backend: Backend) -> None:
    outcome = inside(
        f"import sys\nprint('{CANARY}'); print('{CANARY}', file=sys.stderr)\n"
        f"class Leak(ValueError): pass\nLeak.__name__ = Leak.__qualname__ = '{CANARY}'\n"
        f"raise Leak('{CANARY}')\n",
        backend,
    )
    assert (outcome.status, outcome.exception, outcome.line) == ("error", "ValueError", 5)
    told = [getattr(outcome, name) for name in Outcome.__slots__ if name != "operator_log"]
    assert CANARY not in repr(told)
    assert CANARY.encode() in outcome.operator_log


def test_the_operator_log_is_bounded(backend: Backend) -> None:
    outcome = inside("for _ in range(3000): print('x' * 1000)", backend)
    assert (outcome.status, len(outcome.operator_log)) == ("ok", 64 << 10)


def test_a_detached_process_dies_with_its_script(backend: Backend) -> None:
    name = f"dgleft{os.getpid()}"
    body = (
        f"import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(30)\n    os._exit(0)\n"
        "time.sleep(0.2)\n"
    )
    plain = subprocess.Popen([sys.executable, "-c", body])
    plain.wait()
    left = processes_named(name)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert len(left) == 1
    wait_until_gone(name)
    assert inside(body, backend).status == "ok"
    assert processes_named(name) == []


@pytest.mark.parametrize("body", ["while True: pass", "import time; time.sleep(60)"])
def test_the_wall_limit_ends_a_script_that_spins_or_sleeps(body: str, backend: Backend) -> None:
    began = time.monotonic()
    outcome = inside(body, backend, Limits(wall_s=0.5))
    assert (outcome.status, outcome.limit) == ("limit", "wall")
    assert time.monotonic() - began < 3


def test_the_cpu_limit_counts_all_processes(backend: Backend) -> None:
    body = "import os\nfor _ in range(3): os.fork()\nwhile True: pass\n"
    outcome = inside(body, backend, Limits(wall_s=20, cpu_s=1))
    assert (outcome.status, outcome.limit) == ("limit", "cpu")


def processes_named(name: str) -> list[int]:
    found = []
    for each in os.listdir("/proc"):
        if each.isdigit():
            with contextlib.suppress(OSError, UnicodeDecodeError):
                status = Path("/proc", each, "status").read_text()
                if status.split()[1] == name and "\nState:\tZ" not in status:
                    found.append(int(each))
    return found


def wait_until_gone(name: str) -> None:
    give_up_at = time.monotonic() + 5
    while processes_named(name) and time.monotonic() < give_up_at:
        time.sleep(0.02)


AS_NOBODY = """
set -e
mount --bind "$2" "$1/base"
mount --bind "$3" "$1/packages"
mount --bind "$4" "$1/checkout"
cd "$1/checkout"
exec env -i PATH=/usr/bin:/bin TMPDIR=/tmp LD_LIBRARY_PATH="$1/base/lib" PYTHONDONTWRITEBYTECODE=1 \
  PYTHONPATH="$1/checkout/src:$1/packages" \
  setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all \
  "$1/base/bin/$5" -m pytest -q -p no:cacheprovider "${@:6}"
"""


@pytest.mark.slow
@pytest.mark.skipif(not ROOT, reason="only root can become nobody; as a plain user the tests above say it")
def test_the_same_attacks_are_stopped_for_an_unprivileged_operator() -> None:
    """All of these files again, as nobody, who sees the interpreter through a mount namespace of its own."""
    folder, program = Path(tempfile.mkdtemp(prefix="dalgu-attack-")), Path(sys.executable).resolve().name
    try:
        folder.chmod(0o755)
        for name in ("base", "packages", "checkout"):
            (folder / name).mkdir()
        ran = subprocess.run(
            ["unshare", "-m", "bash", "-c", AS_NOBODY, "bash", str(folder), sys.base_prefix,
             sysconfig.get_path("purelib"), str(Path(__file__).parents[2]), program,
             "tests/attack/test_sandbox_attacks.py", "tests/attack/test_zone_attacks.py", "-k", "not unprivileged"],
            capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
        assert int(re.search(r"\b(\d+) passed", ran.stdout)[1]) > len(ATTACKS)
    finally:
        shutil.rmtree(folder)


DRIVER = """
import os, sys, time
from dalgubeol.world.sandbox.defences import Defence
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import run_script
from dalgubeol.world.sandbox.selftest import choose_backend
secret = bytes.fromhex(sys.stdin.readline())
script = b'''
import ctypes, os, time
ctypes.CDLL(None).prctl(15, b"%s", 0, 0, 0)
data = open("/data/x", "rb").read()
for path in ("/out/copy", "/tmp/copy", "/dev/shm/copy"):
    with open(path, "wb") as file: file.write(data)
if os.fork() == 0: os.setsid()
print("\\\\n", flush=True)
time.sleep(60)
''' % sys.argv[1].encode()
def feed(out):
    out.write(secret * 1000)
    if sys.argv[2] == "feeding":
        out.flush(); print("now", flush=True); time.sleep(60)
def started():
    time.sleep(0.5); print("now", flush=True)
run_script(script, {"x": feed}, Limits(), 1, backend=choose_backend(), on_started=started)
"""


@pytest.mark.parametrize("moment", ["feeding", "running"])
def test_after_kill_9_of_the_host_no_plaintext_and_no_process_is_left(moment: str) -> None:
    secret, name, began = os.urandom(24), f"dgkill{os.getpid()}", time.time()
    host = subprocess.Popen(
        [sys.executable, "-c", DRIVER, name, moment], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert host.stdin is not None
    assert host.stdout is not None
    host.stdin.write(secret.hex() + "\n")
    host.stdin.flush()
    assert host.stdout.readline() == "now\n"
    children = descendants(host.pid)
    assert children
    if moment == "running":
        assert len(processes_named(name)) == 2
    host.kill()
    host.wait()
    host.stdin.close()
    host.stdout.close()
    give_up_at = time.monotonic() + 5
    while any(map(is_alive, children)) and time.monotonic() < give_up_at:
        time.sleep(0.02)
    assert not any(map(is_alive, children))
    assert processes_named(name) == []
    assert files_holding(secret, began) == []


def test_the_search_for_plaintext_finds_a_planted_file(tmp_path: Path) -> None:
    secret, began = os.urandom(24), time.time()
    planted = Path("/dev/shm", f"dalgu-attack-{os.getpid()}")
    planted.write_bytes(b"x" * 70_000 + secret)
    try:
        assert files_holding(secret, began) == [planted]
    finally:
        planted.unlink()


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path("/proc", str(pid), "task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path("/proc", str(pid), "status").read_text()
    except OSError:
        return False


def files_holding(secret: bytes, since: float) -> list[Path]:
    """Every file under the temporary folders that changed since then and holds the bytes."""
    folders = {Path(os.environ.get("TMPDIR", "/tmp")), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")}
    found = []
    for folder in folders:
        for where, _, names in os.walk(folder):
            for path in (Path(where, name) for name in names):
                with contextlib.suppress(OSError):
                    fresh = path.stat().st_mtime >= since - 2
                    if (
                        path.is_file()
                        and fresh
                        and path.stat().st_size < 64 * MIB
                        and secret in path.read_bytes()
                    ):
                        found.append(path)
    return sorted(set(found))
