"""Everything about a site that can be proven from inside: `dalgu site check`.

Each area gives one finding, so that one that fails hides no other. Runs beside a serving site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ...errors import DalguError, Missing, Tampered, Unavailable
from ...language import Message, say
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.run import RunState
from ...settings import Settings
from ...world.ledger.selfcheck import check as check_ledger
from ...world.store import datasets, outbox, projects, runs, transfer
from ...world.store.database import SCHEMA
from ...world.store.objects import journalled
from ...world.store.snapshots import check_integrity
from ...world.store.vault import key_fingerprint
from ..history.history import differences
from ..house.finding import Finding
from ..house.house import House, open_house
from ..runs.recover import output_ids
from .keep import Progress, counted

_NAMED = 3
"""So many ids at most are said in one finding; JSON for programs has no more either."""


def check(settings: Settings, on_progress: Progress = lambda done, total: None) -> tuple[Finding, ...]:
    """All findings. Raises nothing for a site that is wrong: that is a finding."""
    try:
        house = open_house(settings)
    except DalguError as error:
        return (Finding.of("site", say("site"), error),)
    with house:
        return tuple(_findings(house, on_progress))


def _findings(house: House, on_progress: Progress) -> Iterator[Finding]:
    yield _tried("schema", say("database"), lambda: _database(house))
    ledger = _tried("ledger", say("ledger"), lambda: _ledger(house))
    yield ledger
    yield _tried("outbox", say("outbox"), lambda: _outbox(house))
    yield _tried("objects", say("bytes"), lambda: _objects(house, on_progress))
    yield _tried("keys", say("keys"), lambda: _keys(house))
    yield _tried("orphans", say("nothing left over"), lambda: _orphans(house))
    if ledger.ok:
        yield _tried("history", say("database and history"), lambda: _history(house))
    else:
        yield Finding("history", say("database and history"), False, say("not compared: the ledger itself is not whole"))  # fmt: skip


def _tried(code: str, name: Message, look: Callable[[], Message]) -> Finding:
    try:
        return Finding(code, name, True, look())
    except DalguError as error:
        return Finding.of(code, name, error)


def _database(house: House) -> Message:
    check_integrity(house.folder / "state.db")
    return say("schema {schema}, every page whole", schema=SCHEMA)


def _ledger(house: House) -> Message:
    with house.database.reading() as connection:
        check_ledger(connection, house.log)
        return say("{size} Records, all in their place.", size=house.log.size(connection))


def _outbox(house: House) -> Message:
    with house.database.reading() as connection:
        left = len(outbox.waiting(connection))
    if left:
        raise Tampered(
            "check.outbox",
            say("{count} Records wait that were committed without the ledger.", count=left),
            say("The next change records them; if they stay, tell those who make dalgu."),
        )
    return say("empty")


def _objects(house: House, on_progress: Progress) -> Message:
    wanted = {d.object_id: d.size_bytes for d in _alive(house)}
    wrong = transfer.check(wanted, house.objects.folder, counted(on_progress, sum(wanted.values())))
    names = [
        d.id for d in _alive(house) if d.object_id in wrong
    ]  # asked anew: it may have been destroyed meanwhile
    if names:
        raise Tampered(
            "check.objects",
            say("The bytes of {count} Datasets are missing or have changed: {names}.", count=len(names), names=_first(names)),
            say("Restore their objects from a backup; copy them into the site's folder `objects` under their names."),
        )  # fmt: skip
    return say("{count} objects, each with the digest that it is named by", count=len(wanted))


def _keys(house: House) -> Message:
    protected = [d for d in _alive(house) if d.protected]
    with house.database.reading() as connection:
        digests = {d.id: datasets.plain_digest(connection, d.id) for d in protected}
    lost, changed = [], []
    for dataset in protected:
        try:
            sealed = digests[dataset.id]
            house.keyring.dataset_key(dataset.id)
            if sealed is not None:
                house.keyring.unseal(dataset.id, sealed)
        except Missing:
            lost.append(dataset.id)
        except Tampered:
            changed.append(dataset.id)
    gone = {d.id for d in _alive(house)}  # without those that were destroyed meanwhile
    lost, changed = [i for i in lost if i in gone], [i for i in changed if i in gone]
    _check_vault(house)
    if changed:
        raise Tampered(
            "check.keys",
            say("The keys of {count} Datasets do not unwrap: {names}.", count=len(changed), names=_first(changed)),
            say("Restore the key folder from its backup."),
        )  # fmt: skip
    if lost:
        raise Missing(
            "check.keys",
            say("{count} Datasets have no key: {names}.", count=len(lost), names=_first(lost)),
            say("If they were destroyed after the backup that this site was restored from, that is as it must be: their owners destroy them again. Otherwise `dalgu site keys-recover`."),
        )  # fmt: skip
    return say("{count} keys, all unwrap", count=len(protected))


def _check_vault(house: House) -> None:
    """Raises Tampered or Missing where a key of a project is not what it was. A vault that is elsewhere is not
    looked into: that is what it is apart for."""
    with house.database.reading() as connection:
        editions, vault = projects.every_edition(connection), projects.vault_of(connection)
    alive = [e for e in editions if e.destroyed_at is None]
    try:
        if alive:
            house.vault.check(vault)
    except Unavailable:
        return
    for edition in alive:
        if key_fingerprint(house.vault.key(edition.project, edition.edition)) != edition.fingerprint:
            raise Tampered(
                "check.vault",
                say("The vault holds another key than the one that project {project} was given.", project=edition.project),
                say("Restore the vault from its backup; tell its keeper."),
            )  # fmt: skip


def _orphans(house: House) -> Message:
    needed = {d.object_id for d in _alive(house)}
    stray = transfer.stored(house.objects.folder) - needed - journalled(house.objects)
    stray -= {d.object_id for d in _alive(house)}  # what came to be meanwhile
    keys = {place[5:-4] for place in house.keyring.wrapped() if place.startswith("data/")}
    keys -= {d.id for d in _alive(house)} | _in_the_making(house)
    keys = {id_ for id_ in keys if house.keyring.holds(id_)}  # a Run that has just ended took its own with it
    if stray or keys:
        raise Tampered(
            "check.orphans",
            say("{objects} objects and {keys} keys belong to no Dataset: {names}.", objects=len(stray), keys=len(keys), names=_first(sorted(stray | keys))),
            say("They do no harm. Start a conductor once, which clears what a killed process left; move the rest away."),
        )  # fmt: skip
    return say("no object and no key without a Dataset")


def _history(house: House) -> Message:
    found = list(differences(house))
    if found:
        first = found[0]
        raise Tampered(
            "check.history",
            say("{count} things are told otherwise by the signed history; the first is {subject}: {what}.", count=len(found), subject=first.subject, what=first.what),
            say("Believe the history: somebody changed the database. Keep it as evidence and restore a backup."),
        )  # fmt: skip
    return say("people, Datasets, Permits, Runs and votes agree")


def _alive(house: House) -> list[Dataset]:
    with house.database.reading() as connection:
        return [d for d in datasets.every(connection) if d.state is not DatasetState.DESTROYED]


def _in_the_making(house: House) -> set[str]:
    """Datasets that a registration or a Run is making just now: their keys are there before they are. Those of a Run
    that was cancelled or failed are cleared when it has ended, and its staging folder after them."""
    folder = house.objects.staging_folder
    with house.database.reading() as connection:
        # the Runs before the folders: between two attempts a Run has none
        running = runs.listed(connection, state=RunState.RUNNING)
        makers = {p.name.partition(".")[0] for p in folder.iterdir()} if folder.exists() else set()
        ending = runs.found(connection, sorted(makers)).values()
    return makers | {id_ for run in (*running, *ending) for id_ in output_ids(run)}


def _first(ids: Sequence[str]) -> str:
    return ", ".join(id_[:16] if len(id_) == 64 else id_ for id_ in ids[:_NAMED])
