"""A disk that is full: Unavailable with a next step, nothing lost, and it goes on when there is space again.

A real small file system (tmpfs) holds the site; where it cannot be mounted these tests cannot run.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dalgubeol.errors import Unavailable
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.keeping import chores, keep
from dalgubeol.verbs.keeping.health import findings_of
from dalgubeol.verbs.keeping.keyfolder import backup_keys
from dalgubeol.verbs.keeping.restore import prove_backup, restore
from dalgubeol.verbs.people import people

from .conftest import ADAPT, Place, check_whole, wait_until


def _mounts() -> bool:
    """Whether this process may mount a tmpfs, tried on one."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return done.returncode == 0


pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not _mounts(), reason="mounting a tmpfs needs root")


@pytest.fixture(autouse=True)
def nothing_is_left_to_finalisers() -> Iterator[None]:
    """What a failed writer leaves must not write, or complain, when the garbage is collected."""
    yield
    gc.collect()


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def small(place: Place, tmp_path: Path) -> Iterator[Place]:
    """The template's site and keys on a disk of 6 MB."""
    with mounted(tmp_path / "disk", "6m") as disk:
        shutil.copytree(place.folder, disk, dirs_exist_ok=True)
        made = Place(disk)
        yield made
        for process in made.started:
            process.kill()
            process.wait()


def fill(place: Place, leave_bytes: int = 0) -> Path:
    """Take what is free, but for so much."""
    ballast = place.folder / "ballast"
    free = shutil.disk_usage(place.folder).free - leave_bytes
    with open(ballast, "wb") as file:
        try:
            while free > 0:
                free -= file.write(bytes(min(free, 4096)))
                file.flush()
        except OSError:
            pass
    return ballast


@pytest.mark.parametrize("left", [0, 20_000, 60_000, 150_000])
def test_what_cannot_be_registered_leaves_nothing(left: int, small: Place, tmp_path: Path) -> None:
    (tmp_path / "big.csv").write_text("a\n" + "".join(f"{i * 7919}\n" for i in range(150_000)))
    with small.opened("engineer") as house:
        who = people.signed_in(house, small.folder / "engineer.json")
        ballast = fill(small, left)
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                register.add(house, who, tmp_path / "big.csv", name="big")
            assert caught.value.code == "disk.full"
        ballast.unlink()
        assert register.add(house, who, tmp_path / "big.csv", name="big").name == "big"
    check_whole(small)


def test_a_write_of_the_database_fails_whole_and_the_next_goes_on(small: Place) -> None:
    with small.opened() as house:
        who = people.signed_in(house)
        size = len(prove.records(house, limit=1000))
        ballast = fill(small)
        codes: list[str] = []
        for number in range(60):
            try:
                people.invite(house, who, login=f"p{number}", name="n" * 200, organisation="o" * 100, roles=["analyst"])  # fmt: skip
            except Unavailable as error:
                codes.append(error.code)
        assert set(codes) == {"disk.full"}
        assert len(prove.records(house, limit=1000)) >= size
        prove.self_check(house)  # reading goes on
        ballast.unlink()
        people.invite(house, who, login="after", name="n", organisation="o", roles=["analyst"])
    check_whole(small)


def test_a_run_on_a_full_disk_is_refused_and_made_when_there_is_space(small: Place) -> None:
    command = [sys.executable, "-m", "dalgubeol", "conduct"]
    conductor = subprocess.Popen(command, env=small.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        wait_until((small.site / "wake").exists, 60)
        ballast = fill(small)
        refused = small.dalgu("engineer", *ADAPT, "--no-wait")
        assert refused.returncode == 14, refused.stdout
        assert conductor.poll() is None  # it lives on
        ballast.unlink()
        done = small.dalgu("engineer", *ADAPT)
        assert done.returncode == 0, done.stderr
    finally:
        conductor.terminate()
        conductor.wait(30)
    check_whole(small)


def test_a_conductor_that_cannot_begin_says_why(small: Place) -> None:
    fill(small)
    done = small.dalgu("operator", "conduct")
    assert done.returncode == 14, done.stderr
    assert "The disk is full" in done.stderr


@pytest.mark.parametrize("size", ["64k", "200k", "300k"])
def test_a_backup_that_finds_no_room_leaves_the_earlier_one(size: str, place: Place, tmp_path: Path) -> None:
    """On a disk of its own, which is full before it is done."""
    with place.opened() as house, mounted(tmp_path / "target", size) as target:
        with pytest.raises(Unavailable) as caught:
            keep.backup(house, target / "backup")
        assert caught.value.code == "disk.full"
        assert not (target / "backup" / "manifest").exists()
    check_whole(place)


def test_an_earlier_backup_on_a_disk_that_is_full_now_stands(place: Place, tmp_path: Path) -> None:
    with place.opened("engineer") as house, mounted(tmp_path / "target", "6m") as disk:
        target = disk / "backup"
        size = keep.backup(house, target).size
        who = people.signed_in(house, place.folder / "engineer.json")
        (tmp_path / "big.csv").write_text("a\n" + "".join(f"{i * 7919}\n" for i in range(150_000)))
        register.add(house, who, tmp_path / "big.csv", name="big")
        ballast = fill(Place(disk))
        with pytest.raises(Unavailable):
            keep.backup(house, target)
        assert prove_backup(target).manifest.size == size
        ballast.unlink()
        assert keep.backup(house, target).size == size + 1
        prove_backup(target)


def test_keys_and_restores_that_find_no_room_leave_nothing_behind(place: Place, tmp_path: Path) -> None:
    with place.opened() as house:
        keep.backup(house, place.folder / "backup")
        with mounted(tmp_path / "target", "16k") as disk, pytest.raises(Unavailable):
            backup_keys(house, disk / "kept")
    for size in ("64k", "300k"):
        with mounted(tmp_path / f"small-{size}", size) as disk:
            there = Place(disk)
            with pytest.raises(Unavailable) as caught:
                restore(place.folder / "backup", place.settings().at(there.site))
            assert caught.value.code == "disk.full"
            assert list(disk.iterdir()) == []


def test_chores_on_a_full_disk_are_told_and_do_not_stop(small: Place) -> None:
    with small.opened() as house:
        ballast = fill(small)
        assert len(chores.once(house)) == len(chores.CHORES)
        ballast.unlink()
        done = {d.name: d.ok for d in chores.once(house)}
        assert not done.pop("disk")  # 6 MB are little
        assert all(done.values())
        assert "chore.disk" in {f.code for f in findings_of(house) if not f.ok}
