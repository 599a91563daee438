"""Accidental identification: one report stops the use at once; then data is recovered and destroyed.

Filing is one transaction: the data and everything made from it is stopped, Permits on it are revoked, queued Runs are
cancelled and running ones asked to stop, what waits in the airlock is taken back, copies that left are asked
back, and the provider and the operators are told. Whoever is killed before it has changed nothing; after it, nothing
is used, for every door asks `stops`. The rest goes on by itself (`carried_on` is a chore).

The report itself may say too much: it is sealed, a Record holds only a commitment to it, and each reading is a Record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from ...digest import canonical, commitment, fresh_id, fresh_salt
from ...errors import Conflict, Missing, Reason, Refused, Tampered
from ...language import Message, say
from ...logs import log
from ...nouns.accident import Accident, AccidentState, Answer, Copy
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.permit import Actor, PermitState, Role
from ...nouns.record import Event, Record, Retention
from ...nouns.run import RunState
from ...rules.accidents import (
    reasons_not_to_close,
    reasons_not_to_decide_accident,
    reasons_not_to_destroy,
    reasons_not_to_report,
)
from ...rules.lifecycle import PERMIT_MOVES, moved
from ...rules.projects import reasons_not_to_confirm
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import accidents, datasets, destructions, outbox, permits, reviews, runs
from ..airlock import review
from ..datasets.register import check_unused
from ..house import notify
from ..house.clock import now
from ..house.house import House, wake
from ..house.transition import record
from ..runs.submit import stop_run
from .affected import affected
from .destruction import dataset_gone
from .projects import refusal

LONGEST_REPORT = 20_000
REASON = "somebody was identified by accident"


@dataclass(frozen=True, slots=True)
class AccidentShown:
    """An accident, what it concerns, and what is left to do."""

    accident: Accident
    stopped: tuple[str, ...]
    """Ids of the Datasets that nobody uses."""
    copies: tuple[Copy, ...]
    to_confirm: tuple[str, ...]
    """Entries of the register of destruction that nobody has confirmed."""


def report(house: House, who: SignedIn, name: str, text: str) -> Accident:
    """File a report: the use stops at once. Raises Refused with every reason (recorded), Missing."""
    refused: list[tuple[Reason, ...]] = []

    def file(connection: Connection) -> Accident | None:
        dataset = datasets.find(connection, name)
        reasons = reasons_not_to_report(who.actor, dataset, text[:LONGEST_REPORT])
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, dataset.id, reasons, (dataset.id,)))
            return None
        return _filed(house, connection, who.actor, dataset, text[:LONGEST_REPORT])

    made = house.write(file)
    if made is None:
        raise _may_not(say("This report is not filed."), refused[0])
    wake(house)
    return made


def _filed(house: House, connection: Connection, actor: Actor, dataset: Dataset, text: str) -> Accident:
    at, salt = now(), fresh_salt()
    made = Accident(fresh_id("accident"), dataset.id, AccidentState.STOPPED, actor.id, at, commitment(text, salt))  # fmt: skip
    accidents.add(connection, made, _sealed(house, made.id, {"text": text, "salt": salt.hex()}))
    concerned = affected(connection, dataset)
    alive = [d for d in concerned if d.state is not DatasetState.DESTROYED]
    ids = frozenset(d.id for d in alive)
    accidents.stop(connection, sorted(ids), made.id, at)
    count = {
        "datasets": len(ids),
        "permits": _revoke(connection, actor, ids, made.id),
        "runs": _end_runs(house, connection, ids),
        "submissions": _take_back(connection, actor.id, ids),
    }
    copies = _copies(house, connection, concerned, made.id, at)
    accidents.add_copies(connection, copies)
    payload = {"report": made.report_digest, "stopped": count, "copies": len(copies)}
    record(connection, _told(made, Event.ACCIDENT_REPORTED, actor.id, payload))
    link = f"/accidents/{made.id}"
    notify.tell(connection, _concerned(connection, dataset), say("Somebody was identified by accident in data of {organisation}. Its use is stopped; your decision is asked for.", organisation=dataset.organisation), link)  # fmt: skip
    notify.tell(connection, [each.person for each in copies], say("Data that you took out must come back or be destroyed: somebody was identified in it by accident. Answer with `dalgu accident answer`."), link)  # fmt: skip
    return made


def decide(house: House, who: SignedIn, accident: str, *, destroy: bool) -> Accident:
    """Destroy what it concerns, or let it be used again because nobody was identified after all.

    Raises Refused with every reason (recorded), Conflict where it is decided already.
    """

    def settle(connection: Connection, found: Accident, dataset: Dataset) -> tuple[Reason, ...]:
        if found.state is not AccidentState.STOPPED:
            raise Conflict("accident.decided", say("This has been decided already: it is {state}.", state=found.state), say("`dalgu accident show` says what is left to do."))  # fmt: skip
        reasons = (
            reasons_not_to_destroy(who.actor, dataset, found.filed_by)
            if destroy
            else reasons_not_to_confirm(who.actor, found.filed_by)
        )
        if reasons:
            return reasons
        state = AccidentState.DESTROYING if destroy else AccidentState.UNFOUNDED
        accidents.change(connection, found.id, state, decided_by=who.actor.id, decided_at=now())
        if not destroy:
            accidents.go_on(connection, found.id)
        record(connection, _told(found, Event.ACCIDENT_DECIDED, who.actor.id, {"decision": state.value}))
        return ()

    found = _as_decider(house, who, accident, settle)
    if destroy:
        _destroy(house, found)
    return show(house, who, accident).accident


def answer(house: House, who: SignedIn, copy: str, said: Answer) -> Copy:
    """Whoever took a copy out says that it came back, or was destroyed; until somebody has
    confirmed it. Raises Missing for others, Conflict after that."""

    def tell(connection: Connection) -> Copy:
        found = accidents.copy(connection, copy)
        if found.person != who.actor.id:
            raise Missing("copy.missing", say("There is no copy '{copy}' that was asked back.", copy=copy), say("`dalgu accident show` lists them."))  # fmt: skip
        if found.confirmed_by is not None:
            raise Conflict(
                "copy.confirmed",
                say("That this copy is accounted for has been confirmed: the answer stands."),
                say("Nothing was changed. If it was wrong, report the accident again, or tell the operator."),
            )
        accidents.answer(connection, copy, said, now())
        accident = accidents.find(connection, found.accident)
        record(connection, _told(accident, Event.COPY_ANSWERED, who.actor.id, {"copy": copy, "answer": said.value}))  # fmt: skip
        return accidents.copy(connection, copy)

    return house.write(tell)


def confirm_copy(house: House, who: SignedIn, copy: str) -> Copy:
    """A decider, who is not the one that had it, confirms that a copy is accounted for. Raises Refused."""
    with house.database.reading() as connection:
        named = accidents.copy(connection, copy)

    def settle(connection: Connection, found: Accident, dataset: Dataset) -> tuple[Reason, ...]:
        held = accidents.copy(connection, copy)
        reasons = reasons_not_to_confirm(who.actor, held.person)
        if held.answer is None:
            reasons += (Reason("copy.unanswered", say("Whoever had it has not answered yet.")),)
        if not reasons:
            accidents.confirm_copy(connection, copy, who.actor.id)
            record(connection, _told(found, Event.COPY_ANSWERED, who.actor.id, {"copy": copy, "confirmed": True}))  # fmt: skip
        return reasons

    _as_decider(house, who, named.accident, settle)
    with house.database.reading() as connection:
        return accidents.copy(connection, copy)


def close(house: House, who: SignedIn, accident: str) -> Accident:
    """Everything is destroyed, confirmed and back. Raises Refused with all that is left to do."""

    def settle(connection: Connection, found: Accident, dataset: Dataset) -> tuple[Reason, ...]:
        if found.state is not AccidentState.DESTROYING:
            raise Conflict("accident.state", say("This accident is {state}.", state=found.state), say("It is closed after what it concerns was destroyed."))  # fmt: skip
        reasons = left_to_do(connection, found)
        if not reasons:
            accidents.change(connection, found.id, AccidentState.CLOSED, closed_by=who.actor.id, closed_at=now())  # fmt: skip
            accidents.go_on(connection, found.id)
            record(connection, _told(found, Event.ACCIDENT_CLOSED, who.actor.id, {}))
        return reasons

    return _as_decider(house, who, accident, settle)


def show(house: House, who: SignedIn, accident: str) -> AccidentShown:
    """What stands to be done. Raises Missing for whoever neither filed it, decides on it, nor has a copy."""
    with house.database.reading() as connection:
        found = accidents.find(connection, accident)
        dataset, copies = datasets.find(connection, found.dataset), accidents.copies(connection, found.id)
        mine = tuple(c for c in copies if c.person == who.actor.id)
        decides = not reasons_not_to_decide_accident(who.actor, dataset)
        if not (decides or mine or found.filed_by == who.actor.id):
            raise Missing("accident.missing", say("There is no accident '{accident}' here.", accident=accident), say("`dalgu accident list` shows those that there are."))  # fmt: skip
        entries = destructions.of_accident(connection, found.id)
        open_ = tuple(e.id for e in entries if e.confirmed_by is None)
        return AccidentShown(
            found, accidents.stopped_by(connection, found.id), copies if decides else mine, open_
        )


def listed(house: House, who: SignedIn) -> tuple[Accident, ...]:
    """Those that concern this person, the newest first."""
    with house.database.reading() as connection:
        return tuple(
            each
            for each in accidents.listed(connection)
            if each.filed_by == who.actor.id
            or not reasons_not_to_decide_accident(who.actor, datasets.find(connection, each.dataset))
            or any(copy.person == who.actor.id for copy in accidents.copies(connection, each.id))
        )


def read(house: House, who: SignedIn, accident: str) -> str:
    """The report's own words, for who decides on it; each reading is a Record. Raises Refused, Tampered."""

    def seen(connection: Connection, found: Accident, dataset: Dataset) -> tuple[Reason, ...]:
        record(connection, _told(found, Event.VIEWED, who.actor.id, {"report": found.report_digest}))
        return ()

    found = _as_decider(house, who, accident, seen)
    with house.database.reading() as connection:
        opened = _opened(house, found.id, accidents.report(connection, found.id))
    if commitment(opened["text"], bytes.fromhex(opened["salt"])) != found.report_digest:
        raise _changed()
    return opened["text"]


