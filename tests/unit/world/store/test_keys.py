from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from dalgubeol.errors import DalguError, Invalid, Missing, Tampered, Unavailable
from dalgubeol.world.store.keys import Keyring, fingerprint


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "keys")


def test_a_key_folder_is_found_again_by_its_fingerprint(ring: Keyring) -> None:
    again = Keyring.open(ring.folder, ring.fingerprint)
    key = ring.make_dataset_key("ds-1")
    assert again.dataset_key("ds-1") == key
    assert again.log_key().private_bytes_raw() == ring.log_key().private_bytes_raw()


def test_keys_are_never_made_over_existing_ones(ring: Keyring) -> None:
    before = (ring.folder / "site.key").read_bytes()
    with pytest.raises(FileExistsError):
        Keyring.create(ring.folder)
    assert (ring.folder / "site.key").read_bytes() == before


def test_every_key_file_and_folder_is_for_its_owner_only(ring: Keyring) -> None:
    ring.make_dataset_key("ds-1")
    files = [path for path in ring.folder.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [ring.folder, ring.folder / "data"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_another_sites_keys_are_refused_without_showing_them(ring: Keyring, tmp_path: Path) -> None:
    other = Keyring.create(tmp_path / "other")
    with pytest.raises(Invalid) as refused:
        Keyring.open(other.folder, ring.fingerprint)
    assert (other.folder / "site.key").read_text() not in str(refused.value)


def test_missing_keys_say_where_they_should_be(tmp_path: Path, ring: Keyring) -> None:
    with pytest.raises(Unavailable, match="nowhere"):
        Keyring.open(tmp_path / "nowhere", "x")
    (ring.folder / "log.key").unlink()
    with pytest.raises(Unavailable, match=r"log\.key"):
        ring.log_key()


@pytest.mark.parametrize("content", [b"", b"zz" * 32, b"ab" * 31, b"\xff\xfe", b"ab" * 33])
def test_a_damaged_site_key_is_tampered(ring: Keyring, content: bytes) -> None:
    (ring.folder / "site.key").write_bytes(content)
    with pytest.raises(Tampered):
        Keyring.open(ring.folder, ring.fingerprint)


@pytest.mark.parametrize("length", [0, 1, 11, 12, 27, 59])
def test_a_cut_off_data_key_is_tampered(ring: Keyring, length: int) -> None:
    ring.make_dataset_key("ds-1")
    path = ring.folder / "data/ds-1.key"
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(Tampered):
        ring.dataset_key("ds-1")


def test_a_data_key_does_not_work_under_another_name(ring: Keyring) -> None:
    ring.make_dataset_key("ds-1")
    (ring.folder / "data/ds-1.key").rename(ring.folder / "data/ds-2.key")
    with pytest.raises(Tampered):
        ring.dataset_key("ds-2")


def test_a_destroyed_key_is_gone_and_its_bytes_are_overwritten(ring: Keyring) -> None:
    ring.make_dataset_key("ds-1")
    path = ring.folder / "data/ds-1.key"
    wrapped = path.read_bytes()
    backup = ring.folder / "same-inode"
    backup.hardlink_to(path)
    assert ring.destroy_dataset_key("ds-1") is True
    assert ring.destroy_dataset_key("ds-1") is False
    assert backup.read_bytes() != wrapped
    with pytest.raises(Missing):
        ring.dataset_key("ds-1")
    with pytest.raises(Missing):
        ring.seal("ds-1", b"x")


def test_what_is_sealed_aside_opens_only_unchanged_and_under_its_own_key(ring: Keyring) -> None:
    ring.make_dataset_key("ds-1")
    ring.make_dataset_key("ds-2")
    aside = ring.seal("ds-1", b"digest")
    assert ring.unseal("ds-1", aside) == b"digest"
    for broken in (aside[:-1], aside[:5], b"", bytes([aside[0] ^ 1]) + aside[1:]):
        with pytest.raises(Tampered):
            ring.unseal("ds-1", broken)
    with pytest.raises(Tampered):
        ring.unseal("ds-2", aside)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/etc/x", ".hidden", "a\0b", "a\n", "x" * 101, "가나", "a b", "-x"]
)
def test_a_name_can_not_leave_the_folder(ring: Keyring, name: str) -> None:
    before = sorted(ring.folder.rglob("*"))
    for use in (ring.make_dataset_key, ring.dataset_key, ring.destroy_dataset_key):
        with pytest.raises(Invalid):
            use(name)
    assert sorted(ring.folder.rglob("*")) == before


def test_makers_at_the_same_time_get_the_same_key(ring: Keyring) -> None:
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(ring.make_dataset_key("ds-p"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_working_keys_differ_by_purpose_and_leave_no_file(ring: Keyring) -> None:
    before = sorted(ring.folder.rglob("*"))
    assert ring.working_key("a") == ring.working_key("a") != ring.working_key("b")
    assert sorted(ring.folder.rglob("*")) == before


def test_no_error_shows_a_key(ring: Keyring) -> None:
    secret = (ring.folder / "site.key").read_text()
    texts = []
    for attempt in (lambda: ring.dataset_key("none"), lambda: ring.dataset_key("../" + secret), lambda: Keyring.open(ring.folder, "x")):  # fmt: skip
        with pytest.raises(DalguError) as failed:
            attempt()
        texts.append(str(failed.value))
    assert all(secret not in text for text in texts)
    assert fingerprint(bytes.fromhex(secret)) not in secret


def test_what_is_sealed_for_a_time_opens_for_its_purpose_only_and_its_length_tells_little(
    ring: Keyring,
) -> None:
    short, longer = ring.seal_for("one", b"{}"), ring.seal_for("one", b'{"stand":"approve"}')
    assert len(short) == len(longer)
    assert ring.unseal_for("one", short) == b"{}"
    assert ring.seal_for("one", b"{}") != short
    for purpose, sealed in (("other", short), ("one", short[:-1]), ("one", b"")):
        with pytest.raises(Tampered):
            ring.unseal_for(purpose, sealed)
