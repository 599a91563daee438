"""Undoing pseudonyms: for the provider, at its own site, on another legal basis, by two people, with Records.

PIPA art. 28-5 forbids to process what was pseudonymised under art. 28-2 or 28-3 in order to identify anyone: that is
refused to everybody, whatever Permit or role they have. Elsewhere (a consent, a contract, a statute, or where
pseudonyms were a safety measure, art. 29) one person of the provider asks and another one confirms, each with their
signature; the second word queues the Run `restore`. Before a Run is given the mapping, everything is looked at
again: the terms of the projects as the signed history has them, and both signatures.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sqlalchemy import Connection

from ...digest import canonical, fresh_id, fresh_salt
from ...errors import Missing, Reason, Refused, Tampered
from ...kinds import kind as kind_named
from ...language import say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.permit import Actor
from ...nouns.project import Project
from ...nouns.record import Event, Record, Retention
from ...nouns.run import Run, RunState
from ...rules.projects import reasons_not_to_confirm, reasons_not_to_restore
from ...world import identity
from ...world.identity import Person, SignedIn
from ...world.store import datasets, projects, restorations, runs
from ...world.store.restorations import Restoration
from ..house import notify
from ..house.clock import now
from ..house.house import House, wake
from ..house.stops import reasons_of_stops
from ..house.transition import enrolled_as, proven, record, signer_key
from ..runs.outcome import RESTORING
from ..runs.parameters import checked_parameters
from .projects import proven_terms, refusal


def ask(house: House, who: SignedIn, name: str, reason: str) -> Restoration:
    """Ask to undo the pseudonyms of a Dataset. Raises Refused with every reason (recorded), Missing, Tampered."""
    refused: list[tuple[Reason, ...]] = []

    def begin(connection: Connection) -> Restoration | None:
        dataset = datasets.find(connection, name)
        own, reasons = _ruling(house, connection, who.actor, dataset)
        if len(reason.strip()) < 10:
            reasons += (Reason("restore.reason", say("Say in a sentence what it is for (at least 10 characters).")),)  # fmt: skip
        if reasons or own is None:
            refused.append(reasons)
            record(connection, refusal(who.actor, dataset.id, reasons, (dataset.id,)))
            return None
        at = now()
        made = Restoration(fresh_id("restoring"), dataset.id, own.id, reason, who.actor.id, at)
        restorations.add(connection, made)
        _tell(connection, made, Event.RESTORING_ASKED, who, at)
        message = say("Somebody asks to undo the pseudonyms of your data. A second person decides.")
        notify.tell(connection, _second(connection, own, who.actor), message, f"/datasets/{dataset.id}")
        return made

    made = house.write(begin)
    if made is None:
        raise _may_not(refused[0])
    return made


def confirm(house: House, who: SignedIn, restoration: str) -> Run:
    """The second person agrees: the Run is queued. Raises Refused with every reason (recorded), Conflict."""
    refused: list[tuple[Reason, ...]] = []

    def settle(connection: Connection) -> Run | None:
        asked = restorations.find(connection, restoration)
        dataset = datasets.find(connection, asked.dataset)
        _, reasons = _ruling(house, connection, who.actor, dataset)
        reasons += reasons_not_to_confirm(who.actor, asked.asked_by)
        reasons += reasons_of_persons(
            *(identity.find(connection, each) for each in (asked.asked_by, who.actor.id))
        )
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, dataset.id, reasons, (dataset.id,)))
            return None
        at = now()
        parameters = checked_parameters(kind_named(RESTORING), {"restoring": asked.id})
        run = Run(
            id=fresh_id("run"), kind=RESTORING, inputs={"data": dataset.id}, permits=(), parameters=parameters, seed=0,
            submitted_by=asked.asked_by, state=RunState.QUEUED, submitted_at=at,
        )  # fmt: skip
        restorations.confirm(connection, asked.id, who.actor.id, at, run.id)
        runs.add(connection, run, fresh_salt().hex())
        _tell(connection, asked, Event.RESTORING_CONFIRMED, who, at)
        return run

    run = house.write(settle)
    if run is None:
        raise _may_not(refused[0])
    wake(house)
    return run


def listed(house: House, who: SignedIn) -> tuple[Restoration, ...]:
    """What this person's organisation asked for; operators of the site see all of it."""
    with house.database.reading() as connection:
        found = restorations.listed(connection)
        mine = {p.id for p in projects.every(connection) if p.organisation == who.actor.organisation}
    return tuple(each for each in found if each.project in mine)


def mapping_for(house: House, run: Run) -> dict[str, str]:
    """Where the mapping lies that this Run may read, and its key. Raises Tampered where two people did not agree,
    Refused where a rule says no by now, Missing where there is no mapping."""
    with house.database.reading() as connection:
        agreed = restorations.find(connection, str(run.parameters["restoring"]))
        dataset = datasets.find(connection, run.inputs["data"])
        asker, second = (identity.find(connection, p) for p in (agreed.asked_by, str(agreed.confirmed_by)))
        _check_agreed(house, connection, run, agreed)
        if same := reasons_of_persons(asker, second):
            raise _may_not(same)
        for each in (asker, second):
            _, reasons = _ruling(house, connection, each.actor, dataset)
            if reasons:
                raise _may_not(reasons)
        made = projects.of_run(connection, str(dataset.made_by))
    path = house.vault.mapping_path(str(dataset.made_by))
    if made is None or not path.exists():
        raise Missing(
            "restore.mapping",
            say("The vault holds no mapping of the Run that made this Dataset."),
            say("Only tables that were pseudonymised while the project kept a mapping can be restored."),
        )
    key = house.vault.mapping_key(made[0].id, made[1], str(dataset.made_by))
    return {"path": str(path), "key": key.hex(), "run": str(dataset.made_by)}