def carried_on(house: House) -> Message:
    """Destroy what could not be destroyed yet, because a Run was still ending or somebody was killed."""
    with house.database.reading() as connection:
        waiting = accidents.listed(connection, AccidentState.DESTROYING)
    count = sum(_destroy(house, found) for found in waiting)
    return say("{count} Datasets of accidents were destroyed.", count=count)


def _destroy(house: House, found: Accident) -> int:
    """Each in a transaction of its own; what a Run still uses waits for the next time."""
    with house.database.reading() as connection:
        ids = accidents.stopped_by(connection, found.id)
        held = any(r.state.waits and r.dataset in ids for r in reviews.listed(connection))
        by = str(found.decided_by or accidents.find(connection, found.id).decided_by)
    if held:  # a release that was running when the use was stopped came back to the airlock
        house.write(lambda connection: _take_back(connection, by, frozenset(ids)))
    return sum(_destroyed(house, each, by, found.id) for each in ids)


def _destroyed(house: House, dataset: str, by: str, accident: str) -> bool:
    def end(connection: Connection) -> bool:
        found = datasets.find(connection, dataset)
        if found.state is DatasetState.DESTROYED:
            return False
        check_unused(connection, found)
        dataset_gone(house, connection, found, by, None, REASON, accident)
        return True

    try:
        return house.write(end)
    except Conflict as error:
        log("accidents").warning("not destroyed yet", dataset=dataset, code=error.code)
        return False


