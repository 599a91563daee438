"""Destroying Datasets and keys of projects, and the register that says who did it, how, and who confirmed it.

Whatever is destroyed here enters the register in the same transaction. Another person then confirms the entry: the
site looks whether it is really gone from the keys, and whether the backups that held it have been brought up to
date since; what lies elsewhere, the confirmer answers for. A key that was destroyed never comes back, by whatever
backup is restored: `Vault` and `reconciled` see to that.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from ...digest import fresh_id
from ...errors import Conflict, Missing, Reason, Refused, Unavailable
from ...language import Message, say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.destruction import Destruction, Method, What
from ...nouns.permit import Actor, Role
from ...nouns.project import KeyEdition, Project
from ...nouns.record import Event, Record, Retention
from ...nouns.run import RunState
from ...rules.projects import concerns, reasons_not_to_confirm, reasons_not_to_end_key
from ...world.identity import SignedIn
from ...world.store import datasets, destructions, projects, runs
from ...world.store.chores import last
from ...world.store.paging import LARGEST_PAGE, Page, those
from ...world.store.vault import Gone, mappings_in
from ..datasets import marks
from ..house.clock import now
from ..house.house import House
from ..house.transition import begin_retention, record
from .projects import may_not, refusal, seen

BACKUPS = {What.KEY: "backup-vault", What.DATASET: "backup-keys"}
"""Which backup holds the keys of what was destroyed, as the chores' table names it."""


def dataset_gone(
    house: House,
    connection: Connection,
    dataset: Dataset,
    by: str,
    method: str | None,
    reason: str,
    accident: str | None = None,
    entered: bool = False,
) -> tuple[Dataset, bool]:
    """Destroy a Dataset's key and bytes, with Record, and an entry where it was protected or is to be `entered`. The
    caller has seen that nobody uses it."""
    marks.completed(house, connection)  # what was told of it counts for its equals, now and later
    had_key = house.keyring.destroy_dataset_key(dataset.id)
    gone = datasets.changed(connection, dataset, DatasetState.DESTROYED, now())
    if not datasets.object_is_used(connection, dataset.object_id):
        house.objects.remove(dataset.object_id)
    how = Method.KEY_DESTRUCTION if dataset.protected else Method.DELETION
    payload = {"object": dataset.object_id, "method": method or how.value, "key_destroyed": had_key}
    at = str(gone.destroyed_at)
    told = Record(
        Event.DESTROYED, f"destroyed/{dataset.id}", at, by, dataset.id, payload, Retention.PROCESSING,
        datasets=(dataset.id,),
    )  # fmt: skip
    record(connection, told)
    begin_retention(connection, house.log, dataset.id)
    if dataset.made_by is not None:
        house.vault.drop_mapping(dataset.made_by)  # who is in it need never be known again
    if dataset.protected or entered:
        above = sorted(projects.above(connection, [dataset.id]))
        destructions.enter(
            connection,
            Destruction(
                fresh_id("destruction"), What.DATASET, dataset.id, above[0] if above else None, accident, how, reason,
                by, at, {},
            ),
        )  # fmt: skip
    return gone, had_key


def destroy_key(house: House, who: SignedIn, project: str, edition: int, reason: str) -> Destruction:
    """Destroy one edition of a project's key, and every mapping under it: nobody can make, or undo, these pseudonyms
    again. Raises Refused with reasons (recorded), Missing, Conflict (it is gone already), Unavailable (vault)."""
    refused: list[tuple[Reason, ...]] = []

    def end(connection: Connection) -> Destruction | None:
        found = projects.find(connection, project)
        reasons = reasons_not_to_end_key(who.actor, found)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, reasons))
            return None
        return key_gone(house, connection, found, edition, who.actor.id, reason)

    entry = house.write(end)
    if entry is None:
        raise may_not(say("This key is not destroyed."), refused[0])
    return entry


def key_gone(
    house: House, connection: Connection, project: Project, edition: int, by: str, reason: str,
    accident: str | None = None,
) -> Destruction:  # fmt: skip
    """The same for whoever may. First the vault says that it is gone, then it is overwritten, then the database
    knows: killed in between, `reconciled` finishes."""
    made = next((e for e in projects.editions(connection, project.id) if e.edition == edition), None)
    if made is None:
        raise Missing("edition.missing", say("Project {project} has no edition {edition} of its key.", project=project.name, edition=edition), say("`dalgu project show` says which there are."))  # fmt: skip
    if made.destroyed_at is not None:
        raise Conflict("edition.destroyed", say("This edition was destroyed on {day}.", day=made.destroyed_at[:10]), say("Nothing is left to do."))  # fmt: skip
    house.vault.check(projects.vault_of(connection))
    gone = Gone(project.id, edition, now(), by, reason, fresh_id("destruction"))
    house.vault.destroy(gone)
    return _registered(house, connection, gone, accident)