def reasons_of_persons(asker: Person, second: Person) -> tuple[Reason, ...]:
    """Two accounts are two people only where they bear two names: whoever has a second account is one all the same."""
    names = [
        " ".join(unicodedata.normalize("NFKC", each.name).split()).casefold() for each in (asker, second)
    ]
    if asker.id == second.id or names[0] != names[1]:
        return ()
    return (Reason("restore.one-person", say("Both accounts bear the name {name}, and two persons restore. If two persons are called so, the operator invites one of them again with a name that tells them apart.", name=second.name)),)  # fmt: skip


def _ruling(
    house: House, connection: Connection, actor: Actor, dataset: Dataset
) -> tuple[Project | None, tuple[Reason, ...]]:
    """The project that made the pseudonyms of a Dataset, and what speaks against undoing them."""
    every = [projects.find(connection, each) for each in sorted(projects.above(connection, [dataset.id]))]
    for project in every:
        proven_terms(house, connection, project)
    made = None if dataset.made_by is None else projects.of_run(connection, dataset.made_by)
    own = None if made is None else made[0]
    reasons = reasons_not_to_restore(actor, every, own, site_of(house, connection), now())
    if dataset.state is not DatasetState.KEPT:
        reasons += (Reason("dataset.state", say("{name} is {state}.", name=dataset.name, state=dataset.state)),)  # fmt: skip
    return own, reasons + reasons_of_stops(connection, [dataset])


def site_of(house: House, connection: Connection) -> str:
    """The organisation whose site this is: its founder's, as the signed history has it. Raises Tampered."""
    founded = proven(connection, house.log, f"founded/{house.facts.id}", Event.FOUNDED, house.facts.id)
    if founded is None:
        raise Tampered(
            "site.founded",
            say("The history does not hold the foundation of this site as it must."),
            say("Nothing was done. Tell the operator: `dalgu ledger check` finds what was changed."),
        )
    return str(enrolled_as(connection, house.log, str(founded[0]["actor"]))["organisation"])


def _check_agreed(house: House, connection: Connection, run: Run, agreed: Restoration) -> None:
    """Raises Tampered unless two different people have signed, for this Dataset and this Run."""
    fits = (
        agreed.run == run.id and agreed.dataset == run.inputs["data"] and agreed.asked_by == run.submitted_by
    )
    people = []
    for event in (Event.RESTORING_ASKED, Event.RESTORING_CONFIRMED):
        told = proven(connection, house.log, f"{event.value}/{agreed.id}", event, agreed.id)
        if told is None:
            fits = False
            continue
        person, payload = str(told[0]["actor"]), told[1]
        signed = statement(agreed, event, person, str(payload["at"]))
        key = signer_key(connection, house.log, person)
        fits &= identity.signature_holds(key, signed, str(payload["signature"]))
        people.append(person)
    if not fits or people != [agreed.asked_by, agreed.confirmed_by] or len(set(people)) != 2:
        raise Tampered(
            "restoring.agreed",
            say("Two people have not agreed to restore this, as the history tells it."),
            say("Nothing was restored. Tell the operator: the site's database was changed from outside."),
        )


def statement(asked: Restoration, event: Event, person: str, at: str) -> bytes:
    """The exact bytes that one of the two signs."""
    terms = {
        name: getattr(asked, name) for name in ("id", "dataset", "project", "reason", "asked_by", "asked_at")
    }
    return b"dalgubeol/restoring/v1\0" + canonical(
        {"terms": terms, "word": event.value, "person": person, "at": at}
    )


def _tell(connection: Connection, asked: Restoration, event: Event, who: SignedIn, at: str) -> None:
    signature = who.sign(statement(asked, event, who.actor.id, at))
    payload = {"project": asked.project, "at": at, "signature": signature}
    record(
        connection,
        Record(
            event, f"{event.value}/{asked.id}", at, who.actor.id, asked.id, payload, Retention.PERMANENT,
            datasets=(asked.dataset,),
        ),
    )  # fmt: skip


def _second(connection: Connection, project: Project, asker: Actor) -> Iterable[str]:
    people = identity.listed(connection)
    return [p.id for p in people if p.organisation == project.organisation and p.id != asker.id and p.ended_at is None]  # fmt: skip


def _may_not(reasons: tuple[Reason, ...]) -> Refused:
    return Refused(
        "restore.refused", say("These pseudonyms are not undone."),
        say("Use the data as it is. Where another legal basis holds, pseudonymise it anew under a project that says so."),
        reasons,
    )  # fmt: skip