def left_to_do(connection: Connection, found: Accident) -> tuple[Reason, ...]:
    """What keeps an accident from being closed."""
    stopped = [datasets.find(connection, each) for each in accidents.stopped_by(connection, found.id)]
    there = [d.id for d in stopped if d.state is not DatasetState.DESTROYED]
    open_ = [e for e in destructions.of_accident(connection, found.id) if e.confirmed_by is None]
    out = [c for c in accidents.copies(connection, found.id) if c.confirmed_by is None]
    return reasons_not_to_close(there, len(open_), len(out))


def _revoke(connection: Connection, actor: Actor, ids: frozenset[str], accident: str) -> int:
    """End every Permit in force that names one of these; how many."""
    ended = dict.fromkeys(p.id for each in ids for p in permits.naming(connection, each, PermitState.GRANTED))
    for id_ in ended:
        permit = permits.find(connection, id_)
        permits.set_state(connection, id_, moved(PERMIT_MOVES, permit.state, "revoke"))
        payload = {"was": permit.state.value, "accident": accident}
        told = Record(
            Event.REVOKED, f"revoked/{id_}", now(), actor.id, id_, payload, Retention.PERMANENT,
            datasets=permit.datasets, permits=(id_,),
        )  # fmt: skip
        record(connection, told)
        notify.permit_decided(connection, permits.find(connection, id_))
    return len(ended)