def _registered(house: House, connection: Connection, gone: Gone, accident: str | None) -> Destruction:
    """What the vault has done already, in the database and the history."""
    for run, edition in projects.runs_of(connection, gone.project):
        if edition == gone.edition:
            house.vault.drop_mapping(run)
    projects.edition_destroyed(connection, gone.project, gone.edition, gone.at)
    entry = Destruction(
        gone.register, What.KEY, f"{gone.project}.{gone.edition}", gone.project, accident, Method.KEY_DESTRUCTION,
        gone.reason, gone.by, gone.at, {},
    )  # fmt: skip
    destructions.enter(connection, entry)
    payload = {"edition": gone.edition, "method": entry.method.value, "entry": entry.id, "by": gone.by}
    key = f"key-destroyed/{gone.project}/{gone.edition}"
    record(
        connection,
        Record(Event.KEY_DESTROYED, key, now(), gone.by, gone.project, payload, Retention.PERMANENT),
    )
    return entry


def reconciled(house: House) -> Message:
    """Bring vault and database to say the same of what was destroyed: after a kill in between, after an older
    database was restored, or an older copy of the keys was put back. Nothing that is gone comes back."""
    swept_keys(house)
    with house.database.reading() as connection:
        editions, expected = projects.every_edition(connection), projects.vault_of(connection)
    if expected is None:
        return say("There is no key in the vault.")
    try:
        house.vault.check(expected)
    except Unavailable:
        return say("The vault is kept elsewhere.")
    known = {(e.project, e.edition): e for e in editions}
    marks = {(g.project, g.edition): g for g in house.vault.gone()}
    for place, edition in known.items():
        if edition.destroyed_at is not None and place not in marks:
            house.vault.destroy(_mark_of(house, edition))
    swept = len(house.vault.sweep()) + _mappings_of_nothing(house)
    late = [gone for place, gone in marks.items() if place in known and known[place].destroyed_at is None]
    for gone in late:
        house.write(lambda connection, gone=gone: _registered_late(house, connection, gone))  # type: ignore[misc]
    return say("{count} destroyed keys are gone; {late} were entered, {swept} removed again.", count=len(marks), late=len(late), swept=swept)  # fmt: skip


def swept_keys(house: House) -> int:
    """Destroy again the keys of Datasets that were destroyed, where an old backup of the keys brought them back; how
    many there were."""
    with house.database.reading() as connection:
        gone = [d.id for d in datasets.every(connection) if d.state is DatasetState.DESTROYED]
    return sum(house.keyring.destroy_dataset_key(each) for each in gone)


def _mappings_of_nothing(house: House) -> int:
    """Remove mappings whose table has been destroyed, or never came to be; how many."""

    def is_of_nothing(connection: Connection, run: str) -> bool:
        living = [d for d in datasets.of_run(connection, run) if d.state is not DatasetState.DESTROYED]
        return not living and not runs.exists(connection, run, RunState.RUNNING)

    def drop(connection: Connection, run: str) -> bool:
        return is_of_nothing(connection, run) and house.vault.drop_mapping(run)

    found = [name.removesuffix(".mapping") for name in mappings_in(house.vault.folder)]
    with house.database.reading() as connection:
        left = [run for run in found if is_of_nothing(connection, run)]
    # again while nobody else writes: a Run that begins or settles in between keeps its mapping
    return sum(house.write(lambda connection, run=run: drop(connection, run)) for run in left)  # type: ignore[misc]


def _registered_late(house: House, connection: Connection, gone: Gone) -> None:
    made = next(e for e in projects.editions(connection, gone.project) if e.edition == gone.edition)
    if made.destroyed_at is None:
        _registered(house, connection, gone, None)


