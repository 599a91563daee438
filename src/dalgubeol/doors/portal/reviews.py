"""Reviews by a panel: ask for one, say what one finds, close it with minutes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from nicegui import ui

from ...errors import DalguError, Invalid
from ...language import Message, say
from ...nouns.panel import Finding, Panel, PanelKind, PanelState, Seat
from ...nouns.permit import Role
from ...rules import panels as rules
from ...rules.panels import SEATS
from ...verbs import (
    panels,
    paper_facts,
    paper_subjects,
    people,
    projects,
    register,
    risk_answers,
    seating,
    sent_back,
    undeclared,
)
from ...world.identity import Person
from . import fields
from .frame import confirm, facts, heading, paragraph, subheading, table, when
from .listing import listing
from .parts import Part, anchor, words
from .sheet import Blank
from .visit import Visit, page


def add() -> None:
    @page("/reviews", say("Reviews by panels"))
    async def listed(visit: Visit) -> None:
        heading(visit, say("Reviews by panels"), say("Which reviews concern me, and where do they stand?"))
        found = await visit.read(lambda: panels.listed(visit.house, visit.signed_in))
        rows = [_row(visit, each) for each in found]
        columns = (("kind", say("review")), ("state", say("state")), ("mine", say("my word")), ("at", say("asked on")), ("members", say("members")))  # fmt: skip
        listing(visit, say("Reviews"), columns, rows, empty=say("No review concerns you."))

    @page("/reviews/ask", say("Ask a panel for a review"))
    async def ask(visit: Visit, project: str = "", dataset: str = "") -> None:
        heading(visit, say("Ask a panel for a review"), say("Before processing its risk is reviewed, and afterwards whether it is adequate. The members sign what they find."))  # fmt: skip
        await _form(visit, project, dataset)

    @page("/reviews/{review}", say("Review"))
    async def one(visit: Visit, review: str) -> None:
        found = await visit.read(lambda: panels.look(visit.house, visit.signed_in, review))
        names = {p.id: p.name for p in await visit.read(lambda: people.listed(visit.house))}
        heading(visit, visit.word(found.kind))
        box = Part("div", aria_live="polite")
        stands = found

        def build() -> None:
            box.clear()
            with box:
                _state(visit, stands, names)

        async def build_back() -> None:
            back.clear()
            with back:
                await _sent_back(visit, stands)

        async def again() -> None:
            nonlocal stands
            now = await visit.read(lambda: panels.look(visit.house, visit.signed_in, review))
            if now != stands:
                stands = now
                build()
                await build_back()

        build()
        back = Part("div")
        await build_back()
        await _matter(visit, found)
        _speak(visit, found)
        _close(visit, found)
        await _lead(visit, found, names)
        visit.live(again)


def _row(visit: Visit, found: Panel) -> dict[str, object]:
    seat = found.seat_of(visit.signed_in.actor.id)
    mine = "" if seat is None else _word_of(visit, seat)
    return {
        "id": found.id, "kind": visit.word(found.kind), "link_kind": f"/reviews/{found.id}", "state": visit.word(found.state),
        "mine": mine, "at": when(found.opened_at), "members": len(found.sitting),
    }  # fmt: skip


def _word_of(visit: Visit, seat: Seat) -> str:
    if seat.recused is not None:
        return visit.text(say("stepped down"))
    if seat.silence is not None:
        return visit.text(seating.why_passed_over(seat))
    if seat.is_sealed:
        return visit.text(say("has spoken; shown once all have"))
    return visit.word(seat.finding) if seat.finding else visit.text(say("not yet"))


async def _form(visit: Visit, project: str, dataset: str) -> None:
    every = await visit.read(lambda: projects.listed(visit.house, visit.signed_in))
    everybody = await visit.read(lambda: people.listed(visit.house))
    may = _reviewers(everybody)
    named = next((each.id for each in every if project in (each.id, each.name)), "")
    sheet = Blank(visit, {
        "kind": PanelKind.ADEQUACY.value, "project": named, "dataset": dataset, "members": [], "environment": "",
        "left": "", "level": "",
    })  # fmt: skip
    with Part("div", classes="dalgu-form dalgu-wide"):
        fields.choice(sheet, "kind", say("Which review?"), [(k.value, visit.word(k)) for k in PanelKind], needed=True)  # fmt: skip
        fields.choice(sheet, "project", say("Of which project?"), [(p.id, f"{p.name} ({p.organisation})") for p in every], needed=True)  # fmt: skip
        name = fields.text(sheet, "dataset", say("Which Dataset?"), needed=True, maxlength=200, hint=say("Its name or id: the table before for a risk review, the result for an adequacy review."))  # fmt: skip
        fields.many(sheet, "members", say("Who sits on the panel?"), [(p.id, f"{p.name} ({p.organisation})") for p in may], needed=True, hint=say("{least} at least for adequacy. Nobody who pseudonymises, keeps or uses this data.", least=SEATS[PanelKind.ADEQUACY][0]))  # fmt: skip
        fields.text(sheet, "environment", say("Where and how is the result used?"), rows=2, maxlength=2000, hint=say("Empty: as the project says."))  # fmt: skip
        fields.text(
            sheet, "left", say("What risk is left, as you see it?"), rows=3, hint=say("One per line.")
        )

        _ask_of_risk(visit, sheet)

        async def send() -> None:
            made = await visit.do(lambda who: _asked(visit, who, sheet.values))
            if made is None:
                name.focus()
            else:
                ui.navigate.to(f"/reviews/{made.id}")

        ui.button(visit.text(say("Ask the panel")), on_click=send).props("no-caps unelevated")


def _ask_of_risk(visit: Visit, sheet: Blank) -> None:
    """What the form of a risk review asks besides; what is lacking is named when it is sent."""
    language = visit.reader.language
    with Part("details"):
        words(visit, "summary", say("For a risk review: the plan, the data and where it is used"))
        sheet.values["risk policy"] = ""
        fields.text(sheet, "risk policy", say("The policy that is planned"), rows=6, maxlength=200_000, hint=say("As in policy.toml: it says what is to become of each column. Roles and reasons come from the table."))  # fmt: skip
        for field in risk_answers.form_fields():
            if field.kind == "checklist":
                Part("h3", field.label.said(language))
            for item in field.options if field.kind == "checklist" else ():
                options = [(a.name, a.label.said(language)) for a in field.answers]
                sheet.values[f"risk {field.name} {item.name}"] = ""
                fields.choice(sheet, f"risk {field.name} {item.name}", item.label.said(language), options, empty=say("not chosen"))  # fmt: skip
            if field.kind == "choice":
                options = [(o.name, o.label.said(language)) for o in field.options]
                sheet.values[f"risk {field.name}"] = ""
                fields.choice(sheet, f"risk {field.name}", field.label.said(language), options, empty=say("not chosen"))  # fmt: skip


def _of_risk(typed: dict[str, Any]) -> dict[str, object]:
    answers: dict[str, Any] = {}
    for name, value in typed.items():
        if name.startswith("risk ") and value:
            _, field, *item = name.split(" ")
            if item:
                answers.setdefault(field, {})[item[0]] = [value, ""]
            else:
                answers[field] = value
    return answers


def _asked(visit: Visit, who: Any, typed: dict[str, Any]) -> Panel:
    kind = PanelKind(typed["kind"])
    answers: dict[str, object] = _of_risk(typed) if kind is PanelKind.RISK else {}
    if kind is PanelKind.ADEQUACY:
        left = [line.strip() for line in str(typed["left"]).splitlines() if line.strip()]
        answers = {"left": left} if left else {}
        if typed["environment"].strip():
            answers["environment"] = typed["environment"].strip()
    return panels.open_(
        visit.house, who, kind, project=typed["project"], dataset=str(typed["dataset"]).strip(),
        members=typed["members"], answers=answers,
    )  # fmt: skip


def _state(visit: Visit, found: Panel, names: dict[str, str]) -> None:
    with Part("p", classes="dalgu-paragraph"):
        Part("span", visit.word(found.state), "dalgu-chip")
    subheading(visit, say("The panel"))
    rows = [
        {
            "id": seat.person, "name": names.get(seat.person, seat.person), "organisation": seat.organisation,
            "word": _word_of(visit, seat), "why": seat.recused or seat.comment, "at": when(seat.said_at),
        }
        for seat in found.seats
    ]  # fmt: skip
    columns = (("name", say("name")), ("organisation", say("organisation")), ("word", say("finding")), ("why", say("why")), ("at", say("when")))  # fmt: skip
    table(visit, say("Members"), columns, rows, search=False)
    if found.minutes:
        subheading(visit, say("Minutes"))
        Part("p", found.minutes, "dalgu-paragraph dalgu-text")
        with Part("p", classes="dalgu-paragraph"):
            anchor(visit, f"/papers/{found.kind.value}/{found.id}", say("The paper of this review"))


async def _sent_back(visit: Visit, found: Panel) -> None:
    """What was found inadequate goes back to be processed again, with the reasons."""
    if found.state is not PanelState.INADEQUATE:
        return
    against = await visit.read(lambda: sent_back.objections(visit.house, found, visit.reader.language))
    again = await visit.read(lambda: sent_back.again(visit.house, visit.signed_in, found))
    subheading(visit, say("Why it is to be processed again"))
    with Part("ul"):
        for each in against:
            Part("li", each)
    if again is not None:
        source = quote(next(iter(again.inputs.values()), ""))
        with Part("p", classes="dalgu-paragraph"):
            anchor(visit, f"/run/{quote(again.kind)}?dataset={source}&like={quote(again.id)}", say("Process it again, with changes"), "dalgu-button")  # fmt: skip


async def _matter(visit: Visit, found: Panel) -> None:
    subheading(visit, say("What is reviewed"))
    about = (await visit.read(lambda: projects.show(visit.house, visit.signed_in, found.project))).project
    try:
        dataset = await visit.read(lambda: register.show(visit.house, visit.signed_in.actor, found.dataset))
    except DalguError:
        dataset = None
    name = found.dataset if dataset is None else dataset.name
    rows: list[tuple[Message, object]] = [
        (say("project"), lambda: anchor(visit, f"/projects/{about.id}", about.name)),
        (say("purpose"), f"{visit.word(about.purpose)}: {about.reason}"),
        (say("Dataset"), lambda: anchor(visit, f"/datasets/{found.dataset}", name)),
        (say("where it is used"), str(found.answers.get("environment") or about.environment)),
        (say("digest of exactly this"), found.matter),
    ]  # fmt: skip
    facts(visit, rows)
    if dataset is None:
        return
    assessed = await visit.read(lambda: paper_subjects.assessment(visit.house, dataset))
    measured, items = paper_facts.measured(dataset, assessed), paper_facts.items(dataset)
    if measured:
        columns = (("measure", say("measure")), ("before", say("before")), ("after", say("after")))
        table(visit, say("Measured risk"), columns, [_read(visit, row) for row in measured], key="measure", search=False)  # fmt: skip
        columns4 = (("item", say("item")), ("role", say("role")), ("technique", say("technique")), ("effect", say("what it did")))  # fmt: skip
        table(visit, say("Items and techniques"), columns4, [_read(visit, row) for row in items], key="item", search=False)  # fmt: skip
    _planned(visit, found)
    if found.kind is PanelKind.ADEQUACY:
        for strange in (await visit.read(lambda: undeclared.told_of(visit.house, [dataset]))).values():
            paragraph(visit, strange)
    left = [*paper_facts.left(dataset), *found.answers.get("left", ())]  # type: ignore[misc]
    if left:
        words(visit, "h3", say("What is left"))
        with Part("ul"):
            for each in left:
                Part("li", each if isinstance(each, str) else each.said(visit.reader.language))


def _planned(visit: Visit, found: Panel) -> None:
    """Of a risk review: what each item is, why, and what is to become of it; the risk as it stands."""
    columns = {
        "items": (say("Items, and what is to become of them"), (("item", say("item")), ("role", say("role")), ("why", say("why")), ("plan", say("plan")))),
        "measured": (say("Risk as it stands"), (("measure", say("measure")), ("before", say("value")))),
    }  # fmt: skip
    for name, (caption, shown) in columns.items():
        given: Any = found.answers.get(name) or ()
        rows = [{k: v[visit.reader.language] if isinstance(v, dict) else str(v) for k, v in row.items()} for row in given]  # fmt: skip
        if rows:
            table(visit, caption, shown, rows, key=shown[0][0], search=False)


def _read(visit: Visit, row: dict[str, object]) -> dict[str, object]:
    return {k: v if isinstance(v, str) else v.said(visit.reader.language) for k, v in row.items()}  # type: ignore[attr-defined]


def _speak(visit: Visit, found: Panel) -> None:
    if rules.reasons_not_to_speak(visit.signed_in.actor, found):
        return
    subheading(visit, say("Your word"))
    if empty := risk_answers.reasons_of_empty(found):
        paragraph(visit, empty[0].message)
        return
    language = visit.reader.language
    items, answers = panels.checklist(found.kind)
    values: dict[str, Any] = {"comment": "", "why": ""}
    sheet = Blank(visit, values)
    with Part("div", classes="dalgu-form dalgu-wide"):
        if items:
            words(visit, "p", say("Who finds it adequate answers every item; who finds it inadequate answers those that show it."), "dalgu-hint")  # fmt: skip
        for item in items:
            options = [(each.name, each.label.said(language)) for each in answers]
            fields.choice(sheet, f"check {item.name}", item.label.said(language), options, empty=say("not looked at"))  # fmt: skip
        fields.text(sheet, "comment", say("Why"), rows=3, maxlength=20_000, hint=say("It stands in the paper. Name no person of the data."))  # fmt: skip
        words(visit, "p", say("Your word is signed with your key and cannot be changed. Nobody else reads it before all have spoken."), "dalgu-hint")  # fmt: skip
        with Part("div", classes="dalgu-buttons"):
            for finding, name, classes in (
                (Finding.ADEQUATE, say("I find it adequate"), "dalgu-button dalgu-small"),
                (Finding.INADEQUATE, say("I find it inadequate"), "dalgu-quiet dalgu-danger"),
            ):
                button = words(visit, "button", name, classes, type="button")
                button.on("click", lambda finding=finding: _say(visit, found, finding, values))
    with Part("details"):
        words(visit, "summary", say("I cannot judge this: step down"))
        fields.text(sheet, "why", say("Why"), needed=True, rows=2, maxlength=2000)

        async def leave() -> None:
            if await visit.do(lambda who: panels.step_down(visit.house, who, found.id, values["why"])) is not None:  # fmt: skip
                ui.navigate.reload()

        words(visit, "button", say("Step down"), "dalgu-quiet dalgu-danger", type="button").on("click", leave)


def _say(visit: Visit, found: Panel, finding: Finding, values: dict[str, Any]) -> None:
    checks = {
        k.removeprefix("check "): (str(v), "") for k, v in values.items() if k.startswith("check ") and v
    }

    if lacking := panels.unanswered(found.kind, finding, checks):
        items = "; ".join(each.label.said(visit.reader.language) for each in lacking)
        visit.show(Invalid("invalid.checks", say("Who finds it adequate has answered every item of the checklist; these lack an answer: {items}.", items=items), say("Choose an answer for each of them, then sign.")))  # fmt: skip
        return

    async def act() -> None:
        if await visit.do(lambda who: panels.speak(visit.house, who, found.id, finding, values["comment"], checks)) is not None:  # fmt: skip
            ui.navigate.reload()

    question = {
        Finding.ADEQUATE: say("Sign that you find it adequate?"),
        Finding.INADEQUATE: say("Sign that you find it inadequate?"),
    }[finding]
    confirm(visit, question, act, yes=say("Sign"), grave=False)


def _close(visit: Visit, found: Panel) -> None:
    if rules.reasons_not_to_close(visit.signed_in.actor, found, minutes="minutes that are to be written"):
        return
    subheading(visit, say("Close the review"))
    if any(seat.silence for seat in found.seats):
        paragraph(visit, say("Who has not spoken is waited for no more; the paper says so beside the minutes. The words are read once it is closed."))  # fmt: skip
    sheet = Blank(visit, {"minutes": ""})
    fields.text(sheet, "minutes", say("Minutes: who met, what was asked, what was found"), rows=5, maxlength=20_000)  # fmt: skip

    async def end() -> None:
        if await visit.do(lambda who: panels.close(visit.house, who, found.id, sheet.values["minutes"])) is not None:  # fmt: skip
            ui.navigate.reload()

    words(visit, "button", say("Close with these minutes"), "dalgu-button dalgu-small", type="button").on("click", end)  # fmt: skip


async def _lead(visit: Visit, found: Panel, names: dict[str, str]) -> None:
    """What whoever asked can do about the panel."""
    if found.state is not PanelState.OPEN or not await visit.read(lambda: seating.may_lead(visit.house, visit.signed_in, found)):  # fmt: skip
        return
    actor = visit.signed_in.actor
    empty = [s for s in found.seats if not rules.reasons_not_to_substitute(actor, found, s.person, 0, True)]
    if empty:
        await _substitute(visit, found, [(s.person, names.get(s.person, s.person)) for s in empty])
    if rules.reasons_not_to_withdraw(actor, found, True, bool(risk_answers.reasons_of_empty(found))):
        return

    async def take_back() -> None:
        if await visit.do(lambda who: panels.withdraw(visit.house, who, found.id)) is not None:
            ui.navigate.reload()

    button = words(visit, "button", say("Withdraw the review"), "dalgu-quiet dalgu-danger", type="button")
    button.on("click", lambda: confirm(visit, say("Withdraw this review?"), take_back, yes=say("Withdraw")))


async def _substitute(visit: Visit, found: Panel, empty: list[tuple[str, str]]) -> None:
    everybody = await visit.read(lambda: people.listed(visit.house))
    may = [(p.id, f"{p.name} ({p.organisation})") for p in _reviewers(everybody) if not found.seat_of(p.id)]
    subheading(visit, say("Seat a substitute"))
    paragraph(visit, say("Somebody stepped down, or is waited for no more. Who takes the place is chosen by the same rules, and reads no word before the others do."))  # fmt: skip
    sheet = Blank(visit, {"instead_of": empty[0][0], "member": None})
    with Part("div", classes="dalgu-form"):
        fields.choice(sheet, "instead_of", say("Whose place?"), empty, needed=True)
        fields.choice(sheet, "member", say("Who takes it?"), may, needed=True, empty=say("Choose a reviewer"))

    async def seat() -> None:
        typed = sheet.values
        if await visit.do(lambda who: seating.substitute(visit.house, who, found.id, typed["instead_of"], typed["member"] or "")) is not None:  # fmt: skip
            ui.navigate.reload()

    words(visit, "button", say("Seat the substitute"), "dalgu-button dalgu-small", type="button").on("click", seat)  # fmt: skip


def _reviewers(everybody: Iterable[Person]) -> list[Person]:
    return [p for p in everybody if Role.REVIEWER in p.roles and p.ended_at is None]
