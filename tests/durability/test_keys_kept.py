"""Keys are kept apart from the site, come back from two sheets and their backup, and end when a Dataset ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dalgubeol.errors import Conflict, Invalid, Missing, Refused, Tampered
from dalgubeol.settings import Settings
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.house.house import facts_of, found
from dalgubeol.verbs.keeping import keep
from dalgubeol.verbs.keeping.keyfolder import backup_keys, recover_keys, split_keys
from dalgubeol.verbs.people import people
from dalgubeol.world.store import keys as stored
from dalgubeol.world.store.keys import wrapped_in

from .conftest import PASSWORD, Place, check_whole


def texts(place: Place) -> list[str]:
    with place.opened() as house:
        return [" ".join(sheet.words) for sheet in split_keys(house)]


def test_two_sheets_and_the_wrapped_keys_bring_everything_back(place: Place) -> None:
    sheets = texts(place)
    with place.opened() as house:
        kept = backup_keys(house, place.folder / "kept")
    assert kept.keys == kept.copied == len(wrapped_in(place.keys)) > 1
    facts = facts_of(place.site)
    shutil.rmtree(place.keys)
    back = recover_keys(facts, place.keys, [sheets[2], sheets[0]], place.folder / "kept")
    assert back.wrapped == kept.keys
    assert {p.stat().st_mode & 0o777 for p in place.keys.rglob("*.key")} == {0o600}
    check_whole(place)


def test_the_backup_of_keys_opens_nothing_by_itself(place: Place) -> None:
    secrets = [(place.keys / name).read_bytes() for name in ("site.key", "log.key")]
    with place.opened() as house:
        backup_keys(house, place.folder / "kept")
    files = [p for p in (place.folder / "kept").rglob("*") if p.is_file()]
    assert not [1 for path in files for secret in secrets if secret in path.read_bytes()]
    assert {p.stat().st_mode & 0o077 for p in (place.folder / "kept", *(place.folder / "kept").rglob("*"))} == {0}  # fmt: skip


def test_a_destroyed_dataset_is_gone_from_the_backup_of_keys_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    target, shredded = place.folder / "kept", []
    shred = stored.shred
    with place.opened("engineer") as house:
        backup_keys(house, target)
        log = register.destroy(house, people.signed_in(house, place.folder / "engineer.json"), "log")
        path = target / "data" / f"{log.id}.key"
        content = path.read_bytes()

        def seen(shredding: Path) -> None:
            shredded.append(shredding.read_bytes())
            shred(shredding)

        monkeypatch.setattr("dalgubeol.verbs.keeping.keyfolder.shred", seen)
        done = backup_keys(house, target)
    assert (done.removed, shredded) == (1, [content])
    assert not path.exists()


def test_a_lost_key_folder_takes_no_key_from_its_backup(place: Place) -> None:
    target = place.folder / "kept"
    with place.opened() as house:
        backup_keys(house, target)
        before = {p: q.read_bytes() for p, q in wrapped_in(target).items()}
        for path in (place.keys / "data").iterdir():
            path.unlink()
        with pytest.raises(Tampered, match=r"keys\.lost"):
            backup_keys(house, target)
    assert {p: q.read_bytes() for p, q in wrapped_in(target).items()} == before


def test_places_that_are_none_are_refused(place: Place) -> None:
    (place.folder / "full").mkdir()
    (place.folder / "full" / "diary").touch()
    with place.opened() as house:
        keep.backup(house, place.folder / "backup")
        for target in ("site/k", "keys/k", "backup", "backup/k", "."):
            with pytest.raises(Invalid):
                backup_keys(house, place.folder / target, same_disk=True)
        with pytest.raises(Refused, match="same disk"):
            backup_keys(house, place.folder / "kept")
        with pytest.raises(Invalid, match="other files"):
            backup_keys(house, place.folder / "full", same_disk=True)
        backup_keys(house, place.folder / "kept", same_disk=True)
        with pytest.raises(Invalid, match="one with keys"):
            keep.backup(house, place.folder / "kept")


def test_sheets_of_another_site_and_folders_with_other_keys_are_told(place: Place, tmp_path: Path) -> None:
    other = Settings(site=tmp_path / "o" / "site", keys=tmp_path / "o" / "keys")
    with found(other, login="o", name="o", organisation="o", password=PASSWORD) as house:
        theirs = [" ".join(sheet.words) for sheet in split_keys(house)]
        backup_keys(house, tmp_path / "o" / "kept")
    ours, facts = texts(place), facts_of(place.site)
    new = tmp_path / "new"
    with pytest.raises(Invalid, match="other keys"):
        recover_keys(facts, new, theirs[:2])
    with pytest.raises(Invalid, match="splitting"):
        recover_keys(facts, new, [ours[0], theirs[1]])
    with pytest.raises(Conflict, match="another site"):
        recover_keys(facts, new, ours[:2], tmp_path / "o" / "kept")
    with pytest.raises(Missing):
        recover_keys(facts, new, ours[:2], tmp_path)
    assert not new.exists()
    with pytest.raises(Conflict, match="already holds"):
        recover_keys(facts, other.keys or new, ours[:2])
    assert recover_keys(facts, place.keys, ours[:2]).folder == place.keys  # the same keys are no harm


def test_the_words_are_on_the_sheets_and_nowhere_else(place: Place) -> None:
    folder = place.folder / "sheets"
    done = place.dalgu("operator", "site", "keys-sheet", str(folder))
    assert done.returncode == 0, done.stderr
    assert {p.stat().st_mode & 0o777 for p in folder.iterdir()} == {0o600}
    words = [_words(folder / f"sheet-{n}.txt") for n in (1, 2, 3)]
    assert [len(w) for w in words] == [59, 59, 59]
    page = (folder / "sheet-2.html").read_text()
    assert [w for w in words[1] if f"<li>{w}</li>" not in page] == []
    assert "복구 용지" in page
    assert "<script" not in page
    assert "http" not in page
    facts = facts_of(place.site)
    assert facts.key_fingerprint in page
    shutil.move(place.keys, place.folder / "lost")
    given = "\n".join(" ".join(w) for w in (words[2], words[0])) + "\n"
    back = subprocess.run(
        [sys.executable, "-m", "dalgubeol", "site", "keys-recover", "--words-stdin", "--json"],
        input=given, env=place.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert back.returncode == 0, back.stderr
    assert (place.keys / "site.key").read_bytes() == (place.folder / "lost" / "site.key").read_bytes()
    wrong = subprocess.run(
        [sys.executable, "-m", "dalgubeol", "site", "keys-recover", "--words-stdin"],
        input=given.replace(words[0][30], words[0][31]), env={**place.environment(), "DALGU_DEBUG": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert wrong.returncode == 11
    rare = [w for w in {*words[0], *words[2]} if len(w) >= 7]
    said = done.stdout + done.stderr + back.stdout + back.stderr + wrong.stdout + wrong.stderr
    files = [p for p in place.site.rglob("*") if p.is_file() and p.name != "state.db"]
    said += "".join(p.read_bytes().decode(errors="replace") for p in files)
    assert len([w for w in rare if w in said]) <= 1  # "dictionary words" occur; twenty of them do not
    again = place.dalgu("operator", "site", "keys-sheet", str(folder))
    assert again.returncode == 11  # nothing is written over sheets that are there


def _words(path: Path) -> list[str]:
    import re

    return [word for _, word in re.findall(r"(?<!\S)(\d{1,2}) ([a-z]{4,})(?!\S)", path.read_text())]