def _mark_of(house: House, edition: KeyEdition) -> Gone:
    """What the vault is to say of a key of which only the database knows that it is gone."""
    with house.database.reading() as connection:
        entry = destructions.of_subject(connection, What.KEY, f"{edition.project}.{edition.edition}")
    by, reason, id_ = ("", "", "") if entry is None else (entry.destroyed_by, entry.reason, entry.id)
    return Gone(edition.project, edition.edition, str(edition.destroyed_at), by, reason, id_)


def confirm(house: House, who: SignedIn, entry: str) -> Destruction:
    """A second person confirms that something is gone, backups included.

    Raises Refused with every reason (recorded): the same person, still there, a backup that holds it still.
    """
    refused: list[tuple[Reason, ...]] = []

    def settle(connection: Connection) -> Destruction:
        found = destructions.find(connection, entry)
        name = BACKUPS.get(found.what)
        kept = None if name is None else last(connection, name)
        reasons = (
            *reasons_not_to_confirm(who.actor, found.destroyed_by),
            *_reasons_of_part(who.actor, connection, found),
            *_reasons_still_there(house, connection, found),
        )
        if name is not None and kept is not None and kept.last_at <= found.destroyed_at:
            reasons += (Reason("destruction.backup", say("The backup of {day} still holds its key: bring it up to date (`dalgu site backup-keys`, `dalgu vault backup`).", day=kept.last_at[:10])),)  # fmt: skip
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, reasons))
            return found
        backups = {name: kept.last_at} if name is not None and kept is not None else {}
        destructions.confirm(connection, found.id, who.actor.id, now(), backups)
        payload: Mapping[str, object] = {
            "what": found.what.value,
            "subject": found.subject,
            "backups": backups,
        }
        record(
            connection,
            Record(
                Event.DESTRUCTION_CONFIRMED, f"destruction-confirmed/{found.id}", now(), who.actor.id, found.id, payload,
                Retention.PROCESSING, datasets=(found.subject,) if found.what is What.DATASET else (),
            ),
        )  # fmt: skip
        if found.what is What.DATASET:
            begin_retention(connection, house.log, found.subject)
        return destructions.find(connection, found.id)

    after = house.write(settle)
    if refused:
        raise Refused("destruction.refused", say("This destruction is not confirmed."), say("Mend what the reasons name, or ask another person."), refused[0])  # fmt: skip
    return after


def page(
    house: House, who: SignedIn, project: str | None = None, after: str = "", limit: int = 100
) -> Page[Destruction]:
    """What of the register concerns this person, the newest first. Raises Missing for a project that does not."""
    with house.database.reading() as connection:
        id_ = None if project is None else seen(connection, who, project).id
        return those(
            lambda place: destructions.page(connection, id_, place, LARGEST_PAGE),
            lambda entry: _concerns(connection, who.actor, entry), lambda entry: entry.id, limit, after,
        )  # fmt: skip


def _concerns(connection: Connection, actor: Actor, entry: Destruction) -> bool:
    if actor.roles & {Role.REVIEWER, Role.OPERATOR} or entry.destroyed_by == actor.id:
        return True
    if entry.project is not None and concerns(actor, projects.find(connection, entry.project)):
        return True
    return not _reasons_of_part(actor, connection, entry)


def _reasons_of_part(actor: Actor, connection: Connection, found: Destruction) -> tuple[Reason, ...]:
    """Of the provider's people, its processor's, or an operator: somebody who can look."""
    ours = set[str]()
    if found.project is not None:
        project = projects.find(connection, found.project)
        ours = {project.organisation, *([project.processor] if project.processor else [])}
    if found.what is What.DATASET:
        ours.add(datasets.find(connection, found.subject).organisation)
    if Role.OPERATOR in actor.roles or (actor.organisation in ours and Role.PROVIDER in actor.roles):
        return ()
    return (Reason("destruction.role", say("An operator confirms it, or somebody of the provider.")),)


def _reasons_still_there(house: House, connection: Connection, found: Destruction) -> tuple[Reason, ...]:
    if found.what is What.KEY:
        project, _, edition = found.subject.rpartition(".")
        house.vault.check(projects.vault_of(connection))
        there = house.vault.holds(project, int(edition))
    elif found.what is What.DATASET:
        dataset = datasets.find(connection, found.subject)
        shared = datasets.object_is_used(connection, dataset.object_id)
        there = house.keyring.holds(dataset.id) or (not shared and house.objects.path(dataset.object_id).exists())  # fmt: skip
    else:
        there = False
    return (Reason("destruction.there", say("It is still there.")),) if there else ()
