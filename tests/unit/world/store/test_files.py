from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dalgubeol.errors import Unavailable
from dalgubeol.world.store.files import FileLock, disk_errors, write_whole


def test_a_file_appears_with_its_content_for_its_owner_only(tmp_path: Path) -> None:
    write_whole(tmp_path / "x", b"one")
    write_whole(tmp_path / "x", b"two")
    assert (tmp_path / "x").read_bytes() == b"two"
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["x"]


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    write_whole(tmp_path / "x", b"one", new=True)
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "x", b"two", new=True)
    assert (tmp_path / "x").read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["x"]


_WRITER = """
import sys
from pathlib import Path
from dalgubeol.world.store.files import write_whole
path, number = Path(sys.argv[1]), 0
print("ready", flush=True)
while True:
    number += 1
    write_whole(path, bytes([number % 256]) * 300_000)
"""


def test_kill_9_leaves_the_old_or_the_new_content_and_nothing_between(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_whole(path, b"\0" * 300_000)
    seen = set()
    for round_ in range(12):
        child = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE)
        with child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            time.sleep(0.003 + 0.0041 * round_)
            child.kill()
        content = path.read_bytes()
        assert len(content) == 300_000
        assert len(set(content)) == 1
        seen.add(content[0])
    assert len(seen) > 1, "no child got as far as writing: the test tells nothing"


def test_a_full_disk_says_so_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_whole(path, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(Unavailable, match="disk is full"):
            write_whole(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x"]


def test_no_space_left_on_a_device_says_so() -> None:
    with pytest.raises(Unavailable, match="disk is full"), disk_errors():  # noqa: SIM117
        with open("/dev/full", "wb", buffering=0) as full:
            full.write(b"x")


def test_other_errors_of_the_disk_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "x", b"")


def test_a_lock_is_held_once_and_ends_when_it_is_let_go(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert one.acquire()
    assert not other.acquire()
    one.release()
    one.release()
    assert other.acquire()
    other.release()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys,time\nfrom pathlib import Path\nfrom dalgubeol.world.store.files import FileLock\n"
        "print(FileLock(Path(sys.argv[1])).acquire(), flush=True)\ntime.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"True\n"
        lock = FileLock(tmp_path / "lock")
        assert not lock.acquire()
        child.kill()
        child.wait()
        assert lock.acquire()
        lock.release()
