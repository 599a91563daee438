"""What this house knows of the subject of a paper, by the names of the form's fields: of a review, an export, an
accident, a project."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ...language import Message, say
from ...nouns.accident import Accident, AccidentState, Copy
from ...nouns.dataset import Dataset
from ...nouns.linkage import PartyRole
from ...nouns.panel import Finding, Panel, PanelKind, PanelState, Seat
from ...nouns.permit import Role
from ...nouns.project import Project
from ...nouns.record import Event
from ...rules.linkage import Stand
from ...world import identity
from ...world.identity import Person, SignedIn
from ...world.ledger.entry import StoredEntry
from ...world.store import datasets, destructions, outbox, projects, runs
from ..house.clock import day, local
from ..house.house import House
from ..projects import panels, reviewed
from ..projects.affected import affected
from ..projects.seating import why_passed_over
from ..projects.undeclared import not_declared, undeclared
from .paper_facts import checks_of, items, left, measured, words
from .paper_projects import called, in_words, of_project, of_provision, purpose_of

if TYPE_CHECKING:
    from ...methods.papers.document import Signature
    from ...methods.report.markup import Words

_MOST_LINES = 500


def _of_review(house: House, who: SignedIn, panel: str) -> dict[str, object]:
    found = panels.look(house, who, panel)
    with house.database.reading() as connection:
        about = projects.find(connection, found.project)
        dataset = datasets.find(connection, found.dataset)
        sources = [datasets.find(connection, each) for each in dataset.sources]
        seats = [_signature(connection, seat, found) for seat in found.seats]
        names = {seat.person: identity.find(connection, seat.person).name for seat in found.seats}
        recused = [
            f"{identity.find(connection, s.person).name}: {s.recused}" for s in found.seats if s.recused
        ]
        over = {identity.find(connection, s.person).name: s for s in found.seats if s.silence}
        earlier = [each for each in reviewed.ended_of(connection, found) if each.opened_at < found.opened_at]
        others = reviewed.of_the_same_table(connection, found) if dataset.sources else ()
        subjects = [*(p.id for p in earlier), found.id, *([dataset.made_by] if dataset.made_by else [])]
        assessed = _assessment(connection, dataset)
        records = _records(house, connection, subjects)
    again = [words(_of_earlier(each)) for each in earlier] + [words(_of_other(each)) for each in others]
    strange = undeclared(about, dataset.column_names) if found.kind is PanelKind.ADEQUACY else ()
    unnamed = [words(not_declared(strange))] if strange else []
    answers = dict(found.answers)
    more_left: Iterable[object] = answers.pop("left", ())  # type: ignore[assignment]
    facts: dict[str, object] = {
        "project": about.name, "purpose": purpose_of(about), "environment": about.environment, "where": about.environment,
        "dataset": f"{dataset.name} ({dataset.id})", "members": seats, "recused": recused, "minutes": _minutes(found, over),
        "checks": checks_of(found, names), "records": records, "measured": measured(dataset, assessed), "items": items(dataset),
        "left": [*again, *unnamed, *left(dataset), *more_left], "reasons": _comments(found, names, agreeing=True), "dissent": _comments(found, names, agreeing=False),
    }  # fmt: skip
    if found.kind is PanelKind.RISK:
        facts |= {"items": _proposed(dataset, about), "measured": []}
    if sources and found.kind is PanelKind.ADEQUACY:
        facts["sources"] = ", ".join(source.name for source in sources)
    if found.closed_at:
        facts["decision"] = found.state.value
    return {**facts, **answers}


def _minutes(panel: Panel, over: Mapping[str, Seat]) -> Words | str:
    """As they were written, with who was passed over and why."""
    lines = [say("{person} {why}, and was passed over.", person=name, why=why_passed_over(seat)) for name, seat in over.items()]  # fmt: skip
    if not panel.minutes or not lines:
        return panel.minutes
    from ...methods.report.markup import Words

    ko, en = ("\n".join([panel.minutes, *(line.text(tongue) for line in lines)]) for tongue in ("ko", "en"))
    return Words(ko, en)


def _comments(found: Panel, names: Mapping[str, str], *, agreeing: bool) -> list[str]:
    """What members wrote who found what the panel decided, or who did not; each with the name."""
    return [
        f"{names[seat.person]}: {seat.comment}"
        for seat in found.sitting
        if seat.comment and (str(seat.finding) == found.state.value) is agreeing
    ]


def _of_earlier(panel: Panel) -> Message:
    """What an earlier panel of the same bytes found: its words count in this one."""
    found = Counter(seat.finding for seat in panel.sitting)
    told = {
        "day": day(panel.closed_at or panel.opened_at), "adequate": found[Finding.ADEQUATE],
        "inadequate": found[Finding.INADEQUATE], "left": sum(seat.recused is not None for seat in panel.seats),
    }  # fmt: skip
    if panel.state is PanelState.WITHDRAWN:
        return say("What remains: a review of the same data was withdrawn on {day}: {adequate} members had found it adequate, {inadequate} inadequate, and {left} had stepped down. Their words count here too.", **told)  # fmt: skip
    if panel.state is PanelState.INADEQUATE:
        return say("What remains: a review of the same data, closed on {day}, found it inadequate ({adequate} for, {inadequate} against, {left} stepped down). Their words count here too.", **told)  # fmt: skip
    return say("A review of the same data, closed on {day}, found it adequate ({adequate} for, {inadequate} against, {left} stepped down).", **told)  # fmt: skip


def _of_other(panel: Panel) -> Message:
    return say("What remains: a review of another result of the same table, closed on {day}, found that one inadequate.", day=day(panel.closed_at or panel.opened_at))  # fmt: skip


def _of_export(house: House, who: SignedIn, name: str) -> dict[str, object]:
    from ...methods.papers.document import Signature
    from ...methods.report.markup import Words
    from ..linkage import agreeing, committee

    if not who.actor.roles & {Role.REVIEWER, Role.OPERATOR, Role.PROVIDER}:
        raise identity.nobody(say("This paper is for who links and reviews."))
    found = committee.minutes(house, who, name)
    with house.database.reading() as connection:
        dataset = datasets.find(connection, found.dataset)
        terms = agreeing.taken(house, committee.linkage_of(connection, dataset)).agreement
        people = {m.person: identity.find(connection, m.person) for m in found.members}
        records = _records(house, connection, [dataset.id])
    said = {each.person: each for each in found.said}
    members = [
        Signature(
            in_words(m.field), f"{people[m.person].name} ({m.organisation})", in_words(m.stand),
            day(said[m.person].at) if m.person in said else "",
        )
        for m in found.members
    ]  # fmt: skip
    facts: dict[str, object] = {
        "linkage": terms.terms.linkage, "applicant": ", ".join(p.organisation for p in terms.applicants),
        "purpose": terms.terms.reason, "dataset": f"{dataset.name} ({dataset.id})", "members": members,
        "agency": _designated(terms.the(PartyRole.EXPERT_AGENCY).designated),
        "recused": [people[m.person].name for m in found.members if m.stand is Stand.RECUSED],
        "reasons": [each.comment for each in found.said if each.comment], "records": records,
        "measured": [
            {"measure": Words("찬성", "for"), "value": str(found.outcome.approving)},
            {"measure": Words("반대", "against"), "value": str(found.outcome.rejecting)},
            {"measure": Words("회피", "recused"), "value": str(found.outcome.recused)},
        ],
    }  # fmt: skip
    if found.outcome.approved is not None:
        facts["decision"] = "adequate" if found.outcome.approved else "inadequate"
    return facts


def _of_accident(house: House, who: SignedIn, accident: str) -> dict[str, object]:
    from ..projects import accidents

    shown = accidents.show(house, who, accident)
    with house.database.reading() as connection:
        dataset = datasets.find(connection, shown.accident.dataset)
        reporter = identity.find(connection, shown.accident.filed_by)
        people = {c.person: identity.find(connection, c.person) for c in shown.copies}
        taken = datasets.names(connection, [c.dataset for c in shown.copies])
        gone = _destroyed_for(connection, shown.accident, dataset)
        numbers = sorted({*outbox.records_about(connection, accident), *gone})
        entries = [house.log.entry(connection, n) for n in numbers]
        leaves = [(n, json.loads(each.leaf)) for n, each in zip(numbers, entries, strict=True)]
        done = [_done(each, gone.get(n)) for n, each in zip(numbers, entries, strict=True)]
        names = {leaf["actor"]: called(house, connection, leaf["actor"]) for _, leaf in leaves}
    steps = [
        {"step": step, "at": local(leaf["at"]), "who": names[leaf["actor"]], "record": str(n)}
        for step, (n, leaf) in zip(done, leaves, strict=True)
    ]  # fmt: skip
    return {
        "dataset": f"{dataset.name} ({dataset.id})", "reporter": f"{reporter.name} ({reporter.organisation})",
        "noticed": local(shown.accident.filed_at), "how": accidents.read(house, who, accident), "steps": steps,
        "recipients": [words(_of_copy(c, people[c.person], taken[c.dataset])) for c in shown.copies],
    }  # fmt: skip


def _destroyed_for(connection: Connection, accident: Accident, dataset: Dataset) -> dict[int, str]:
    """The Records of what was destroyed for an accident and of who confirmed it, each with the name of the Dataset."""
    entries = destructions.of_accident(connection, accident.id)
    concerned = affected(connection, dataset)
    subjects = {d.id for d in concerned if d.destroyed_at and d.destroyed_at >= accident.filed_at}
    names = datasets.names(connection, sorted(subjects))
    keys = {f"destroyed/{subject}": names[subject] for subject in subjects}
    keys |= {
        f"destruction-confirmed/{each.id}": names[each.subject] for each in entries if each.subject in names
    }
    found = {outbox.record_of(connection, key): name for key, name in keys.items()}
    return {number: name for number, name in found.items() if number is not None}


def _done(entry: StoredEntry, dataset: str | None = None) -> Words:
    """What a Record says was done; of the decision also which, of a destruction of what."""
    event = Event(json.loads(entry.leaf)["event"])
    if dataset is not None:
        return words(say("{name}: {remark}", name=event, remark=dataset))
    if event is Event.ACCIDENT_DECIDED and entry.payload is not None:
        decision = AccidentState(json.loads(entry.payload)["decision"])
        return words(say("{name}: {remark}", name=event, remark=decision))
    return in_words(event)


def _of_copy(copy: Copy, person: Person, dataset: str) -> Message:
    """Who had a copy, and what became of it."""
    told = {"person": f"{person.name} ({person.organisation})", "dataset": dataset, "day": day(copy.left_at)}
    if copy.answer is None:
        return say("{person}: {dataset}, taken out on {day}; not answered yet", **told)
    if copy.confirmed_by is None:
        return say("{person}: {dataset}, taken out on {day}; {answer}, not confirmed yet", answer=copy.answer, **told)  # fmt: skip
    return say("{person}: {dataset}, taken out on {day}; {answer}, confirmed", answer=copy.answer, **told)


def assessment(house: House, dataset: Dataset) -> Dataset | None:
    """For who looks at a review: the report behind the measured risks of this table, where there is one."""
    with house.database.reading() as connection:
        return _assessment(connection, dataset)


def _assessment(connection: Connection, dataset: Dataset) -> Dataset | None:
    """The newest report that `assess` made of it as the table after."""
    made = [
        each
        for each in datasets.made_from(connection, dataset.id)
        if each.made_by and "assessment" in each.about
    ]
    run = [
        each for each in made if runs.find(connection, each.made_by or "").inputs.get("after") == dataset.id
    ]
    return run[-1] if run else None


def _designated(by: str) -> Words:
    from ...methods.report.markup import Words

    return Words(by, by) if by else Words("지정되지 않음", "not designated")


def _records(house: House, connection: Connection, subjects: Iterable[str]) -> list[dict[str, object]]:
    numbers = sorted({n for subject in subjects for n in outbox.records_about(connection, subject)})
    rows: list[dict[str, object]] = []
    for number in numbers[-_MOST_LINES:]:
        leaf = json.loads(house.log.entry(connection, number).leaf)
        rows.append({"what": in_words(Event(leaf["event"])), "at": local(leaf["at"]), "record": str(number)})  # fmt: skip
    return rows


def _signature(connection: Connection, seat: Seat, found: Panel) -> Signature:
    from ...methods.papers.document import Signature
    from ...methods.report.markup import Words

    person = identity.find(connection, seat.person)
    number = outbox.record_of(connection, f"said-opened/{found.id}/{seat.person}")
    said = in_words(seat.finding) if seat.finding else ""
    if seat.silence:
        said, number = words(why_passed_over(seat)), None
    if seat.recused:
        said = Words("회피", "stepped down")
        number = outbox.record_of(connection, f"stepped-down/{found.id}/{seat.person}")
    at = day(seat.said_at) if seat.said_at else ""
    return Signature(
        Words("위원", "Member"), f"{person.name} ({person.organisation})", said, at, str(number or "")
    )


def _proposed(dataset: Dataset, about: Project) -> list[dict[str, object]]:
    return [{"item": column} for column in dataset.column_names]


KNOWN: Mapping[str, Callable[[House, SignedIn, str], dict[str, object]]] = {
    "risk-review": _of_review, "adequacy-review": _of_review, "export-review": _of_export,
    "register": of_project, "destruction-register": of_project, "provision-contract": of_provision,
    "entrustment-contract": of_project, "accident-report": _of_accident,
}  # fmt: skip
