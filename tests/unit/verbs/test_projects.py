"""Projects and what surrounds a pseudonymisation, on a small site."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dalgubeol.errors import Conflict, DalguError, Invalid, Missing, Refused, Tampered, Unavailable
from dalgubeol.nouns.dataset import Dataset, DatasetState, Sensitivity
from dalgubeol.nouns.destruction import Destruction
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.project import Basis, Project, ProjectPart
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import clock
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.keeping import chores, vault
from dalgubeol.verbs.projects import destruction, periods, projects
from dalgubeol.verbs.runs import conduct, submit
from dalgubeol.world.store import datasets, notices
from dalgubeol.world.store import projects as stored

from .conftest import Town

TERMS = {"purpose": Purpose.STATISTICS, "reason": "counting claims by age", "until": "2099-12-31"}
ROWS = "person_no,age,cost\n" + "".join(f"{i % 40},{20 + i % 8},{i}\n" for i in range(80))


def opened(town: Town, login: str = "provider", name: str = "p1", **said: object) -> Project:
    return projects.open_(town.house, town.who(login), name=name, **{**TERMS, **said})  # type: ignore[arg-type]


def claims(town: Town, folder: Path) -> Dataset:
    (folder / "claims.csv").write_text(ROWS)
    return register.add(
        town.house, town.who("provider"), folder / "claims.csv", name="claims", sensitivity=Sensitivity.PERSONAL
    )  # fmt: skip


def asked(town: Town, name: str = "claims-p", project: str = "p1", login: str = "provider") -> Run:
    parameters = {
        "project": project,
        "person": "person_no",
        "quasi": ["age"],
        "keep": ["cost"],
        "k": 2,
        "name": name,
    }
    return submit.submit(town.house, town.who(login).actor, "pseudonymise", {"data": "claims"}, parameters)


def pseudonymised(town: Town, name: str = "claims-p", project: str = "p1") -> Dataset:
    done = conduct.run_to_end(town.house, asked(town, name, project).id)
    assert done.state is RunState.DONE, done.fault
    with town.house.database.reading() as connection:
        return datasets.find(connection, name)


def tokens(town: Town, dataset: Dataset) -> set[str]:
    import pyarrow.parquet as pq

    house = town.house
    with house.objects.open(dataset.object_id, house.keyring.dataset_key(dataset.id), dataset.id) as stream:
        return set(pq.read_table(stream)["person_no"].to_pylist())


def codes(error: pytest.ExceptionInfo[DalguError]) -> set[str]:
    return {reason.code for reason in getattr(error.value, "reasons", ())}


def events(town: Town) -> list[str]:
    return [str(r["event"]) for r in prove.records(town.house, limit=1000)]


@pytest.fixture
def kept(town: Town, tmp_path: Path) -> tuple[Town, Project, Dataset]:
    project = opened(town)
    claims(town, tmp_path)
    return town, project, pseudonymised(town)


def test_opening_says_everything_that_is_lacking_at_once(town: Town) -> None:
    with pytest.raises(Refused) as error:
        opened(
            town, "analyst", purpose=Purpose.OTHER_BASIS, reason="short", until="2001-01-01", keep_mapping=True,
            provider="hospital", people={ProjectPart.USER: ["analyst"]},
        )  # fmt: skip
    assert codes(error) == {
        "project.role", "project.organisation", "project.reason", "project.purpose", "project.mapping",
        "project.period", "project.people",
    }  # fmt: skip
    with pytest.raises(Refused) as error:
        opened(town, basis=Basis.OTHER, keep_mapping=True)
    assert codes(error) == {"project.evidence"}
    assert projects.listed(town.house, town.who("provider")) == ()


def test_the_people_of_a_project_are_on_one_side_each_and_stay_there(town: Town) -> None:
    opened(town, people={ProjectPart.REVIEWER: ["reviewer"]})
    provider = town.who("provider")
    with pytest.raises(Refused) as error:
        projects.take_part(town.house, provider, "p1", "reviewer", ProjectPart.KEEPER)
    assert codes(error) == {"project.people"}
    assert "reviewer" in str(error.value.reasons[0].message)
    projects.leave(town.house, provider, "p1", "reviewer", ProjectPart.REVIEWER)
    with pytest.raises(Refused):  # who once reviewed does not pseudonymise later
        projects.take_part(town.house, provider, "p1", "reviewer", ProjectPart.PSEUDONYMISER)
    with pytest.raises(Refused) as error:
        projects.leave(town.house, provider, "p1", "provider", ProjectPart.KEEPER)
    assert codes(error) == {"project.last"}
    for login in ("analyst", "reviewer"):
        with pytest.raises(Refused) as error:
            projects.take_part(town.house, town.who(login), "p1", "analyst", ProjectPart.USER)
        assert "project.lead" in codes(error)


def test_an_operator_opens_one_for_a_firm_under_contract_only(town: Town) -> None:
    with pytest.raises(Refused) as error:
        opened(town, "operator", provider="hospital")
    assert codes(error) == {"project.organisation"}
    made = opened(
        town, "operator", provider="hospital", processor="site", people={ProjectPart.KEEPER: ["provider"]}
    )
    assert (made.organisation, made.named(ProjectPart.KEEPER)) == (
        "hospital",
        (town.who("provider").actor.id,),
    )


def test_two_providers_may_call_projects_alike_and_one_may_not(town: Town) -> None:
    opened(town)
    opened(town, "operator")
    with pytest.raises(Conflict):
        opened(town)
    with pytest.raises(Missing):  # which of the two is not said
        projects.show(town.house, town.who("provider"), "p1")
    for name in ("", "a b", "x" * 62, "../p"):
        with pytest.raises(Invalid):
            opened(town, name=name)


def test_nothing_is_pseudonymised_without_a_declared_project(town: Town, tmp_path: Path) -> None:
    claims(town, tmp_path)
    with pytest.raises(Refused) as error:
        asked(town)
    assert codes(error) == {"project.undeclared"}
    opened(town, "operator")  # another's project of that name is none
    with pytest.raises(Refused) as error:
        asked(town)
    assert codes(error) == {"project.undeclared"}


def test_only_who_is_named_pseudonymises_while_it_is_open_and_in_time(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims(town, tmp_path)
    made = opened(town, people={ProjectPart.PSEUDONYMISER: ["deputy"]})
    with pytest.raises(Refused) as error:
        asked(town)
    assert codes(error) == {"project.pseudonymiser"}
    projects.take_part(town.house, town.who("provider"), "p1", "provider", ProjectPart.PSEUDONYMISER)
    with monkeypatch.context() as later:
        later.setattr(projects, "now", lambda: made.valid_until)
        with pytest.raises(Refused) as error:
            asked(town)
    assert codes(error) == {"project.over"}
    projects.close(town.house, town.who("provider"), "p1")
    with pytest.raises(Refused) as error:
        asked(town)
    assert codes(error) == {"project.closed"}


def test_a_rotated_key_makes_other_pseudonyms_and_the_old_edition_stays_known(
    kept: tuple[Town, Project, Dataset],
) -> None:
    town, project, first = kept
    again = pseudonymised(town, "claims-q")
    assert tokens(town, first) & tokens(town, again)
    with pytest.raises(Refused):
        vault.rotate(town.house, town.who("analyst"), "p1")
    assert vault.rotate(town.house, town.who("provider"), "p1").edition == 2
    third = pseudonymised(town, "claims-r")
    assert not tokens(town, first) & tokens(town, third)
    with town.house.database.reading() as connection:
        under = dict(stored.runs_of(connection, project.id))
    assert [under[str(d.made_by)] for d in (first, again, third)] == [1, 1, 2]
    assert [d.about["key_edition"] for d in (first, again, third)] == [1, 1, 2]
    shown = projects.show(town.house, town.who("provider"), "p1")
    assert [bool(e.retired_at) for e in shown.editions] == [True, False]
    assert len({e.fingerprint for e in shown.editions}) == 2
    assert "key-rotated" in events(town)


def test_a_queued_run_keeps_the_edition_it_was_asked_for_with(town: Town, tmp_path: Path) -> None:
    opened(town)
    claims(town, tmp_path)
    run = asked(town)
    vault.rotate(town.house, town.who("provider"), "p1")
    assert conduct.run_to_end(town.house, run.id).state is RunState.DONE
    with town.house.database.reading() as connection:
        under = stored.of_run(connection, run.id)
    assert under is not None
    assert under[1] == 1


def test_a_destroyed_key_enters_the_register_and_another_person_confirms(
    kept: tuple[Town, Project, Dataset], tmp_path: Path
) -> None:
    town, project, _ = kept
    house, provider = town.house, town.who("provider")
    backup = tmp_path / "vault-backup"
    assert vault.backup(house, backup).keys == 1
    with pytest.raises(Refused):
        destruction.destroy_key(house, town.who("analyst"), "p1", 1, "no longer needed")
    entry = destruction.destroy_key(house, provider, "p1", 1, "no longer needed")
    with pytest.raises(Conflict):
        destruction.destroy_key(house, provider, "p1", 1, "again")
    assert (house.vault.folder / "vault.key").exists()
    assert not house.vault.holds(project.id, 1)
    with pytest.raises(Refused) as error:
        asked(town, "claims-q")
    assert codes(error) == {"project.no-key"}
    with pytest.raises(Refused) as error:
        destruction.confirm(house, provider, entry.id)
    assert codes(error) == {"confirm.same", "destruction.backup"}
    with pytest.raises(Refused) as error:
        destruction.confirm(house, town.who("analyst"), entry.id)
    assert codes(error) == {"destruction.role", "destruction.backup"}
    assert vault.backup(house, backup).removed == 1
    assert not (backup / f"{project.id}.1.key").exists()
    done = destruction.confirm(house, town.who("operator"), entry.id)
    assert done.confirmed_by == town.who("operator").actor.id
    assert set(done.backups) == {"backup-vault"}
    with pytest.raises(Conflict):
        destruction.confirm(house, town.who("deputy"), entry.id)
    assert {"key-destroyed", "destruction-confirmed"} <= set(events(town))


def test_what_is_still_there_is_not_confirmed(kept: tuple[Town, Project, Dataset]) -> None:
    town, project, _ = kept
    path = town.house.vault.folder / f"{project.id}.1.key"
    copy = path.read_bytes()
    entry = destruction.destroy_key(town.house, town.who("provider"), "p1", 1, "no longer needed")
    path.write_bytes(copy)
    with pytest.raises(Refused) as error:
        destruction.confirm(town.house, town.who("operator"), entry.id)
    assert codes(error) == {"destruction.there"}
    destruction.reconciled(town.house)
    assert not path.exists()
    assert destruction.confirm(town.house, town.who("operator"), entry.id).confirmed_at


def test_a_destroyed_key_does_not_come_back_from_any_backup(
    kept: tuple[Town, Project, Dataset], tmp_path: Path
) -> None:
    town, project, _ = kept
    house = town.house
    backup = tmp_path / "vault-backup"
    vault.rotate(house, town.who("provider"), "p1")
    vault.backup(house, backup)
    destruction.destroy_key(house, town.who("provider"), "p1", 1, "no longer needed")
    sheets = [" ".join(sheet.words) for sheet in vault.split(house)[:2]]
    other = tmp_path / "taken"
    other.mkdir()
    (other / "vault.key").write_text("ab" * 32)
    _settings(house, other)
    with pytest.raises(Conflict):  # never over another vault
        vault.recover(house, backup, sheets)
    _settings(house, tmp_path / "new vault")  # the old one burnt, tombstones and all
    back = vault.recover(house, backup, sheets)
    assert (back.keys, back.left_out) == (1, 1)
    assert not house.vault.holds(project.id, 1)
    assert house.vault.holds(project.id, 2)
    with pytest.raises(Invalid):
        vault.recover(house, backup, [" ".join(s.words) for s in _other_sheets()])


@pytest.mark.parametrize("change", ["taken out", "taken out of the list too", "changed", "of a living key"])
def test_a_backup_of_the_vault_that_was_changed_brings_nothing_back(
    kept: tuple[Town, Project, Dataset], tmp_path: Path, change: str
) -> None:
    """Somebody takes the note of a destroyed key out of the backup, or changes it, and puts the old key back in; or
    writes one of a key that lives, so that it would be destroyed."""
    town, project, _ = kept
    house, backup = town.house, tmp_path / "vault-backup"
    vault.rotate(house, town.who("provider"), "p1")
    vault.backup(house, backup)
    old = (backup / f"{project.id}.1.key").read_bytes()
    destruction.destroy_key(house, town.who("provider"), "p1", 1, "no longer needed")
    assert vault.backup(house, backup).removed == 1
    note, mark = backup / f"{project.id}.1.gone", backup / "vault.json"
    (backup / f"{project.id}.1.key").write_bytes(old)
    if change == "changed":
        note.write_text(note.read_text().replace("no longer needed", "another reason"))
    elif change == "of a living key":
        (backup / f"{project.id}.2.gone").write_text(note.read_text().replace('"edition":1', '"edition":2'))
    else:
        note.unlink()
        if "list" in change:
            mark.write_text(mark.read_text().replace(f'"{note.name}"', ""))
    sheets = [" ".join(sheet.words) for sheet in vault.split(house)[:2]]
    _settings(house, tmp_path / "new vault")
    with pytest.raises(Tampered):
        vault.recover(house, backup, sheets)
    assert not house.vault.holds(project.id, 1)
    assert house.vault.holds(project.id, 2) is False
    _settings(house, house.keyring.folder / "vault")
    if change == "changed":  # the vault has the note, and writes it there once more
        assert vault.backup(house, backup).removed == 1
    else:
        with pytest.raises(Tampered):
            vault.backup(house, backup)
    assert house.vault.holds(project.id, 2)


def test_without_its_vault_a_site_makes_no_new_one(
    kept: tuple[Town, Project, Dataset], tmp_path: Path
) -> None:
    town, _, _ = kept
    _settings(town.house, tmp_path / "not brought back")
    for use in (
        lambda: asked(town, "again"),
        lambda: vault.rotate(town.house, town.who("provider"), "p1"),
        lambda: projects.open_(town.house, town.who("provider"), name="p3", **TERMS),  # type: ignore[arg-type]
        lambda: vault.backup(town.house, tmp_path / "backup"),
    ):
        with pytest.raises(Unavailable) as error:
            use()
        assert error.value.code == "vault.missing"
    destruction.reconciled(town.house)
    assert not (tmp_path / "not brought back").exists()


def test_the_key_of_a_destroyed_dataset_that_an_old_backup_brings_back_is_destroyed_again(
    kept: tuple[Town, Project, Dataset],
) -> None:
    town, _, table = kept
    house = town.house
    path = house.keyring.folder / "data" / f"{table.id}.key"
    old = path.read_bytes()
    register.destroy(house, town.who("provider"), table.id)
    assert not path.exists()
    path.write_bytes(old)  # `keys-recover --wrapped` of a backup that is older
    destruction.reconciled(house)
    assert not path.exists()
    assert house.keyring.holds(datasets_of(town, "claims"))


def datasets_of(town: Town, name: str) -> str:
    with town.house.database.reading() as connection:
        return datasets.find(connection, name).id


@pytest.mark.parametrize(("state", "stays"), [("running", True), ("queued", False), ("failed", False)])
def test_the_mapping_of_a_run_that_still_writes_is_not_removed(
    kept: tuple[Town, Project, Dataset], state: str, stays: bool
) -> None:
    town, _, _ = kept
    house = town.house
    run = asked(town, "later").id
    with sqlite3.connect(house.folder / "state.db") as connection:
        connection.execute("UPDATE runs SET state = ? WHERE id = ?", (state, run))
    connection.close()
    path = house.vault.mapping_path(run)
    path.write_bytes(b"sealed")
    destruction.reconciled(house)
    assert path.exists() is stays


def test_a_run_that_begins_while_the_chore_looks_keeps_its_mapping(
    kept: tuple[Town, Project, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chore has seen that nothing comes of it; before it removes the mapping, the Run is taken up again."""
    town, _, _ = kept
    house = town.house
    run = asked(town, "later").id
    path = house.vault.mapping_path(run)
    path.write_bytes(b"sealed")
    write = House.write

    def begun_first(self: House, change: object) -> object:
        with sqlite3.connect(house.folder / "state.db") as connection:
            connection.execute("UPDATE runs SET state = 'running' WHERE id = ?", (run,))
        connection.close()
        return write(self, change)  # type: ignore[arg-type]

    monkeypatch.setattr(House, "write", begun_first)
    destruction.reconciled(house)
    assert path.exists()


