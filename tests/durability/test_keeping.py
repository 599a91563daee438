"""A site is backed up while it is written to, restored whole, and never over something newer."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from dalgubeol.digest import canonical, fresh_id
from dalgubeol.errors import Conflict, Invalid, Missing, Tampered, Unavailable
from dalgubeol.nouns.record import Event, Record, Retention
from dalgubeol.settings import Settings
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house.clock import now
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.house.transition import record
from dalgubeol.verbs.keeping import keep
from dalgubeol.verbs.keeping.restore import prove_backup, restore
from dalgubeol.verbs.people import people
from dalgubeol.world.store import backups, transfer

from .conftest import PASSWORD, Place, check_whole


@pytest.fixture
def kept(place: Place) -> Path:
    """A backup of the template."""
    with place.opened() as house:
        keep.backup(house, place.folder / "backup")
    return place.folder / "backup"


def note_something(house: House) -> None:
    made = Record(Event.VIEWED, fresh_id("viewed"), now(), "person-x", "ds-x", {}, Retention.ACCESS)
    house.write(lambda connection: record(connection, made))


def elsewhere(place: Place, name: str = "again") -> Place:
    """The same site in another folder, with the same keys."""
    (place.folder / name).mkdir()
    (place.folder / name / "keys").symlink_to(place.keys)
    return Place(place.folder / name)


def restored(place: Place, source: Path, **wishes: object) -> Place:
    other = elsewhere(place)
    restore(source, other.settings(), **wishes)  # type: ignore[arg-type]
    return other


def test_what_is_restored_has_the_same_bytes_and_history_and_works(place: Place, kept: Path) -> None:
    with place.opened() as house:
        before = prove.checkpoint(house)
    other = restored(place, kept, since=[before])
    assert transfer.stored(other.site / "objects") == transfer.stored(place.site / "objects")
    with other.opened() as house:
        told = prove.records(house, limit=1000)
        assert (told[-1]["event"], told[-1]["payload"]["size"]) == ("restored", len(told) - 1)
        people.sign_in(house, "provider", PASSWORD)
    done = other.dalgu("operator", "site", "check", "--json")
    assert done.returncode == 0, done.stdout
    assert other.dalgu("analyst", "whoami").returncode != 0  # whoever was signed in signs in again
    check_whole(other)


def test_it_holds_no_key_and_nobody_else_may_read_it(place: Place, kept: Path) -> None:
    secrets = [path.read_bytes() for path in place.keys.rglob("*.key")]
    files = [path for path in kept.rglob("*") if path.is_file()]
    assert not [1 for path in files for secret in secrets if secret in path.read_bytes()]
    assert {path.stat().st_mode & 0o077 for path in (kept, *kept.rglob("*"))} == {0}


def test_the_second_copies_only_what_is_new_and_drops_what_was_destroyed(place: Place, kept: Path) -> None:
    with place.opened("engineer") as house:
        who = people.signed_in(house, place.folder / "engineer.json")
        (place.folder / "more.csv").write_text("a\n1\n")
        added = register.add(house, who, place.folder / "more.csv", name="more")
        log = register.destroy(house, who, "log")
        done = keep.backup(house, kept)
    assert (done.copied, done.removed) == (1, 1)
    stored = transfer.stored(kept / "objects")
    assert added.object_id in stored
    assert log.object_id not in stored
    assert len(list((kept / "state").iterdir())) == 1


def test_a_backup_beside_many_writers_is_one_state(place: Place) -> None:
    stop = threading.Event()
    failures: list[BaseException] = []

    def write(house: House) -> None:
        try:
            while not stop.is_set():
                note_something(house)
        except BaseException as error:
            failures.append(error)

    with place.opened() as house, place.opened("engineer") as other:
        writers = [threading.Thread(target=write, args=(each,)) for each in (house, other, other)]
        for writer in writers:
            writer.start()
        sizes = [keep.backup(house, place.folder / "backup").size for _ in range(3)]
        stop.set()
        for writer in writers:
            writer.join()
        after = prove.checkpoint(house)
    assert failures == []
    assert sizes[0] < sizes[1] < sizes[2] <= int(after.split("\n")[1])
    assert prove_backup(place.folder / "backup").manifest.size == sizes[2]


def test_a_dataset_destroyed_meanwhile_makes_it_begin_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    bring, times = transfer.bring, []
    with place.opened("engineer") as house:
        who = people.signed_in(house, place.folder / "engineer.json")

        def destroyed_first(*given: object) -> transfer.Brought:
            times.append(1)
            if len(times) == 1:
                register.destroy(house, who, "log")
            return bring(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(transfer, "bring", destroyed_first)
        done = keep.backup(house, place.folder / "backup")
    assert done.rounds == 2
    assert prove_backup(place.folder / "backup").manifest.size == done.size
    restored(place, place.folder / "backup")


def test_a_lost_object_is_no_reason_to_drop_the_copy_that_the_backup_has(place: Place, kept: Path) -> None:
    lost = next(p for p in (place.site / "objects").rglob("*") if p.is_file())
    lost.unlink()
    with place.opened() as house:
        assert keep.backup(house, kept).copied == 0
        with pytest.raises(Tampered, match=r"object\.lost"):
            keep.backup(house, place.folder / "other")
    assert not (place.folder / "other" / "manifest").exists()
    check_whole(restored(place, kept))


def test_places_that_are_none_are_refused(place: Place, kept: Path) -> None:
    (place.folder / "full").mkdir()
    (place.folder / "full" / "diary.txt").write_text("x")
    (place.folder / "file").write_text("x")
    with place.opened() as house:
        for target in ("site", "site/backup", "keys/b", ".", "full", "file", "site/objects"):
            with pytest.raises(Invalid):
                keep.backup(house, place.folder / target)
    assert (place.folder / "full" / "diary.txt").read_text() == "x"


def test_the_backup_of_another_site_is_left_alone(place: Place, kept: Path, tmp_path: Path) -> None:
    from dalgubeol.verbs.house.house import found

    other = Settings(site=tmp_path / "o" / "site", keys=tmp_path / "o" / "keys")
    with found(other, login="o", name="o", organisation="o", password=PASSWORD) as house, pytest.raises(Conflict, match="another site"):  # fmt: skip
        keep.backup(house, kept)
    with pytest.raises(Conflict, match="another site"):
        restore(kept, replace(place.settings(), site=other.site))
    with pytest.raises(Invalid, match="fingerprint"):
        restore(kept, Settings(site=tmp_path / "new", keys=other.keys))
    assert not (tmp_path / "new").exists()


def test_one_backup_at_a_time(place: Place, kept: Path) -> None:
    from dalgubeol.world.store.files import FileLock

    lock = FileLock(kept / "lock")
    assert lock.acquire()
    with place.opened() as house, pytest.raises(Unavailable, match=r"backup\.locked"):
        keep.backup(house, kept)
    lock.release()


def test_nothing_is_restored_over_a_newer_site(place: Place, kept: Path) -> None:
    with place.opened() as house:
        for _ in range(3):
            note_something(house)
    before = {p: p.read_bytes() for p in place.site.rglob("*") if p.is_file() and p.suffix == ""}
    for over in (False, True):
        with pytest.raises(Conflict, match="3 Records would be lost"):
            restore(kept, place.settings(), over=over)
    assert {p: p.read_bytes() for p in before} == before
    assert [p.name for p in place.folder.iterdir() if "restor" in p.name] == []


def test_an_older_state_is_replaced_only_when_told_and_is_kept_aside(place: Place, kept: Path) -> None:
    shutil.copytree(place.site, place.folder / "old", ignore=shutil.ignore_patterns("wake"))
    with place.opened() as house:
        note_something(house)
        keep.backup(house, kept)
    shutil.rmtree(place.site)
    (place.folder / "old").rename(place.site)
    with pytest.raises(Conflict, match="--replace"):
        restore(kept, place.settings())
    done = restore(kept, place.settings(), over=True)
    assert done.aside is not None
    assert (done.aside / "state.db").exists()
    check_whole(place)


def test_what_is_not_a_site_is_left_alone(place: Place, kept: Path) -> None:
    other = elsewhere(place)
    other.site.mkdir()
    (other.site / "diary.txt").write_text("x")
    with pytest.raises(Conflict, match="not empty"):
        restore(kept, other.settings(), over=True)
    (place.site / "state.db").write_bytes(b"not a database" * 100)
    with pytest.raises(Conflict, match="may be newer"):
        restore(kept, place.settings(), over=True)
    assert (other.site / "diary.txt").read_text() == "x"


def test_nothing_is_replaced_while_somebody_works_there(place: Place, kept: Path) -> None:
    from dalgubeol.verbs.runs.conduct import Conductor

    with place.opened() as house:
        keep.backup(house, kept)
        with Conductor(house), pytest.raises(Conflict, match=r"restore\.serving"):
            restore(kept, place.settings(), over=True)


def test_two_histories_are_not_taken_for_one(place: Place, kept: Path) -> None:
    """A site restored from an older backup goes another way: neither side may overwrite the other."""
    other = restored(place, kept)
    with place.opened() as house:
        for _ in range(4):
            note_something(house)
        keep.backup(house, kept)
    with other.opened() as house, pytest.raises(Conflict, match="does not have"):
        keep.backup(house, kept)
    with pytest.raises(Tampered, match="two histories"):
        restore(kept, other.settings(), over=True)


def test_a_checkpoint_that_others_hold_must_be_in_it(place: Place, kept: Path) -> None:
    with place.opened() as house:
        note_something(house)
        newer = prove.checkpoint(house)
    with pytest.raises(Conflict, match="1 Records would be lost"):
        restore(kept, elsewhere(place).settings(), since=[newer])
    with pytest.raises(Tampered):
        prove_backup(kept, since=[newer.replace("\n\n", "\nx\n\n")])


def _flip(path: Path, at: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def _manifest_said(kept: Path, **changes: object) -> None:
    line, _, note = (kept / "manifest").read_bytes().partition(b"\n")
    (kept / "manifest").write_bytes(canonical({**json.loads(line), **changes}) + b"\n" + note)


HARMS = {
    "an object changed": lambda kept: _flip(max((p for p in (kept / "objects").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)),
    "an object gone": lambda kept: next(p for p in (kept / "objects").rglob("*") if p.is_file()).unlink(),
    "the database changed": lambda kept: _flip(next((kept / "state").iterdir())),
    "the database gone": lambda kept: next((kept / "state").iterdir()).unlink(),
    "a word of the manifest": lambda kept: _manifest_said(kept, made_at="2020-01-01"),
    "an object less in the manifest": lambda kept: _manifest_said(kept, objects={}),
    "a path in the manifest": lambda kept: _manifest_said(kept, state="../../../etc/passwd"),
    "half a manifest": lambda kept: (kept / "manifest").write_bytes((kept / "manifest").read_bytes()[:200]),
    "a manifest of nothing": lambda kept: (kept / "manifest").write_bytes(b"[]\n"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_a_backup_that_was_changed_is_not_restored(harm: str, place: Place, kept: Path) -> None:
    HARMS[harm](kept)
    other = elsewhere(place)
    with pytest.raises(Tampered):
        restore(kept, other.settings())
    with pytest.raises(Tampered):
        prove_backup(kept)
    assert not other.site.exists()
    assert sorted(p.name for p in other.folder.iterdir()) == ["keys"]


def test_a_manifest_signed_by_another_key_is_not_believed(place: Place, kept: Path, tmp_path: Path) -> None:
    """Whoever writes the backup's folder can sign with a key of their own and name it in the facts."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from dalgubeol.verbs.house.house import parsed_facts, written_facts
    from dalgubeol.world.ledger.log import Log
    from dalgubeol.world.ledger.note import Verifier

    manifest, _, _ = backups.read_manifest(kept)
    theirs, facts = Ed25519PrivateKey.generate(), parsed_facts(manifest.facts)
    forged = replace(facts, verifier_key=Verifier.of(facts.origin, theirs).text)
    manifest = replace(manifest, facts=written_facts(forged))
    digest = __import__("hashlib").sha256(manifest.line()).hexdigest()
    backups.write_manifest(kept, manifest, Log(facts.origin, theirs).seal(f"{backups.SIGNED} {digest}"))
    with pytest.raises(Tampered, match="log key"):
        restore(kept, elsewhere(place).settings())


def test_without_keys_or_backup_the_next_step_is_said(place: Place, kept: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="keys-recover"):
        restore(kept, Settings(site=tmp_path / "new", keys=tmp_path / "none"))
    with pytest.raises(Missing, match="site backup"):
        restore(tmp_path, place.settings())
