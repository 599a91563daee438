"""`kill -9` in the middle of a backup, of a restore, of a backup of keys: the earlier one stands, or the new one."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from dalgubeol.errors import Conflict
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.keeping import keep
from dalgubeol.verbs.keeping.keyfolder import backup_keys
from dalgubeol.verbs.keeping.restore import prove_backup, restore
from dalgubeol.verbs.people import people
from dalgubeol.world.store.keys import wrapped_in

from .conftest import Place, check_whole, wait_until

EVERY = 2
"""Quick tests strike at some changes; `-m slow` at every second one."""


def changed(place: Place, *, destroying: bool = True) -> None:
    """Something new, and something destroyed, since the first backup."""
    with place.opened("engineer") as house:
        who = people.signed_in(house, place.folder / "engineer.json")
        (place.folder / "more.csv").write_text("a\n1\n")
        register.add(house, who, place.folder / "more.csv", name="more")
        if destroying:
            register.destroy(house, who, "log")


def prepared(place: Place) -> Path:
    target = place.folder / "backup"
    with place.opened() as house:
        keep.backup(house, target)
    changed(place)
    return target


def backup_struck(place: Place, change: int | str) -> int:
    target = prepared(place)
    first = prove_backup(target).manifest
    code, _ = place.killed_at(change, "operator", "site", "backup", str(target), "--json", roots=(target,))
    wait_until(lambda: place.processes() == [], 20)
    stands = prove_backup(target).manifest
    assert stands.size in (first.size, first.size + 2)  # one of the two, and whole to its last byte
    (place.folder / "again").mkdir()
    other = Place(place.folder / "again")
    shutil.copytree(place.keys, other.keys)
    restore(target, other.settings())
    with place.opened() as house:
        done = keep.backup(house, target)
    assert done.size == first.size + 2
    names = [p.name for p in target.rglob("*") if p.is_file()]
    assert len([n for n in names if n.endswith(".db")]) == 1
    assert not [n for n in names if n.startswith(".")]
    check_whole(place)
    return code


@pytest.mark.parametrize(
    "change", [2, 4, "open .state>os.rename", "os.rename .state>open", "os.rename .manifest>os.remove", "os.remove>before commit"]
)  # fmt: skip
def test_a_backup_that_is_killed_leaves_a_whole_one(change: int | str, place: Place) -> None:
    assert backup_struck(place, change) == -9


@pytest.mark.slow
def test_a_backup_killed_before_every_second_change(place: Place, tmp_path: Path) -> None:
    for change in range(1, 200, EVERY):
        folder = tmp_path / str(change)
        shutil.copytree(place.folder, folder)
        if (code := backup_struck(Place(folder), change)) != -9:
            assert code == 0, "it broke before it could be killed"
            assert change > 1, "nothing was struck"
            return
        shutil.rmtree(folder)
    raise AssertionError("it never came to its end")


def restore_struck(place: Place, change: int | str, over: bool) -> int:
    """Restore over an older state, or to nowhere, struck; then restore again."""
    target = place.folder / "backup"
    shutil.copytree(place.site, place.folder / "old", ignore=shutil.ignore_patterns("wake"))
    changed(place, destroying=False)  # an older state has no key for what was destroyed later
    with place.opened() as house:
        size = keep.backup(house, target).size
    shutil.rmtree(place.site)
    if over:
        (place.folder / "old").rename(place.site)
    wishes = ["--replace"] if over else []
    code, _ = place.killed_at(
        change, "operator", "site", "restore", str(target), "--json", *wishes, roots=(place.folder / ".site",)
    )
    wait_until(lambda: place.processes() == [], 20)
    if (place.site / "site.toml").exists():
        check = place.dalgu("operator", "site", "check")
        assert check.returncode == 0, check.stdout  # the old one or the new one, whole
    with suppress(Conflict):  # it had been restored: its Record is one more than the backup has
        restore(target, place.settings(), over=over)
    with place.opened() as house, house.database.reading() as connection:
        assert house.log.size(connection) == size + 1
    check_whole(place)
    return code


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("change", [1, 3, 9, "os.rename .site.toml>before commit", "before commit>after commit", "after commit>os.rename .site"])  # fmt: skip
def test_a_restore_that_is_killed_leaves_what_was_there_or_all_of_it(
    change: int | str, over: bool, place: Place
) -> None:
    assert restore_struck(place, change, over) == -9


@pytest.mark.slow
@pytest.mark.parametrize("over", [False, True])
def test_a_restore_killed_before_every_second_change(over: bool, place: Place, tmp_path: Path) -> None:
    for change in range(1, 300, EVERY):
        folder = tmp_path / str(change)
        shutil.copytree(place.folder, folder)
        if (code := restore_struck(Place(folder), change, over)) != -9:
            assert code == 0, "it broke before it could be killed"
            assert change > 1, "nothing was struck"
            return
        shutil.rmtree(folder)
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("change", [1, 3, 5, "open .ds>os.remove ds", "os.remove>after commit"])
def test_a_backup_of_keys_that_is_killed_is_made_again(change: int | str, place: Place) -> None:
    target = place.folder / "kept"
    with place.opened() as house:
        backup_keys(house, target)
    changed(place)
    (target / "data" / next(iter(wrapped_in(target))).partition("/")[2]).unlink()
    code, _ = place.killed_at(
        change, "operator", "site", "backup-keys", str(target), "--json", roots=(target,)
    )
    assert code == -9
    wait_until(lambda: place.processes() == [], 20)
    with place.opened() as house:
        backup_keys(house, target)
        assert wrapped_in(target).keys() == house.keyring.wrapped().keys()