def _end_runs(house: House, connection: Connection, ids: frozenset[str]) -> int:
    """Cancel what is queued and ask what runs to stop; how many."""
    waiting = [*runs.all_in(connection, RunState.QUEUED), *runs.all_in(connection, RunState.RUNNING)]
    using = [run for run in waiting if ids & set(run.inputs.values())]
    for run in using:
        stop_run(house, connection, run)
    return len(using)


def _take_back(connection: Connection, actor: str, ids: frozenset[str]) -> int:
    """What waits in the airlock stays in; how many."""
    waiting = [found for found in reviews.listed(connection) if found.state.waits and found.dataset in ids]
    for found in waiting:
        review.stopped(connection, found, actor)
    return len(waiting)


def _copies(
    house: House, connection: Connection, affected: Sequence[Dataset], accident: str, at: str
) -> list[Copy]:
    """Who was handed any of it, as the history tells: one for each person and Dataset, by the last time."""
    last: dict[tuple[str, str], str] = {}
    for dataset in affected:
        for index in outbox.records_about(connection, dataset.id):
            line = json.loads(house.log.entry(connection, index).leaf)
            if line["event"] == Event.EXPORTED:
                last[str(line["actor"]), dataset.id] = str(line["at"])
    return [Copy(fresh_id("copy"), accident, person, dataset, left_at, at, None, None, None) for (person, dataset), left_at in last.items()]  # fmt: skip


def _concerned(connection: Connection, dataset: Dataset) -> list[str]:
    """Operators, the provider's people, and who keeps or pseudonymises in its projects."""
    people = [p for p in identity.listed(connection) if p.ended_at is None]
    ours = [p.id for p in people if Role.OPERATOR in p.roles or (p.organisation == dataset.organisation and Role.PROVIDER in p.roles)]  # fmt: skip
    return list(dict.fromkeys([dataset.owner, *ours]))


def _as_decider(
    house: House,
    who: SignedIn,
    accident: str,
    act: Callable[[Connection, Accident, Dataset], tuple[Reason, ...]],
) -> Accident:
    refused: list[tuple[Reason, ...]] = []

    def settle(connection: Connection) -> Accident:
        found = accidents.find(connection, accident)
        dataset = datasets.find(connection, found.dataset)
        reasons = reasons_not_to_decide_accident(who.actor, dataset) or act(connection, found, dataset)
        if reasons:
            refused.append(reasons)
            record(connection, refusal(who.actor, found.id, reasons, (dataset.id,)))
        return accidents.find(connection, accident)

    after = house.write(settle)
    if refused:
        raise _may_not(say("This is refused."), refused[0])
    return after


def _told(found: Accident, event: Event, actor: str, payload: dict[str, object]) -> Record:
    once = event in (Event.ACCIDENT_REPORTED, Event.ACCIDENT_DECIDED, Event.ACCIDENT_CLOSED)
    key = f"{event.value}/{found.id}" if once else fresh_id(event.value)
    return Record(event, key, now(), actor, found.id, payload, Retention.PROCESSING, datasets=(found.dataset,))  # fmt: skip


def _sealed(house: House, accident: str, report: dict[str, str]) -> bytes:
    nonce, key = os.urandom(12), house.keyring.working_key(f"accident/{accident}")
    return nonce + AESGCM(key).encrypt(nonce, canonical(report), accident.encode())


def _opened(house: House, accident: str, sealed: bytes) -> dict[str, str]:
    key = house.keyring.working_key(f"accident/{accident}")
    try:
        opened: dict[str, str] = json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], accident.encode()))
    except (InvalidTag, ValueError):
        raise _changed() from None
    return opened


def _changed() -> Tampered:
    return Tampered(
        "accident.report",
        say("What was reported does not open as it was filed."),
        say("Restore the database from backup; tell the operator: it was changed from outside."),
    )


def _may_not(detail: Message, reasons: tuple[Reason, ...]) -> Refused:
    return Refused("accident.refused", detail, say("Mend what the reasons name, or ask another person."), reasons)  # fmt: skip
