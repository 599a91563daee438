"""Projects: what persons' data is pseudonymised for, by whom and until when; their reviews, papers and end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from nicegui import ui

from ....language import Message, say
from ....nouns.destruction import Destruction
from ....nouns.panel import Panel
from ....nouns.permit import Purpose, Role
from ....nouns.project import Basis, Project, ProjectPart, ProjectState
from ....rules.projects import FITTING
from ....verbs.keeping import vault
from ....verbs.projects import destruction, panels, projects
from ....verbs.projects.projects import ProjectShown
from ..elements import fields, persons
from ..elements.frame import confirm, facts, heading, note, paragraph, subheading, table, when
from ..elements.listing import listing, pages
from ..elements.parts import Part, anchor, words
from ..elements.sheet import Blank
from ..permits.permits import day
from ..visit import Visit, page

PAGE = 50
_PAPERS = ("register", "provision-contract", "entrustment-contract", "destruction-register")
PAPER_NAMES = {
    "register": say("Register of pseudonymised information"),
    "provision-contract": say("Contract on the provision"),
    "entrustment-contract": say("Contract on the entrustment"),
    "destruction-register": say("Register of destruction"),
    "risk-review": say("Risk review"),
    "adequacy-review": say("Adequacy review"),
    "export-review": say("Export review"),
    "accident-report": say("Report of an accidental identification"),
}


def add() -> None:
    @page("/projects", say("Projects"))
    async def listed(visit: Visit, after: str = "") -> None:
        with Part("div", classes="dalgu-top"):
            with Part("div"):
                heading(visit, say("Projects"), say("What is persons' data pseudonymised for, on which legal basis, by whom, until when?"))  # fmt: skip
            if visit.roles & {Role.PROVIDER, Role.OPERATOR}:
                anchor(visit, "/projects/open", say("Open a project"), "dalgu-button")
        found = await visit.read(lambda: projects.page(visit.house, visit.signed_in, after=after, limit=PAGE))
        columns = (("name", say("name")), ("organisation", say("organisation")), ("purpose", say("purpose")), ("until", say("until and including")), ("state", say("state")))  # fmt: skip
        listing(visit, say("Projects"), columns, [_row(visit, each) for each in found.items], empty=say("No project has been opened yet."))  # fmt: skip
        pages(visit, "/projects", {"after": after}, found.next)
        with Part("p", classes="dalgu-paragraph"):
            anchor(visit, "/reviews", say("Reviews by panels"))
            Part("span", " · ")
            anchor(visit, "/accidents", say("Accidental identification"))

    @page("/projects/open", say("Open a project"))
    async def opening(visit: Visit) -> None:
        heading(visit, say("Open a project"), say("Purpose and legal basis are said once and never changed; people and period can be."))  # fmt: skip
        await _form(visit)

    @page("/projects/{project}", say("Project"))
    async def one(visit: Visit, project: str) -> None:
        shown = await visit.read(lambda: projects.show(visit.house, visit.signed_in, project))
        about = shown.project
        heading(visit, about.name, say("A project of {organisation}.", organisation=about.organisation))
        with Part("p", classes="dalgu-paragraph"):
            Part("span", visit.word(about.state), "dalgu-chip")
        _terms(visit, shown)
        await _people(visit, about)
        reviews = await visit.read(lambda: panels.listed(visit.house, visit.signed_in, about.id))
        _reviews(visit, about, reviews)
        _papers(visit, about)
        gone = await visit.read(lambda: destruction.page(visit.house, visit.signed_in, about.id).items)
        _destroyed(visit, gone)
        await _lead(visit, about)


def _row(visit: Visit, about: Project) -> dict[str, object]:
    return {
        "id": about.id, "name": about.name, "link_name": f"/projects/{about.id}", "organisation": about.organisation,
        "purpose": visit.word(about.purpose), "until": day(about.valid_until), "state": visit.word(about.state),
    }  # fmt: skip


async def _form(visit: Visit) -> None:
    may = {part: await persons.offered(visit, FITTING[part]) for part in ProjectPart}
    until = f"{date.today() + timedelta(days=365):%Y-%m-%d}"  # noqa: DTZ011 - a wish
    sheet = Blank(visit, {
        "name": "", "purpose": Purpose.STATISTICS.value, "basis": Basis.WITHOUT_CONSENT.value, "reason": "",
        "evidence": "", "until": until, "items": "", "environment": "", "recipients": "", "provider": "",
        "processor": "", **{part.value: [] for part in ProjectPart},
    })  # fmt: skip
    with Part("div", classes="dalgu-form dalgu-wide"):
        first = fields.text(sheet, "name", say("Name"), needed=True, maxlength=61, hint=say("What Runs will call it: letters, digits, dots, dashes."))  # fmt: skip
        fields.choice(sheet, "purpose", say("For which purpose?"), [(p.value, visit.word(p)) for p in Purpose], needed=True)  # fmt: skip
        fields.choice(sheet, "basis", say("On which legal basis?"), [(b.value, visit.word(b)) for b in Basis], needed=True, hint=say("Under articles 28-2 and 28-3 nobody is ever identified again (PIPA art. 28-5)."))  # fmt: skip
        fields.text(sheet, "evidence", say("Evidence of another basis"), rows=2, maxlength=2000, hint=say("Only for another basis: the consent, contract or statute."))  # fmt: skip
        fields.text(sheet, "reason", say("What for, in your own words?"), needed=True, rows=3, maxlength=2000)
        fields.text(sheet, "items", say("Which items are processed?"), rows=2, hint=say("One per line, such as age, industry, days off work."))  # fmt: skip
        fields.text(sheet, "environment", say("Where and how is the result used?"), rows=2, maxlength=2000)
        fields.text(sheet, "recipients", say("Who is the result provided to?"), rows=2, hint=say("One organisation per line."))  # fmt: skip
        fields.text(sheet, "until", say("Until and including which day?"), needed=True, type_="date")
        with Part("details"):
            words(visit, "summary", say("For another organisation, under contract (PIPA art. 26)"))
            fields.text(sheet, "provider", say("The provider, whose data it is"), maxlength=200)
            fields.text(sheet, "processor", say("Who works for it"), maxlength=200)
        with Part("fieldset", classes="dalgu-field"):
            words(visit, "legend", say("Who takes part?"))
            words(visit, "p", say("Who pseudonymises or keeps, who uses and who reviews are different persons. Where nobody is chosen you pseudonymise, and whoever pseudonymises keeps."), "dalgu-hint")  # fmt: skip
            for part in ProjectPart:
                fields.many(sheet, part.value, visit.word(part), may[part])

        async def send() -> None:
            made = await visit.do(lambda who: _opened(visit, who, sheet.values))
            if made is None:
                first.focus()
            else:
                ui.navigate.to(f"/projects/{made.id}")

        ui.button(visit.text(say("Open the project")), on_click=send).props("no-caps unelevated")


def _opened(visit: Visit, who: Any, typed: dict[str, Any]) -> Project:
    return projects.open_(
        visit.house, who, name=str(typed["name"]).strip(), purpose=Purpose(typed["purpose"]), basis=Basis(typed["basis"]),
        reason=typed["reason"], evidence=typed["evidence"], until=typed["until"], items=_lines(typed["items"]),
        environment=typed["environment"], recipients=_lines(typed["recipients"]), provider=typed["provider"].strip() or None,
        processor=typed["processor"].strip() or None, people={part: typed[part.value] for part in ProjectPart},
    )  # fmt: skip


def _lines(text: Any) -> list[str]:
    return [line.strip() for line in str(text or "").splitlines() if line.strip()]


def _terms(visit: Visit, shown: ProjectShown) -> None:
    about = shown.project
    rows: list[tuple[Message, object]] = [
        (say("purpose"), visit.word(about.purpose)), (say("what for"), about.reason),
        (say("legal basis"), visit.word(about.basis)), *([(say("evidence"), about.evidence)] if about.evidence else []),
        (say("items"), ", ".join(about.items)), (say("where it is used"), about.environment),
        (say("provided to"), ", ".join(about.recipients)), *([(say("processor"), about.processor)] if about.processor else []),
        (say("until and including"), day(about.valid_until)), (say("Runs under it"), f"{shown.runs:,}"),
        (say("editions of its key"), _editions(visit, shown)),
        (say("number in the history"), lambda: anchor(visit, f"/ledger?about={about.id}", about.id)),
    ]  # fmt: skip
    facts(visit, rows)


def _editions(visit: Visit, shown: ProjectShown) -> str:
    def told(edition: Any) -> str:
        if edition.destroyed_at:
            return visit.text(say("{number}: destroyed on {day}", number=edition.edition, day=when(edition.destroyed_at)))  # fmt: skip
        if edition.retired_at:
            return visit.text(
                say("{number}: until {day}", number=edition.edition, day=when(edition.retired_at))
            )
        return visit.text(say("{number}: in use", number=edition.edition))

    return "; ".join(told(edition) for edition in shown.editions)


async def _people(visit: Visit, about: Project) -> None:
    from ....verbs.people import people

    names = {p.id: p for p in await visit.read(lambda: people.listed(visit.house))}
    subheading(visit, say("Who takes part"))
    rows = [
        {
            "id": f"{each.person} {each.part}", "part": visit.word(each.part), "name": names[each.person].name,
            "organisation": names[each.person].organisation, "since": when(each.since), "until": when(each.until),
        }
        for each in about.people
    ]  # fmt: skip
    columns = (("part", say("part")), ("name", say("name")), ("organisation", say("organisation")), ("since", say("from")), ("until", say("until")))  # fmt: skip
    table(visit, say("People"), columns, rows, search=False)


def _reviews(visit: Visit, about: Project, found: tuple[Panel, ...]) -> None:
    subheading(visit, say("Reviews"))
    rows = [
        {
            "id": each.id, "kind": visit.word(each.kind), "link_kind": f"/reviews/{each.id}", "state": visit.word(each.state),
            "at": when(each.opened_at), "members": len(each.sitting),
        }
        for each in found
    ]  # fmt: skip
    columns = (("kind", say("review")), ("state", say("state")), ("at", say("asked on")), ("members", say("members")))  # fmt: skip
    listing(visit, say("Reviews"), columns, rows, empty=say("No panel has been asked for a review yet."))
    with Part("p", classes="dalgu-paragraph"):
        anchor(visit, f"/reviews/ask?project={about.id}", say("Ask a panel for a review"))


def _papers(visit: Visit, about: Project) -> None:
    subheading(visit, say("Papers"))
    with Part("ul"):
        for form in _PAPERS:
            with Part("li"):
                anchor(visit, f"/papers/{form}/{about.id}", PAPER_NAMES[form])


def _destroyed(visit: Visit, gone: tuple[Destruction, ...]) -> None:
    if not gone:
        return
    subheading(visit, say("What was destroyed"))
    with Part("ul", classes="dalgu-cards"):
        for entry in gone:
            with Part("li"):
                Part("span", f"{visit.word(entry.what)} {entry.subject}", "dalgu-card-name")
                Part("p", f"{visit.word(entry.method)} · {when(entry.destroyed_at)}", "dalgu-faint")
                if entry.confirmed_at:
                    words(visit, "p", say("confirmed on {day}", day=when(entry.confirmed_at)))
                elif entry.destroyed_by != visit.signed_in.actor.id:
                    _confirm_button(visit, entry)


def _confirm_button(visit: Visit, entry: Destruction) -> None:
    async def act() -> None:
        if await visit.do(lambda who: destruction.confirm(visit.house, who, entry.id)) is not None:
            ui.navigate.reload()

    question = say("Confirm that this is gone, in backups too?")
    button = words(visit, "button", say("Confirm the destruction"), "dalgu-quiet", type="button")
    button.on("click", lambda: confirm(visit, question, act, yes=say("Confirm"), grave=False))


async def _lead(visit: Visit, about: Project) -> None:
    if about.state is not ProjectState.OPEN or not visit.roles & {Role.PROVIDER, Role.OPERATOR}:
        return
    if visit.signed_in.actor.organisation not in (about.organisation, about.processor):
        return
    subheading(visit, say("Change it"))
    sheet = Blank(visit, {"person": None, "part": ProjectPart.USER.value, "until": about.valid_until[:10]})
    with Part("details"):
        words(visit, "summary", say("Name one more person"))
        may = {part.value: await persons.offered(visit, FITTING[part]) for part in ProjectPart}
        parts = [(part.value, visit.word(part)) for part in ProjectPart]
        fields.choice(sheet, "part", say("part"), parts, needed=True, after=lambda _: choose())
        place = Part("div")

        def choose() -> None:
            place.clear()
            with place:
                fields.choice(sheet, "person", say("Who?"), may[sheet.values["part"]], needed=True, empty=say("Choose a person"))  # fmt: skip

        choose()
        _act(visit, say("Name this person"), about, lambda who: projects.take_part(visit.house, who, about.id, sheet.values["person"] or "", ProjectPart(sheet.values["part"])))  # fmt: skip
    with Part("details"):
        words(visit, "summary", say("Change the period"))
        fields.text(sheet, "until", say("Until and including which day?"), needed=True, type_="date")
        _act(visit, say("Change the period"), about, lambda who: projects.extend(visit.house, who, about.id, sheet.values["until"]))  # fmt: skip
    with Part("div", classes="dalgu-buttons"):
        _act(visit, say("A new edition of the key"), about, lambda who: vault.rotate(visit.house, who, about.id), say("From now on the same person gets another pseudonym. Tables of two editions cannot be joined. Go on?"))  # fmt: skip
        _act(visit, say("Close the project"), about, lambda who: projects.close(visit.house, who, about.id), say("Close this project? Nothing new is pseudonymised under it."))  # fmt: skip


def _act(visit: Visit, name: Message, about: Project, work: Any, question: Message | None = None) -> None:
    async def act() -> None:
        if await visit.do(work) is not None:
            note(visit, say("Done."))
            ui.navigate.to(f"/projects/{about.id}")

    button = words(visit, "button", name, "dalgu-quiet", type="button")
    button.on("click", act if question is None else lambda: confirm(visit, question, act, yes=name))


def needs_project(visit: Visit) -> None:
    """What whoever wants to pseudonymise is told who has none."""
    paragraph(visit, say("A project comes first: purpose, period and people."))
    anchor(visit, "/projects/open", say("Open a project"))
