"""Undoing pseudonyms: every door, every role, every way round, and the one way that the law leaves open."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dalgubeol.digest import fresh_salt
from dalgubeol.doors.python import Site
from dalgubeol.errors import Conflict, DalguError, Invalid, Missing, Refused, Tampered, Unavailable
from dalgubeol.nouns.dataset import Dataset, DatasetState, Sensitivity
from dalgubeol.nouns.permit import Purpose
from dalgubeol.nouns.project import Basis, ProjectPart
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.house.house import House
from dalgubeol.verbs.keeping import vault
from dalgubeol.verbs.people import entry, people
from dalgubeol.verbs.projects import destruction, projects, restoring
from dalgubeol.verbs.runs import conduct, submit
from dalgubeol.world.identity import SignedIn
from dalgubeol.world.store import datasets, runs

PASSWORD = "a password for tests"
CANARY = "표식-9241"
PEOPLE = {
    "clerk": ("firm", "provider"), "steward": ("firm", "provider"), "other": ("elsewhere", "provider"),
    "analyst": ("lab", "analyst"), "reviewer": ("centre", "reviewer"), "engineer": ("firm", "engineer"),
}  # fmt: skip


class Place:
    """A firm's own site, with a table that was pseudonymised on another basis, and its people."""

    def __init__(self, folder: Path, organisation: str) -> None:
        self.folder = folder
        self.settings = houses.Settings(site=folder / "site", keys=folder / "keys")
        self.held: dict[str, bytes] = {}
        with houses.found(
            self.settings, login="operator", name="O", organisation=organisation, password=PASSWORD
        ) as house:
            self.held["operator"] = entry.enter(house, "operator", PASSWORD, door="test")[1]
            for login, (theirs, role) in PEOPLE.items():
                code = people.invite(house, self.who(house, "operator"), login=login, name=login, organisation=theirs, roles=[role])  # fmt: skip
                people.join(house, code, PASSWORD)
                self.held[login] = entry.enter(house, login, PASSWORD, door="test")[1]
            self.bring(house)

    def who(self, house: House, login: str) -> SignedIn:
        return entry.entered(house, self.held[login])

    def bring(self, house: House) -> None:
        clerk = self.who(house, "clerk")
        rows = "person_no,age,cost\n" + "".join(f"{CANARY}-{i % 20},{30 + i % 4},{i}\n" for i in range(40))
        (self.folder / "claims.csv").write_text(rows)
        register.add(house, clerk, self.folder / "claims.csv", name="claims", sensitivity=Sensitivity.PERSONAL)  # fmt: skip
        for name, basis in (("consented", Basis.OTHER), ("research", Basis.WITHOUT_CONSENT)):
            projects.open_(
                house, clerk, name=name, purpose=Purpose.OTHER_BASIS if basis is Basis.OTHER else Purpose.STATISTICS,
                reason="counting rows of claims", until="2099-12-31", basis=basis, evidence="their consent",
                keep_mapping=basis is Basis.OTHER, people={ProjectPart.USER: ["analyst"]},
            )  # fmt: skip
            run = pseudonymise(house, clerk, "claims", name, f"{name}-p")
            assert run.state is RunState.DONE, run.fault

    def opened(self) -> House:
        return houses.open_house(self.settings)


def pseudonymise(house: House, who: SignedIn, data: str, project: str, name: str) -> Run:
    parameters = {
        "project": project,
        "person": "person_no",
        "quasi": ["age"],
        "keep": ["cost"],
        "k": 2,
        "name": name,
    }
    queued = submit.submit(house, who.actor, "pseudonymise", {"data": data}, parameters)
    return conduct.run_to_end(house, queued.id)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("firm"), "firm")


@pytest.fixture
def place(made: Place, tmp_path: Path) -> Place:
    copied = Place.__new__(Place)
    copied.folder, copied.held = tmp_path / "place", dict(made.held)
    shutil.copytree(made.folder, copied.folder, ignore=shutil.ignore_patterns("wake"))
    copied.settings = replace(made.settings, site=copied.folder / "site", keys=copied.folder / "keys")
    return copied


