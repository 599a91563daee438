"""The export committee (반출심사위원회) of a linkage: called, heard, and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....language import say
from ....nouns.permit import Role
from ....rules.linkage import LARGEST_COMMITTEE, SMALLEST_COMMITTEE, Stand
from ....rules.linkage import Field as Expertise
from ....rules.linkage_course import Step
from ....verbs.linkage import committee
from ....verbs.linkage.committee import Minutes
from ....verbs.people import people
from ..elements import fields
from ..elements.frame import confirm, note, paragraph, subheading, when
from ..elements.listing import listing
from ..elements.parts import Part, anchor, words
from ..elements.sheet import Blank

if TYPE_CHECKING:
    from .linkage import OneLinkage


async def review(page: OneLinkage, step: Step) -> None:
    """Inside the section of the next step: call it, vote, or wait for it."""
    visit = page.visit
    found = next((m for m in page.found.minutes if m.dataset == step.dataset), None)
    decided = None if found is None else found.outcome
    too_few = decided is not None and any(r.code == "committee.too-few" for r in decided.reasons)
    if found is None or decided is None or decided.approved is False or too_few:
        if decided is not None:
            for reason in decided.reasons:
                paragraph(visit, reason.message)
        if page.acts:
            await _convene(page, step)
        else:
            paragraph(visit, say("An operator or a provider of this site calls the committee."))
        return
    for reason in decided.reasons:
        paragraph(visit, reason.message)
    me = visit.signed_in.actor.id
    if any(m.person == me and m.stand is Stand.ABSENT for m in found.members):
        _vote(page, found)
    else:
        names = await _names(page)
        left = [names.get(m.person, m.person) for m in found.members if m.stand is Stand.ABSENT]
        paragraph(visit, say("Waiting for: {people}. Members sign in here and vote on this page.", people=", ".join(left)))  # fmt: skip


async def minutes(page: OneLinkage, open_: str) -> None:
    """Every committee of this linkage, with what was said. `open_`: the Dataset that one is deciding on."""
    visit = page.visit
    if not page.found.minutes:
        return
    names = await _names(page)
    datasets = {d.id: d.name for d in page.found.here}
    subheading(visit, say("The export committee"))
    for found in page.found.minutes:
        said = {each.person: each for each in found.said}
        rows = [
            {
                "id": m.person, "name": names.get(m.person, m.person), "organisation": m.organisation, "field": visit.word(m.field),
                "stand": visit.word(m.stand), "comment": said[m.person].comment if m.person in said else "",
                "at": when(said[m.person].at) if m.person in said else "",
            }
            for m in found.members
        ]  # fmt: skip
        name = datasets.get(found.dataset, found.dataset)
        paragraph(visit, say("On {name}, called on {day}, round {round}:", name=name, day=when(found.convened_at), round=found.round))  # fmt: skip
        columns = (("name", say("member")), ("organisation", say("organisation")), ("field", say("field")), ("stand", say("stand")), ("comment", say("comment")), ("at", say("when")))  # fmt: skip
        listing(visit, say("Members"), columns, rows, export=False)
        verdict = {True: say("Approved."), False: say("Rejected."), None: say("Not decided yet.")}
        with Part("p", classes="dalgu-paragraph"):
            words(visit, "strong", verdict[found.outcome.approved])
            Part("span", " ")
            anchor(visit, f"/papers/export-review/{found.dataset}", say("The minutes as a paper"))


async def _names(page: OneLinkage) -> dict[str, str]:
    return {p.id: p.name for p in await page.visit.read(lambda: people.listed(page.visit.house))}


async def _convene(page: OneLinkage, step: Step) -> None:
    visit = page.visit
    everybody = await visit.read(lambda: people.listed(visit.house))
    may = [p for p in everybody if Role.REVIEWER in p.roles and p.ended_at is None]
    paragraph(visit, say("{least} to {most} experts without an interest in it, of law and of technology among them, decide whether the result leaves. Nobody of an applicant, and not who joined.", least=SMALLEST_COMMITTEE, most=LARGEST_COMMITTEE))  # fmt: skip
    if not may:
        paragraph(visit, say("Nobody here is a reviewer yet: an operator invites the experts."))
        anchor(visit, "/people", say("People"), "dalgu-quiet")
        return
    sheet = Blank(visit, {p.id: "" for p in may})
    options = [(f.value, visit.word(f)) for f in Expertise]
    with Part("div", classes="dalgu-form dalgu-wide"):
        for person in may:
            fields.choice(sheet, person.id, f"{person.name} ({person.organisation})", options, empty=say("is no member"))  # fmt: skip

        async def call() -> None:
            members = {id_: Expertise(field) for id_, field in sheet.values.items() if field}
            if await visit.do(lambda who: committee.convene(visit.house, who, step.dataset, members)) is not None:  # fmt: skip
                note(visit, say("The committee is called."))
                await page.again()

        words(visit, "button", say("Call the committee"), "dalgu-button dalgu-small", type="button").on("click", call)  # fmt: skip


def _vote(page: OneLinkage, found: Minutes) -> None:
    visit = page.visit
    sheet = Blank(visit, {"comment": ""})
    paragraph(visit, say("You are a member of the committee. Your word is signed with your key and cannot be changed."))  # fmt: skip
    anchor(visit, f"/datasets/{found.dataset}", say("See what is to leave"))
    with Part("div", classes="dalgu-form dalgu-wide"):
        fields.text(sheet, "comment", say("Why"), rows=3, maxlength=20_000, hint=say("It stands in the minutes. Name no person of the data."))  # fmt: skip
        with Part("div", classes="dalgu-buttons"):
            for stand, name, question, classes in (
                (Stand.APPROVE, say("It may leave"), say("Sign that it may leave?"), "dalgu-button dalgu-small"),
                (Stand.REJECT, say("It may not leave"), say("Sign that it may not leave?"), "dalgu-quiet dalgu-danger"),
                (Stand.RECUSED, say("I have an interest: step back"), say("Step back from this committee?"), "dalgu-quiet"),
            ):  # fmt: skip
                button = words(visit, "button", name, classes, type="button")
                button.on("click", lambda stand=stand, question=question: _ask(page, found, sheet, stand, question))  # fmt: skip


def _ask(page: OneLinkage, found: Minutes, sheet: Blank, stand: Stand, question: Any) -> None:
    visit = page.visit

    async def say_it() -> None:
        made = await visit.do(lambda who: committee.judge(visit.house, who, found.dataset, stand, str(sheet.values["comment"])))  # fmt: skip
        if made is not None:
            note(visit, say("Your word is recorded."))
            await page.again()

    confirm(visit, question, say_it, yes=say("Sign"), grave=False)
