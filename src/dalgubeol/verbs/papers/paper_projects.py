"""What this house knows of a project, by the names of the fields of its papers: the register, the register of
destruction, the contracts.

Instants are those of Korea: a legal paper is dated where it is signed. Who took something, and what was done with
it, is named; where the site itself did it, that is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ...errors import Invalid
from ...language import Message, say, word
from ...nouns.dataset import Dataset, DatasetState
from ...nouns.destruction import Destruction, What
from ...nouns.permit import Permit, PermitState
from ...nouns.project import Project, ProjectPart
from ...nouns.record import Event
from ...nouns.run import RunState
from ...world import identity
from ...world.identity import SignedIn
from ...world.store import datasets, destructions, outbox, permits, projects, runs
from ..house.clock import day, last_day, local
from ..house.house import House
from ..house.titles import kind_title
from ..projects import reviewed
from ..projects.projects import seen
from ..projects.undeclared import undeclared
from .paper_facts import items, joined, words

if TYPE_CHECKING:
    from ...methods.papers.document import Said
    from ...methods.report.markup import Words

_MOST_LINES = 500
_USES = (Event.RAN, Event.VIEWED, Event.EXPORTED, Event.RELEASED, Event.REFUSED)
_REASONS = {
    "the processing period has ended": say("the processing period has ended"),
    "somebody was identified by accident": say("somebody was identified by accident"),
    "the Permit under which it was made has ended": say("the Permit under which it was made has ended"),
    "it remembered only what was destroyed": say("it remembered only what was destroyed"),
    "key destroyed": say("destroyed by who answers for it; no reason was given"),
}
"""Reasons that the site itself gives for a destruction: stored in English, said in both languages."""
_BACKUPS = {"backup-keys": say("backup of the keys"), "backup-vault": say("backup of the vault")}


def of_project(house: House, who: SignedIn, project: str) -> dict[str, object]:
    """For the register, the register of destruction and the contract of entrustment. Raises Missing."""
    with house.database.reading() as connection:
        about = seen(connection, who, project)
        results = [datasets.find(connection, each) for each in projects.made_under(connection, about.id)]
        keepers = [identity.find(connection, p).name for p in about.named(ProjectPart.KEEPER)]
        return {
            **_terms(about), "project": f"{about.name} ({about.id})", "controller": about.organisation,
            "processor": about.processor or "", "legal_basis": basis_of(about), "work": purpose_of(about),
            "items": list(about.items) or _columns(results), "columns": _columns(results),
            "undeclared": _differing(about, results), "keeper": ", ".join(keepers),
            "period": f"{day(about.opened_at)} - {last_day(about.valid_until)}",
            "additional_information": ", ".join(keepers), "datasets": _made(house, connection, results),
            "uses": _uses(house, connection, results), "recipients": _recipients(house, connection, results),
            "destroyed": _destroyed(house, connection, about),
        }  # fmt: skip


def of_provision(
    house: House, who: SignedIn, project: str, chosen: Sequence[str] | None = None
) -> dict[str, object]:
    """For the contract of provision: of the Datasets that are `chosen` (names or ids), or of all that may be
    provided. Raises Missing, Invalid for a Dataset that may not."""
    with house.database.reading() as connection:
        about = seen(connection, who, project)
        may = _to_provide(house, connection, about)
        given = may if chosen is None else [each for each in may if {each.id, each.name} & set(chosen)]
        unknown = set(chosen or ()) - {word for each in given for word in (each.id, each.name)}
    if unknown or not given:
        expected = (
            say("one or more of: {choices}", choices=", ".join(each.name for each in may))
            if may
            else say("a result of this project that a review found adequate and that is not destroyed; there is none yet")
        )  # fmt: skip
        raise Invalid.field("dataset", expected=expected, got=", ".join(sorted(unknown)) or say("nothing"))
    return {
        **_terms(about), "dataset": ", ".join(f"{each.name} ({each.id})" for each in given), "items": _columns(given),
        "recipient": about.recipients[0] if len(about.recipients) == 1 else "",
    }  # fmt: skip


def providable(house: House, who: SignedIn, project: str) -> tuple[Dataset, ...]:
    """The results that a contract may name: found adequate, and still there. Raises Missing."""
    with house.database.reading() as connection:
        return tuple(_to_provide(house, connection, seen(connection, who, project)))


def called(house: House, connection: Connection, who: str) -> Said:
    """The name of a person, or of the site where it acted by itself."""
    from ...methods.report.markup import Words

    return Words("사이트 자동 처리", "the site itself") if who == house.facts.id else identity.find(connection, who).name  # fmt: skip


def purpose_of(about: Project) -> Words:
    from ...methods.report.markup import Words

    purpose = in_words(about.purpose)
    return Words(f"{purpose.ko}: {about.reason}", f"{purpose.en}: {about.reason}")


def basis_of(about: Project) -> Words:
    """The article of the act, or what else it rests on."""
    from ...methods.report.markup import Words

    if about.basis.forbids_identifying:
        article = about.basis.value.replace("-", "조의")
        return Words(f"개인정보 보호법 제{article}", f"PIPA art. {about.basis.value}")
    return Words(about.evidence, about.evidence)


def in_words(member: Enum) -> Words:
    from ...methods.report.markup import Words

    return Words(word(member, "ko"), word(member, "en"))


def _terms(about: Project) -> dict[str, object]:
    return {
        "provider": about.organisation, "purpose": purpose_of(about), "until": last_day(about.valid_until),
        "recipient": ", ".join(about.recipients),
    }  # fmt: skip


def _to_provide(house: House, connection: Connection, about: Project) -> list[Dataset]:
    made = [datasets.find(connection, each) for each in projects.made_under(connection, about.id)]
    kept = [each for each in made if each.state is DatasetState.KEPT and each.column_names]
    return [each for each in kept if not reviewed.reasons_not_to_use(house, connection, [each])]


def _columns(results: Iterable[Dataset]) -> list[str]:
    return list(dict.fromkeys(column for dataset in results for column in dataset.column_names))


def _processed(results: Iterable[Dataset]) -> list[str]:
    """Every item that went in and was worked on, also those that were removed for being identifiers."""
    return list(dict.fromkeys(str(row["item"]) for dataset in results if "policy" in dataset.about for row in items(dataset)))  # fmt: skip


def _differing(about: Project, results: Sequence[Dataset]) -> list[Words]:
    """What was processed and not declared by that name, and the other way round."""
    worked = _processed(results) or _columns(results)
    if not about.items or not worked:
        return []
    unnamed, known = undeclared(about, worked), {column.casefold() for column in worked}
    unused = [item for item in about.items if item.strip().casefold() not in known]
    rows: list[Message] = []
    if unnamed:
        rows.append(say("Processed, and not by this name among the declared items: {columns}", columns=", ".join(unnamed)))  # fmt: skip
    if unused:
        rows.append(say("Declared, and no column by this name: {items}", items=", ".join(unused)))
    return [words(row) for row in rows or [say("The declared items are those that were processed.")]]


def _made(house: House, connection: Connection, results: Iterable[Dataset]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for dataset in results:
        numbers = outbox.records_about(connection, dataset.id)
        rows.append(
            {
                "dataset": f"{dataset.name} ({dataset.id})", "made": day(dataset.created_at),
                "by": called(house, connection, dataset.owner), "key": str(dataset.about.get("key_edition") or ""),
                "record": str(numbers[0]) if numbers else "",
            }
        )  # fmt: skip
    return rows


def _uses(house: House, connection: Connection, results: Iterable[Dataset]) -> list[dict[str, object]]:
    """Every Record of a use of what came out, or of an attempt, the newest last."""
    rows: dict[int, dict[str, object]] = {}
    for dataset in results:
        for number in outbox.records_about(connection, dataset.id)[-_MOST_LINES:]:
            leaf = json.loads(house.log.entry(connection, number).leaf)
            if leaf["event"] in _USES and number not in rows:
                rows[number] = {
                    "at": local(leaf["at"]), "who": _with_organisation(house, connection, leaf["actor"]),
                    "what": words(_what(connection, leaf)), "record": str(number),
                }  # fmt: skip
    return [rows[number] for number in sorted(rows)]


def _what(connection: Connection, leaf: Mapping[str, object]) -> Message:
    """What was done with which Datasets, and what came of it."""
    event = Event(str(leaf["event"]))
    named = datasets.names(connection, [str(each) for each in leaf["datasets"]])  # type: ignore[attr-defined]
    on = ", ".join(sorted(named.values()))
    if event is Event.REFUSED:
        return say("an attempt to use {datasets}: refused, nothing was used", datasets=on)
    run = runs.found(connection, [str(leaf["subject"])]).get(str(leaf["subject"]))
    if event is not Event.RAN or run is None:
        return say("{event}: {datasets}", event=event, datasets=on)
    inputs = ", ".join(named.get(each, each) for each in run.inputs.values())
    outputs = ", ".join(named[each] for each in named if each not in run.inputs.values())
    told = {"kind": kind_title(run.kind), "datasets": inputs}
    if run.state in (RunState.FAILED, RunState.BROKEN, RunState.CANCELLED):
        return say("{kind} on {datasets}: did not succeed ({state}), nothing came out", **told, state=run.state)  # fmt: skip
    if run.state is RunState.DONE and outputs:
        return say("{kind} on {datasets}: made {made}", **told, made=outputs)
    return say("{kind} on {datasets}: {state}", **told, state=run.state)


def _recipients(house: House, connection: Connection, results: Iterable[Dataset]) -> list[dict[str, object]]:
    """The Permits of other organisations that were granted, those that ended since too."""
    rows: dict[str, dict[str, object]] = {}
    for dataset in results:
        for found in permits.registered(connection, dataset=dataset.id, limit=_MOST_LINES, granted=True):
            permit = found.permit
            if permit.organisation == dataset.organisation:
                continue
            rows[permit.id] = {
                "recipient": permit.organisation, "purpose": permit.reason, "period": _period(house, connection, permit),
                "record": str(outbox.record_of(connection, f"granted/{permit.id}") or ""),
            }  # fmt: skip
    return list(rows.values())


def _period(house: House, connection: Connection, permit: Permit) -> Said:
    """From the day of the grant to its end, or to the day on which it was taken or given back."""
    granted = _day_of(house, connection, outbox.record_of(connection, f"granted/{permit.id}"))
    begin = max(day(permit.valid_from), granted)
    if permit.state in (PermitState.REVOKED, PermitState.WITHDRAWN):
        numbers = outbox.records_about(connection, permit.id)
        for number in reversed(numbers):
            leaf = json.loads(house.log.entry(connection, number).leaf)
            if leaf["event"] in (Event.REVOKED, Event.WITHDRAWN):
                ended = say("{begin} - {end} ({state})", begin=begin, end=day(leaf["at"]), state=permit.state)
                return words(ended)
    return f"{begin} - {last_day(permit.valid_until)}"


def _day_of(house: House, connection: Connection, number: int | None) -> str:
    return "" if number is None else day(json.loads(house.log.entry(connection, number).leaf)["at"])


def _with_organisation(house: House, connection: Connection, who: str) -> Said:
    if who == house.facts.id:
        return called(house, connection, who)
    person = identity.find(connection, who)
    return f"{person.name} ({person.organisation})"


def _destroyed(house: House, connection: Connection, about: Project) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for entry in destructions.page(connection, about.id, limit=_MOST_LINES).items:
        numbers = outbox.records_about(connection, entry.id)
        if not numbers and entry.what is What.DATASET:
            told = outbox.record_of(connection, f"destroyed/{entry.subject}")
            numbers = () if told is None else (told,)
        rows.append(
            {
                "what": joined(in_words(entry.what), _subject(connection, about, entry)), "why": _reason(entry.reason),
                "method": in_words(entry.method), "backups": _backups(entry.backups), "at": day(entry.destroyed_at),
                "by": called(house, connection, entry.destroyed_by),
                "confirmer": identity.find(connection, entry.confirmed_by).name if entry.confirmed_by else words(say("not confirmed yet")),
                "record": ", ".join(str(n) for n in numbers),
            }
        )  # fmt: skip
    return rows


def _subject(connection: Connection, about: Project, entry: Destruction) -> str:
    if entry.what is What.KEY:
        return f"{about.name} #{entry.subject.rpartition('.')[2]}"
    name = datasets.names(connection, [entry.subject]).get(entry.subject)
    return entry.subject if name is None else f"{name} ({entry.subject})"


def _reason(reason: str) -> Said:
    known = _REASONS.get(reason)
    return reason if known is None else words(known)


def _backups(backups: Mapping[str, str]) -> Said:
    """Which were brought up to date since, and when."""
    from ...methods.report.markup import Words

    named = [(words(_BACKUPS.get(name, Message("{name}", {"name": name}))), at) for name, at in sorted(backups.items())]  # fmt: skip
    ko, en = (
        "\n".join(f"{getattr(name, language)}: {local(at)}" for name, at in named)
        for language in ("ko", "en")
    )
    return Words(ko, en) if named else ""