def codes(error: pytest.ExceptionInfo[DalguError]) -> set[str]:
    return {reason.code for reason in getattr(error.value, "reasons", ())}


def found(house: House, name: str) -> Dataset:
    with house.database.reading() as connection:
        return datasets.find(connection, name)


def persons(house: House, dataset: Dataset) -> set[str]:
    import pyarrow.parquet as pq

    key = house.keyring.dataset_key(dataset.id)
    with house.objects.open(dataset.object_id, key, dataset.id) as stream:
        return set(pq.read_table(stream)["person_no"].to_pylist())


def agreed(place: Place, house: House, name: str = "consented-p") -> Run:
    asked = restoring.ask(house, place.who(house, "clerk"), name, "the firm calls its customers back")
    return restoring.confirm(house, place.who(house, "steward"), asked.id)


def change(place: Place, *statements: str) -> None:
    with sqlite3.connect(place.settings.site / "state.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_on_another_basis_two_people_of_the_provider_get_their_persons_back(place: Place) -> None:
    with place.opened() as house:
        run = conduct.run_to_end(house, agreed(place, house).id)
        assert run.state is RunState.DONE, run.fault
        (restored,) = (found(house, id_) for id_ in run.outputs.values())
        assert restored.sensitivity is Sensitivity.PERSONAL
        assert (restored.organisation, restored.owner) == ("firm", place.who(house, "clerk").actor.id)
        assert persons(house, restored) == {f"{CANARY}-{i}" for i in range(20)}
        assert not persons(house, found(house, "consented-p")) & persons(house, restored)
        told = [r["event"] for r in prove.records(house, limit=1000)]
        assert told[-3:] == ["restoring-asked", "restoring-confirmed", "ran"]
        assert dict(restored.about)["unknown"] == 0


@pytest.mark.parametrize("login", ["operator", *PEOPLE])
def test_nobody_undoes_what_was_pseudonymised_without_consent(place: Place, login: str) -> None:
    with place.opened() as house:
        before = prove.self_check(house)
        with pytest.raises(Refused) as error:
            restoring.ask(house, place.who(house, login), "research-p", "I would like to know who it is")
        assert "pipa.28-5" in codes(error)
        with pytest.raises(Refused) as error:
            submit.submit(house, place.who(house, login).actor, "restore", {"data": "research-p"}, {"restoring": "restoring-0"})  # fmt: skip
        assert "restore.two" in codes(error)
        assert [r["event"] for r in prove.records(house, after=before - 1)] == ["refused", "refused"]
        assert restoring.listed(house, place.who(house, login)) == ()


@pytest.mark.parametrize(
    ("login", "reasons"),
    [
        ("other", {"restore.organisation"}),
        ("analyst", {"restore.organisation", "restore.side", "restore.role"}),
        ("reviewer", {"restore.organisation", "restore.role"}),
        ("engineer", {"restore.role"}),
    ],
)
def test_others_than_the_provider_ask_in_vain_and_confirm_in_vain(
    place: Place, login: str, reasons: set[str]
) -> None:
    with place.opened() as house:
        with pytest.raises(Refused) as error:
            restoring.ask(house, place.who(house, login), "consented-p", "I would like to know who it is")
        assert codes(error) == reasons
        asked = restoring.ask(house, place.who(house, "clerk"), "consented-p", "the firm calls back")
        with pytest.raises(Refused) as error:
            restoring.confirm(house, place.who(house, login), asked.id)
        assert codes(error) == reasons


def test_one_person_alone_is_not_two(place: Place) -> None:
    with place.opened() as house:
        asked = restoring.ask(house, place.who(house, "clerk"), "consented-p", "the firm calls back")
        with pytest.raises(Refused) as error:
            restoring.confirm(house, place.who(house, "clerk"), asked.id)
        assert codes(error) == {"confirm.same"}
        restoring.confirm(house, place.who(house, "steward"), asked.id)
        with pytest.raises(Conflict):
            restoring.confirm(house, place.who(house, "operator"), asked.id)


def test_no_permit_cures_it(place: Place) -> None:
    """Somebody writes a Permit for the kind into the database, or is granted one."""
    from dalgubeol.nouns.permit import Verdict
    from dalgubeol.verbs.permits import grant

    with place.opened() as house:
        permit = grant.request(
            house, place.who(house, "analyst"), kinds=["restore"], names=["research-p"], purpose=Purpose.OTHER_BASIS,
            reason="I would like to know who it is", until="2099-12-31", evidence="their consent",
        )  # fmt: skip
        for login in ("steward", "operator"):
            grant.decide(house, place.who(house, login), permit.id, Verdict.GRANT)
        with pytest.raises(Refused) as error:
            submit.submit(house, place.who(house, "analyst").actor, "restore", {"data": "research-p"}, {"restoring": "restoring-0"})  # fmt: skip
        assert codes(error) == {"restore.two", "review.none"}
        with pytest.raises(Refused) as error:
            restoring.ask(house, place.who(house, "analyst"), "research-p", "I hold a Permit for it")
        assert "pipa.28-5" in codes(error)


def test_pseudonymising_once_more_on_another_basis_does_not_open_the_first(place: Place) -> None:
    with place.opened() as house:
        clerk = place.who(house, "clerk")
        parameters = {"project": "consented", "person": "person_no", "quasi": ["age"], "keep": ["cost"], "k": 2, "name": "twice"}  # fmt: skip
        with pytest.raises(Refused):  # pseudonymised information needs a Permit, whoever owns it
            submit.submit(house, clerk.actor, "pseudonymise", {"data": "research-p"}, parameters)
        source, run = found(house, "research-p"), "run-00000000000000000a"
        _made_of(house, place, source, run)
        with pytest.raises(Refused) as error:
            restoring.ask(house, clerk, "twice", "the firm calls its customers back")
        assert codes(error) == {"pipa.28-5"}


def _made_of(house: House, place: Place, source: Dataset, run: str) -> None:
    """A table that a Run of the other project made of one that was pseudonymised without consent."""
    from dalgubeol.world.store import projects as stored

    clerk = place.who(house, "clerk")

    def add(connection: Any) -> None:
        with_key = replace(
            source, id="ds-00000000000000000a", name="twice", made_by=run, sources=(source.id,), state=DatasetState.KEPT
        )  # fmt: skip
        made = Run(run, "pseudonymise", {"data": source.id}, (), {}, 0, clerk.actor.id, RunState.DONE, source.created_at)  # fmt: skip
        runs.add(connection, made, fresh_salt().hex())
        datasets.add(connection, with_key)
        stored.under(connection, run, stored.find(connection, "consented").id, 1)

    house.write(add)


def test_there_is_no_way_to_change_the_basis_of_a_project(place: Place) -> None:
    verbs = {name for name in dir(projects) if callable(getattr(projects, name)) and not name.startswith("_")}
    assert not {name for name in verbs if "basis" in name or "terms" in name} - {"proven_terms"}
    change(
        place, "UPDATE projects SET basis = 'other', keep_mapping = 1, evidence = 'x' WHERE name = 'research'"
    )
    with place.opened() as house, pytest.raises(Tampered):
        restoring.ask(house, place.who(house, "clerk"), "research-p", "the firm calls back")
    change(place, "UPDATE projects SET organisation = 'elsewhere' WHERE name = 'consented'")
    with place.opened() as house, pytest.raises(Tampered):
        restoring.ask(house, place.who(house, "other"), "consented-p", "the firm calls back")


def test_a_run_that_no_two_people_agreed_on_is_given_no_mapping(place: Place) -> None:
    with place.opened() as house:
        asked = restoring.ask(house, place.who(house, "clerk"), "consented-p", "the firm calls back")
        clerk = place.who(house, "clerk").actor.id
    forged: list[Callable[[str], tuple[str, ...]]] = [
        lambda run: (),
        lambda run: (f"UPDATE restorations SET confirmed_by = 'x', run = '{run}'",),
        lambda run: (
            f"UPDATE restorations SET run = '{run}', confirmed_by = (SELECT id FROM people WHERE login = 'steward')",
        ),
    ]
    for forge in forged:
        with place.opened() as house:
            run = _queued(house, clerk, asked.id)
        change(place, *forge(run))
        with place.opened() as house:
            done = conduct.run_to_end(house, run)
        assert done.state is RunState.BROKEN
        assert done.fault is not None
        assert done.fault.code in ("restoring.agreed", "person.missing", "restoring.missing")
        assert done.outputs == {}


def _queued(house: House, person: str, restoring_id: str) -> str:
    from dalgubeol.digest import fresh_id
    from dalgubeol.verbs.house.clock import now

    run = Run(
        fresh_id("run"), "restore", {"data": found(house, "consented-p").id}, (), {"restoring": restoring_id}, 0, person,
        RunState.QUEUED, now(),
    )  # fmt: skip
    house.write(lambda connection: runs.add(connection, run, fresh_salt().hex()))
    return run.id


def test_agreement_on_one_table_opens_no_other(place: Place) -> None:
    with place.opened() as house:
        run = agreed(place, house)
    change(place, f"UPDATE runs SET inputs = (SELECT '{{\"data\":\"' || id || '\"}}' FROM datasets WHERE name = 'research-p') WHERE id = '{run.id}'")  # fmt: skip
    with place.opened() as house:
        done = conduct.run_to_end(house, run.id)
    assert done.state is RunState.BROKEN
    assert done.outputs == {}


def test_at_a_centres_site_nothing_is_restored(tmp_path: Path) -> None:
    centre = Place(tmp_path, "centre")
    with centre.opened() as house:
        with pytest.raises(Refused) as error:
            restoring.ask(house, centre.who(house, "clerk"), "consented-p", "the firm calls back")
        assert codes(error) == {"restore.site"}
    change(centre, "UPDATE people SET organisation = 'firm' WHERE login = 'operator'")
    with centre.opened() as house, pytest.raises(DalguError) as error:
        restoring.ask(house, centre.who(house, "clerk"), "consented-p", "the firm calls back")
    assert not isinstance(error.value, Missing)  # the history knows whose site it is


def test_a_copy_of_the_site_restores_nothing_without_the_vault(place: Place) -> None:
    """Whoever copies the site and even its keys, where the vault lies elsewhere, has no mapping."""
    shutil.move(place.folder / "keys" / "vault", place.folder / "vault of its keeper")
    with place.opened() as house:
        run = conduct.run_to_end(house, agreed(place, house).id)
        assert run.state is RunState.BROKEN
        assert run.fault is not None
        assert run.fault.code in ("restore.mapping", "vault.missing")
        with pytest.raises(Unavailable):
            pseudonymise(house, place.who(house, "clerk"), "claims", "consented", "more-p")
    with sqlite3.connect(place.settings.site / "state.db") as connection:
        text = "\n".join(connection.iterdump())
    connection.close()
    assert CANARY not in text


def test_the_mapping_in_the_vault_is_sealed_and_goes_with_its_key_and_with_its_table(place: Place) -> None:
    with place.opened() as house:
        (mapping,) = house.vault.folder.glob("*.mapping")
        assert CANARY.encode() not in mapping.read_bytes()
        assert str(found(house, "consented-p").made_by) in mapping.name
        vault.rotate(house, place.who(house, "clerk"), "consented")
        assert mapping.exists()
        destruction.destroy_key(house, place.who(house, "clerk"), "consented", 1, "no longer needed")
        assert not mapping.exists()
        pseudonymise(house, place.who(house, "clerk"), "claims", "consented", "again-p")
        (mapping,) = house.vault.folder.glob("*.mapping")
        register.destroy(house, place.who(house, "clerk"), "again-p")
        assert not mapping.exists()
        run = conduct.run_to_end(house, agreed(place, house).id)
        assert run.fault is not None
        assert run.fault.code == "restore.mapping"


def test_a_project_without_consent_keeps_no_mapping(place: Place) -> None:
    with place.opened() as house:
        mappings = [p.name for p in house.vault.folder.glob("*.mapping")]
        assert str(found(house, "research-p").made_by) not in "".join(mappings)


def test_the_python_door_has_no_other_way(place: Place) -> None:
    with Site(place.opened()) as site, pytest.raises((Refused, Invalid)):
        site.submit("restore", {"data": "research-p"}, {"restoring": "restoring-0"})