def _settings(house: House, folder: Path) -> None:
    (house.folder / "settings.toml").write_text(f'[vault]\nkeys = "{folder}"\n')


def _other_sheets() -> list[object]:
    import os
    from types import SimpleNamespace

    from dalgubeol.world.store import shares

    return [SimpleNamespace(words=words) for words in shares.split(os.urandom(32), os.urandom(32))[:2]]


def test_who_was_killed_between_vault_and_database_is_finished_by_the_chore(
    kept: tuple[Town, Project, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, project, _ = kept

    class Killed(BaseException):
        pass

    def die(*args: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(destruction, "_registered", die)
        with pytest.raises(Killed):
            destruction.destroy_key(town.house, town.who("provider"), "p1", 1, "no longer needed")
    assert not town.house.vault.holds(project.id, 1)
    assert projects.show(town.house, town.who("provider"), "p1").editions[0].destroyed_at is None
    for _ in range(2):
        destruction.reconciled(town.house)
        (entry,) = destruction.page(town.house, town.who("operator")).items
        assert entry.destroyed_by == town.who("provider").actor.id
        assert entry.reason == "no longer needed"
        assert (
            projects.show(town.house, town.who("provider"), "p1").editions[0].destroyed_at
            == entry.destroyed_at
        )
    assert events(town).count("key-destroyed") == 1


def test_when_the_period_ends_people_are_told_and_then_it_is_destroyed(
    kept: tuple[Town, Project, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, project, table = kept
    house = town.house

    def at(instant: str) -> None:
        monkeypatch.setattr(periods, "now", lambda: instant)
        monkeypatch.setattr(periods, "later", lambda s: clock.written(_moment(instant, s)))

    assert "0" in str(periods.end_periods(house))
    at("2099-12-20T00:00:00.000+00:00")
    assert _told(house, town, periods.end_periods(house)) == 1
    assert _told(house, town, periods.end_periods(house)) == 1  # once
    at("2100-01-02T00:00:00.000+00:00")
    assert _told(house, town, periods.end_periods(house)) == 2
    assert house.vault.holds(project.id, 1)
    at("2100-01-06T00:00:00.000+00:00")
    periods.end_periods(house)
    assert not house.vault.holds(project.id, 1)
    with house.database.reading() as connection:
        assert datasets.find(connection, table.id).state is DatasetState.DESTROYED
        assert datasets.find(connection, "claims").state is DatasetState.KEPT
    entries = destruction.page(house, town.who("operator"), "p1").items
    assert {(e.what, e.destroyed_by, e.confirmed_by) for e in entries} == {
        ("project-key", house.facts.id, None), ("dataset", house.facts.id, None),
    }  # fmt: skip
    for entry in entries:
        assert destruction.confirm(house, town.who("provider"), entry.id).confirmed_at
    periods.end_periods(house)
    assert len(destruction.page(house, town.who("operator")).items) == 2


def _moment(instant: str, seconds: float) -> object:
    from datetime import datetime, timedelta

    return datetime.fromisoformat(instant) + timedelta(seconds=seconds)


def _told(house: House, town: Town, _: object) -> int:
    with house.database.reading() as connection:
        mine = notices.listed(connection, town.who("provider").actor.id)
    return len([n for n in mine if "processing period" in n.message.text("en")])


def test_the_terms_that_count_are_those_of_the_signed_history(kept: tuple[Town, Project, Dataset]) -> None:
    town, _, _ = kept
    with town.house.database.reading() as connection:
        projects.proven_terms(town.house, connection, stored.find(connection, "p1"))
    with sqlite3.connect(town.house.folder / "state.db") as connection:
        connection.execute("UPDATE projects SET basis = 'other', keep_mapping = 1, evidence = 'consent'")
    connection.close()
    with town.house.database.reading() as connection, pytest.raises(Tampered):
        projects.proven_terms(town.house, connection, stored.find(connection, "p1"))


def test_every_protected_dataset_that_is_destroyed_enters_the_register(
    kept: tuple[Town, Project, Dataset],
) -> None:
    town, project, table = kept
    register.destroy(town.house, town.who("provider"), table.name)
    (entry,) = destruction.page(town.house, town.who("operator")).items
    expected = ("dataset", table.id, project.id, "key-destruction")
    assert (entry.what, entry.subject, entry.project, entry.method) == expected
    assert isinstance(entry, Destruction)
    done = destruction.confirm(town.house, town.who("operator"), entry.id)
    assert done.confirmed_by


def test_the_chores_know_of_periods_and_of_the_vault(town: Town) -> None:
    names = {done.name: done.ok for done in chores.once(town.house)}
    assert names["periods"]
    assert names["vault"]


def test_projects_and_what_was_destroyed_are_shown_to_whom_they_concern(town: Town) -> None:
    opened(town)
    opened(town, name="p2", people={ProjectPart.USER: ["analyst"]})
    destruction.destroy_key(town.house, town.who("provider"), "p1", 1, "no longer needed")
    for login, names in (("operator", {"p1", "p2"}), ("deputy", {"p1", "p2"}), ("analyst", {"p2"})):
        who = town.who(login)
        assert {p.name for p in projects.listed(town.house, who)} == names, login
        assert len(destruction.page(town.house, who).items) == (1 if "p1" in names else 0), login
        page = projects.page(town.house, who, limit=1)
        assert (len(page.items), page.next is None) == (1, len(names) == 1)
        assert [p.name for p in projects.page(town.house, who, after=page.next, limit=1).items] == ["p1"] if page.next else True  # fmt: skip
    for ask in (
        lambda: projects.show(town.house, town.who("analyst"), "p1"),
        lambda: destruction.page(town.house, town.who("analyst"), "p1"),
    ):
        with pytest.raises(Missing) as error:
            ask()
        assert error.value.code == "project.missing"


def test_what_was_pseudonymised_without_consent_is_never_linked_with_personal_information(
    kept: tuple[Town, Project, Dataset], tmp_path: Path
) -> None:
    """Linked with the claims themselves by age and cost, a row would say again whose it is: art. 28-5 forbids it to
    whoever holds both, and no Permit cures it."""
    town, _, made = kept
    items = [{"name": "cost", "normalise": "digits"}]
    with pytest.raises(Refused) as error:
        submit.submit(town.house, town.who("provider").actor, "link-inside", {"first": "claims", "second": made.name}, {"items": items})  # fmt: skip
    assert "pipa.28-5" in codes(error)
    (said,) = [reason for reason in error.value.reasons if reason.code == "pipa.28-5"]
    assert made.name in said.text("ko")
    assert "claims" in said.text("ko")


def test_pseudonyms_that_a_consent_allows_to_undo_may_be_linked(town: Town, tmp_path: Path) -> None:
    """By whoever has a Permit: it is all that is lacking."""
    opened(town, basis=Basis.OTHER, evidence="the consent of all, form 7")
    claims(town, tmp_path)
    made = pseudonymised(town)
    items = [{"name": "cost", "normalise": "digits"}]
    with pytest.raises(Refused) as error:
        submit.submit(town.house, town.who("provider").actor, "link-inside", {"first": "claims", "second": made.name}, {"items": items})  # fmt: skip
    assert "pipa.28-5" not in codes(error)
