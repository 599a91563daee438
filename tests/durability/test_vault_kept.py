"""What surrounds a pseudonymisation survives `kill -9`, and a destroyed key survives no backup."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dalgubeol.errors import Missing
from dalgubeol.nouns.permit import PermitState
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import house
from dalgubeol.verbs.keeping import chores, keep, vault
from dalgubeol.verbs.keeping.restore import restore
from dalgubeol.verbs.people import entry, people
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.projects import destruction, projects
from dalgubeol.world.identity import SignedIn
from dalgubeol.world.store import accidents, datasets

from .conftest import PASSWORD, Place, check_whole

ROTATE = ("vault", "rotate", "p1", "--json")
REPORT = ("accident", "report", "claims-p", "--text", "a row could be known by its cost", "--json")


def destroying(place: Place) -> tuple[str, ...]:
    return ("vault", "destroy", "p1", "--edition", "1", "--reason", "no longer needed", "--json")


def changes_of(place: Place, *command: str) -> int:
    """How many changes a command makes, by doing it on a copy."""
    copied = Place(place.folder.parent / "counted")
    shutil.copytree(place.folder, copied.folder, ignore=shutil.ignore_patterns("wake"))
    code, names = copied.killed_at(0, "provider", *command)
    assert code == 0, (copied.folder / "stderr-0").read_text()
    shutil.rmtree(copied.folder)
    return len(names)


def copies(place: Place, count: int) -> Iterator[tuple[int, Place]]:
    """A copy of the place for each change that is struck at."""
    for change in range(1, count + 1):
        copied = Place(place.folder.parent / f"struck-{change}")
        shutil.copytree(place.folder, copied.folder, ignore=shutil.ignore_patterns("wake"))
        yield change, copied
        shutil.rmtree(copied.folder)


def clerk(site: house.House) -> SignedIn:
    """Signed in anew: a restored site has ended all sessions."""
    return entry.entered(site, entry.enter(site, "provider", PASSWORD, door="test")[1])


def test_a_rotation_that_was_killed_is_whole_or_was_not_and_the_next_one_goes_on(place: Place) -> None:
    for change, struck in copies(place, changes_of(place, *ROTATE)):
        code, _ = struck.killed_at(change, "provider", *ROTATE)
        assert code == -9
        with struck.opened() as site:
            before = projects.show(site, clerk(site), "p1").editions
            assert [e.retired_at is None for e in before] in ([True], [False, True])
            told = [r for r in prove.records(site, limit=1000) if r["event"] == "key-rotated"]
            assert len(told) == len(before) - 1
        done = struck.dalgu("provider", *ROTATE)
        assert json.loads(done.stdout)["edition"] == len(before) + 1
        with struck.opened() as site:
            for edition in projects.show(site, clerk(site), "p1").editions:
                site.vault.key(edition.project, edition.edition)
        struck.conduct_to_end()
        check_whole(struck)


def test_a_key_that_was_being_destroyed_is_there_and_works_or_is_gone_and_in_the_register(
    place: Place,
) -> None:
    command = destroying(place)
    for change, struck in copies(place, changes_of(place, *command)):
        code, _ = struck.killed_at(change, "provider", *command)
        assert code == -9
        with struck.opened() as site:
            assert {done.name: done.ok for done in chores.once(site)}["vault"]
            (edition,) = projects.show(site, clerk(site), "p1").editions
            entries = destruction.page(site, clerk(site)).items
            told = [r for r in prove.records(site, limit=1000) if r["event"] == "key-destroyed"]
            if edition.destroyed_at is None:
                site.vault.key(edition.project, 1)
                assert (entries, told) == ((), [])
            else:
                assert not site.vault.holds(edition.project, 1)
                assert (len(entries), len(told)) == (1, 1)
        again = struck.dalgu("provider", *command)
        assert again.returncode == (0 if edition.destroyed_at is None else 13)
        struck.conduct_to_end()
        check_whole(struck)


def test_a_report_that_was_killed_has_stopped_all_or_nothing_and_stays_stopped(place: Place) -> None:
    queued = place.submitted("analyst", "run", "analyse", "claims-p", "--script", str(place.folder / "counts.py"), "--context", "the number of rows of the table", "--json")  # fmt: skip
    for change, struck in copies(place, changes_of(place, *REPORT)):
        code, _ = struck.killed_at(change, "analyst", *REPORT)
        assert code in (-9, 0)
        with struck.opened() as site, site.database.reading() as connection:
            table = datasets.find(connection, "claims-p")
            stopped = accidents.stopped(connection, [table.id])
            filed = accidents.listed(connection)
        (permit,) = _permits(struck)
        state = struck.run(queued).state
        if filed:
            assert set(stopped) == {table.id}
            assert (permit, state) == (PermitState.REVOKED, RunState.CANCELLED)
            assert struck.dalgu("analyst", "run", "analyse", "claims-p", "--script", str(struck.folder / "counts.py"), "--context", "the number of rows of the table").returncode == 10  # fmt: skip
        else:
            assert (stopped, permit, state) == ({}, PermitState.GRANTED, RunState.QUEUED)
            assert struck.dalgu("analyst", *REPORT).returncode == 0
        struck.conduct_to_end()
        check_whole(struck)


def _permits(place: Place) -> list[PermitState]:
    with place.opened() as site:
        return [permit.state for permit in grant.listed(site)]


def test_a_destroyed_key_does_not_come_back_with_the_site_from_its_backup(place: Place) -> None:
    """The site is backed up, the key destroyed, the site burns, and is restored as it was before."""
    site_backup, vault_backup = place.folder / "site backup", place.folder / "vault backup"
    with place.opened() as site:
        keep.backup(site, site_backup)
        vault.backup(site, vault_backup, same_disk=True)
        project = projects.show(site, clerk(site), "p1").project.id
    assert place.dalgu("provider", *destroying(place)).returncode == 0
    shutil.rmtree(place.site)
    restore(site_backup, place.settings())
    with place.opened() as site:
        (edition,) = projects.show(site, clerk(site), "p1").editions
        assert edition.destroyed_at is not None
        (entry,) = destruction.page(site, clerk(site)).items
        assert entry.reason == "no longer needed"
        with pytest.raises(Missing):
            site.vault.key(project, 1)
        back = vault.recover(site, vault_backup)  # an old copy, made before the destruction
        assert (back.keys, back.left_out) == (0, 1)
        assert not site.vault.holds(project, 1)
        vault.backup(site, vault_backup, same_disk=True)
        assert not (vault_backup / f"{project}.1.key").exists()
        prove.self_check(site)


def test_a_key_that_lives_comes_back_from_the_backup_of_the_vault_and_makes_the_same_pseudonyms(
    place: Place,
) -> None:
    vault_backup = place.folder / "vault backup"
    with place.opened() as site:
        vault.backup(site, vault_backup, same_disk=True)
        sheets = [" ".join(sheet.words) for sheet in vault.split(site)[1:]]
        project = projects.show(site, clerk(site), "p1").project.id
        key = site.vault.key(project, 1)
        shutil.rmtree(site.vault.folder)
        vault.recover(site, vault_backup, sheets)
        assert site.vault.key(project, 1) == key


def test_the_vault_may_lie_elsewhere_and_all_but_pseudonymising_goes_on_without_it(place: Place) -> None:
    elsewhere = place.folder / "with its keeper"
    shutil.move(place.keys / "vault", elsewhere)
    (place.site / "settings.toml").write_text(f'[vault]\nkeys = "{elsewhere}"\n')
    run = ("run", "pseudonymise", "claims", "--project", "p1", "--quasi", "age", "--keep", "cost", "--k", "2", "--suppression-limit", "0.5", "--name")  # fmt: skip
    done = place.dalgu("provider", *run, "once-more")
    assert done.returncode == 0, done.stderr
    shutil.move(elsewhere, place.folder / "taken home")
    assert place.dalgu("provider", *run, "without").returncode == 14
    assert place.dalgu("provider", "dataset", "list").returncode == 0
    assert place.dalgu("operator", "site", "check").returncode == 0
    with place.opened() as site:
        assert {each.name: each.ok for each in chores.once(site)}["vault"]
        keep.backup(site, place.folder / "backup")
    restored = replace(place.settings(), site=Path(place.folder / "restored"))
    restore(place.folder / "backup", restored)
    with house.open_house(restored) as site:
        assert projects.show(site, clerk(site), "p1").runs >= 1
        assert people.listed(site)
