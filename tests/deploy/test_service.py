"""The example unit: systemd can read it, it is tight, and the sandbox of scripts holds under what it forbids."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dalgubeol.world.sandbox import bubblewrap

UNIT = Path(__file__).parents[2] / "deploy" / "dalgu.service"
LOOSEST = 3.5
"""systemd's own measure of exposure, 10 for none of it; a plain service has 9.6."""


def settings() -> dict[str, str]:
    lines = (
        line.partition("=") for line in UNIT.read_text("utf-8").splitlines() if re.match(r"[A-Z]\w+=", line)
    )
    return {name: value for name, _, value in lines}


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The same unit with a program that is here."""
    copy = tmp_path / "dalgu.service"
    copy.write_text(
        re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text("utf-8"), flags=re.MULTILINE)
    )
    return copy


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd's own checker"
)


@needs_systemd
def test_systemd_can_read_it(unit: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
def test_systemd_finds_it_tight(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", str(unit)], capture_output=True, text=True
    )
    found = re.search(r"exposure level.*?: ([\d.]+)", done.stdout)
    assert found, done
    assert float(found[1]) <= LOOSEST


def test_the_namespaces_that_the_sandbox_makes_are_not_forbidden() -> None:
    """`--unshare-cgroup-try` tries only whether the kernel has them: a forbidden one stops it."""
    flags = (*bubblewrap._NAMESPACES.values(), "--unshare-pid", "--unshare-cgroup-try")
    made = {"user", "mnt"} | {re.findall(r"--unshare-(\w+)", flag)[0] for flag in flags}
    assert made == set(settings()["RestrictNamespaces"].split())


def test_what_would_stop_the_sandbox_is_not_set() -> None:
    stopping = {"ProtectKernelTunables", "ProtectKernelLogs", "ProtectHostname", "PrivateUsers"}
    assert stopping & settings().keys() == set()
    assert "@mount" not in settings()["SystemCallFilter"]


def test_it_writes_into_the_two_folders_that_it_names() -> None:
    told = dict(pair.split("=") for pair in settings()["Environment"].split())
    written = [f"/var/lib/{name}" for name in settings()["StateDirectory"].split()]
    assert told["DALGU_SITE"].startswith(written[0] + "/")
    assert told["DALGU_KEYS"] == written[1]


_SELF_TEST = """
from dalgubeol.world.sandbox.bubblewrap import bundled_bubblewrap, Backend, backend_names
from dalgubeol.world.sandbox.selftest import self_test
test = self_test(Backend(backend_names()[0], bundled_bubblewrap()))
print([check.detail for check in test.checks if not check.ok])
"""


def _under(before: str, folder: Path) -> str:
    """What the sandbox's self-test fails at, run as another user without any privilege, after `before`."""
    script = folder / "self_test.py"
    script.write_text(_SELF_TEST)
    source = Path(bubblewrap.__file__).parents[3]
    interpreter = Path(sys.executable).resolve().parents[1]
    # Where the interpreter lies in a folder that is closed to others, that folder is opened here only.
    closed = next(
        (str(p) for p in interpreter.parents if p != Path("/") and p.stat().st_mode & 0o005 != 0o005), ""
    )
    opened = (
        f"mount --bind {interpreter} /mnt && mount -t tmpfs -o mode=755 tmpfs {closed} && "
        f"mkdir -p {interpreter} && mount --bind /mnt {interpreter} && " if closed else ""
    )  # fmt: skip
    drop = "setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --bounding-set=-all"
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", f"{opened}{before} exec {drop} {sys.executable} {script}"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts, as systemd does: needs root")
@pytest.mark.parametrize(
    ("named", "before", "holds"),
    [
        ("NoNewPrivileges, no capability", "", True),
        ("ProtectProc=invisible", "mount -t proc -o hidepid=2 proc /proc &&", True),
        ("ProtectSystem=strict, PrivateTmp", "mount -t tmpfs -o mode=1777 tmpfs /tmp && mount -o remount,ro,bind / &&", True),
        ("ProtectKernelTunables", "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys &&", False),
        ("ProtectKernelLogs", "mount --bind /dev/null /proc/kmsg &&", False),
    ],
)  # fmt: skip
def test_the_sandbox_holds_under_what_is_set_and_not_under_what_is_left_out(
    named: str, before: str, holds: bool
) -> None:
    import tempfile

    if "tmpfs /tmp" in before and Path(sys.prefix).resolve().is_relative_to("/tmp"):
        pytest.skip("the interpreter of this checkout lies under /tmp, which PrivateTmp hides")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        Path(scratch).chmod(0o755)
        found = _under(before, Path(scratch))
    if "Operation not permitted" in found and named == "NoNewPrivileges, no capability":
        pytest.skip("this machine allows no unprivileged user namespaces")
    assert (found == "[]") is holds, f"{named}: {found}"
