from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from dalgubeol.errors import Invalid, Missing, Tampered, Unavailable
from dalgubeol.world.store.keys import Keyring
from dalgubeol.world.store.vault import Gone, Vault

PROJECT = "project-01"
GONE = Gone(PROJECT, 1, "2027-01-01T00:00:00.000+00:00", "person-1", "period", "destruction-1")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    made = Vault(tmp_path / "vault")
    made.begin(None)
    return made


def test_editions_are_different_keys_and_each_stays_what_it_is(vault: Vault) -> None:
    first, second = vault.make(PROJECT, 1), vault.make(PROJECT, 2)
    assert first != second
    assert vault.make(PROJECT, 1) == first
    assert vault.key(PROJECT, 1) != vault.key(PROJECT, 2)
    assert len(vault.key(PROJECT, 1)) == 32


def test_everything_in_it_is_for_its_owner_only(vault: Vault) -> None:
    vault.make(PROJECT, 1)
    assert {stat.S_IMODE(p.stat().st_mode) for p in vault.folder.iterdir()} == {0o600}
    assert stat.S_IMODE(vault.folder.stat().st_mode) == 0o700


def test_the_sites_keys_open_nothing_in_it(vault: Vault, tmp_path: Path) -> None:
    vault.make(PROJECT, 1)
    ring = Keyring.create(tmp_path / "keys")
    os.replace(vault.folder / f"{PROJECT}.1.key", ring.folder / "data/x.key")
    with pytest.raises(Tampered):
        ring.dataset_key("x")


def test_where_it_is_not_at_hand_no_new_one_is_made(vault: Vault, tmp_path: Path) -> None:
    elsewhere = Vault(tmp_path / "not mounted")
    with pytest.raises(Unavailable):
        elsewhere.begin(vault.fingerprint)
    with pytest.raises(Unavailable):
        elsewhere.key(PROJECT, 1)
    with pytest.raises(Unavailable):
        elsewhere.destroy(GONE)
    assert not elsewhere.folder.exists()


def test_another_sites_vault_is_refused(vault: Vault, tmp_path: Path) -> None:
    other = Vault(tmp_path / "other")
    other.begin(None)
    with pytest.raises(Invalid):
        other.begin(vault.fingerprint)


def test_what_was_destroyed_is_never_made_or_brought_back(vault: Vault) -> None:
    vault.make(PROJECT, 1)
    path = vault.folder / f"{PROJECT}.1.key"
    old, link = path.read_bytes(), vault.folder / "same inode"
    link.hardlink_to(path)
    assert vault.destroy(GONE) is True
    assert vault.destroy(GONE) is False
    assert link.read_bytes() != old
    for use in (vault.make, vault.key):
        with pytest.raises(Missing):
            use(PROJECT, 1)
    path.write_bytes(old)  # somebody puts an old copy back
    with pytest.raises(Missing):
        vault.key(PROJECT, 1)
    assert [g.edition for g in vault.sweep()] == [1]
    assert not path.exists()
    assert vault.gone() == (GONE,)


def test_a_note_of_destruction_that_was_changed_is_tampered(vault: Vault) -> None:
    vault.make(PROJECT, 1)
    vault.destroy(GONE)
    mark = vault.folder / f"{PROJECT}.1.gone"
    told = json.loads(mark.read_bytes())
    forged = {**told, "reason": "another reason"}  # well formed, and not this vault's
    for changed in (b"", b"{}", *(json.dumps(t).encode() for t in ({**told, "edition": 2}, forged))):
        mark.write_bytes(changed)
        with pytest.raises(Tampered):
            vault.gone_in(vault.folder)


@pytest.mark.parametrize("length", [0, 1, 12, 27, 59])
def test_a_cut_off_key_is_tampered(vault: Vault, length: int) -> None:
    vault.make(PROJECT, 1)
    path = vault.folder / f"{PROJECT}.1.key"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(Tampered):
        vault.key(PROJECT, 1)


def test_a_key_does_not_work_as_another_edition_or_for_another_project(vault: Vault) -> None:
    vault.make(PROJECT, 1)
    stored = (vault.folder / f"{PROJECT}.1.key").read_bytes()
    for name in (f"{PROJECT}.2.key", "project-02.1.key"):
        (vault.folder / name).write_bytes(stored)
    for project, edition in ((PROJECT, 2), ("project-02", 1)):
        with pytest.raises(Tampered):
            vault.key(project, edition)


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "project-", "project-A", "project-1/../x", "x" * 99, "프로젝트"]
)
def test_a_name_cannot_leave_the_folder(vault: Vault, name: str) -> None:
    with pytest.raises(Invalid):
        vault.make(name, 1)
    with pytest.raises(Invalid):
        vault.mapping_path(name)


def test_makers_at_the_same_time_get_the_same_key(vault: Vault) -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(vault.make(PROJECT, 1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_two_of_its_sheets_bring_the_vault_back_and_other_keys_do_not(vault: Vault, tmp_path: Path) -> None:
    back = Vault.bring_back(tmp_path / "back", vault.secret_to_split())
    assert back.fingerprint == vault.fingerprint
    with pytest.raises(Invalid):
        Vault.bring_back(tmp_path / "wrong", (os.urandom(32), os.urandom(32)))
    other = Vault(tmp_path / "other")
    other.begin(None)
    with pytest.raises(FileExistsError):
        Vault.bring_back(other.folder, vault.secret_to_split())
