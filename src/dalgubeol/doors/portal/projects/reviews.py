"""Reviews by a panel: ask for one, say what one finds, close it with minutes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from nicegui import ui

from ....errors import DalguError, Invalid
from ....language import Message, say
from ....nouns.panel import Finding, Panel, PanelKind, PanelState, Seat
from ....nouns.permit import Role
from ....rules import panels as rules
from ....verbs.datasets import register
from ....verbs.papers import paper_facts, paper_subjects
from ....verbs.people import people
from ....verbs.projects import panels, projects, risk_answers, seating, sent_back, undeclared
from ..elements import fields, persons
from ..elements.frame import confirm, facts, heading, paragraph, subheading, table, when
from ..elements.listing import listing
from ..elements.parts import Part, anchor, words
from ..elements.sheet import Blank
from ..visit import Visit, page
from .review_form import review_form


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
        await review_form(visit, project, dataset)

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
    may = [each for each in await persons.offered(visit, [Role.REVIEWER]) if not found.seat_of(each[0])]
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
