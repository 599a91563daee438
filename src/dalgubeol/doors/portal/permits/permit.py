"""One Permit: what it allows, its whole history, what it lacks, and what whoever looks can do about it."""

from __future__ import annotations

from nicegui import ui

from ....language import Message, say
from ....methods.pledge import pledge
from ....nouns.permit import Permit, PermitState, Verdict
from ....nouns.record import Event
from ....verbs.permits import grant, permit_story, pledges
from ....verbs.permits.permit_story import PermitStory, Step
from ... import leaving, standing
from ..elements.frame import chip, confirm, facts, heading, note, paragraph, subheading, when
from ..elements.listing import listing
from ..elements.names import kind_title
from ..elements.parts import Part, anchor, words
from ..visit import Visit, page
from . import ask_more
from .permits import day


def add() -> None:
    @page("/permits/{permit}", say("Permit"))
    async def shown(visit: Visit, permit: str) -> None:
        story = await visit.read(
            lambda: permit_story.permit_story(visit.house, visit.signed_in.actor, permit)
        )
        heading(visit, say("Permit for {organisation}", organisation=story.permit.organisation))
        box = Part("div", aria_live="polite")
        stands = story

        def build() -> None:
            box.clear()
            with box:
                _built(visit, stands)

        async def again() -> None:
            nonlocal stands
            found = await visit.read(
                lambda: permit_story.permit_story(visit.house, visit.signed_in.actor, permit)
            )
            if found != stands:
                stands = found
                build()

        with box:
            _built(visit, story)
        _decide(visit, story, again)
        visit.live(again)


def _built(visit: Visit, story: PermitStory) -> None:
    permit = story.permit
    with Part("p", classes="dalgu-paragraph"):
        Part("span", visit.word(permit.state), "dalgu-chip")
    for lack in story.lacks:
        paragraph(visit, lack)
    if permit.state is PermitState.GRANTED and not story.lacks:
        paragraph(visit, say("It is in force until the end of {day}.", day=day(permit.valid_until)))
    _terms(visit, story)
    subheading(visit, say("What happened so far"))
    _timeline(visit, story)
    _runs(visit, story)


def _terms(visit: Visit, story: PermitStory) -> None:
    permit, c = story.permit, story.permit.conditions

    def datasets() -> None:
        with Part("ul", classes="dalgu-plain-list"):
            for dataset in story.datasets:
                with Part("li"):
                    anchor(visit, f"/datasets/{dataset.id}", dataset.name)
                    Part("span", " ")
                    chip(visit, dataset.sensitivity)
                    Part("span", dataset.organisation, "dalgu-faint")

    rows: list[tuple[Message, object]] = [
        (say("who asks"), f"{story.holder.name} ({permit.organisation})"),
        (say("Datasets"), datasets),
        (say("kinds"), ", ".join(visit.text(kind_title(k)) for k in sorted(permit.kinds))),
        (say("which allows to"), ", ".join(visit.word(g) for g in sorted(permit.grants))),
        (say("purpose"), visit.word(permit.purpose)),
        (say("what for"), permit.reason),
        *([(say("evidence"), permit.evidence)] if permit.evidence else []),
        *_applied(visit, story),
        (say("until and including"), day(permit.valid_until)),
        (say("Runs used"), f"{permit.runs_used:,} / {c.runs:,}"),
        *([(say("what it may come to"), story.cost)] if story.cost is not None else []),
        (say("conditions of every Run"), leaving.of_runs(c)),
        (say("smallest cell that may leave (persons)"), f"{c.smallest_cell:,}"),
        *((leaving.budget_of(each), leaving.left(each)) for each in story.accounts),
        (say("id"), permit.id),
    ]  # fmt: skip
    facts(visit, rows)
    with Part("details"):
        words(visit, "summary", say("Disclosure rules: what a result must look like to leave"))
        facts(visit, leaving.shown(c.disclosure))


def _applied(visit: Visit, story: PermitStory) -> list[tuple[Message, object]]:
    permit, applied = story.permit, story.permit.application
    if applied is None:
        return []
    names = {d.id: d.name for d in story.datasets}
    items = "; ".join(f"{names.get(d, d)}: {', '.join(columns)}" for d, columns in applied.items.items())
    return [
        (say("who works under it"), ", ".join(story.people)),
        (say("items"), items or visit.text(say("all columns"))),
        *([(say("environment"), applied.environment)] if applied.environment else []),
        *([(say("follows"), lambda: anchor(visit, f"/permits/{applied.renews}", str(applied.renews)))] if applied.renews else []),
        (say("releases used"), f"{permit.exports_used:,} / {permit.conditions.exports:,}"),
        (say("files that left"), f"{permit.files_used:,} / {permit.conditions.files:,}"),
    ]  # fmt: skip


def _pledge(visit: Visit, story: PermitStory) -> None:
    """The pledge, for whoever is to sign it."""
    permit = story.permit
    text = pledge(permit.application.pledge) if permit.application else None
    if text is None:
        return
    subheading(visit, say("Your pledge"))
    ask_more.shown_pledge(visit, text)

    async def sign() -> None:
        if (
            await visit.do(lambda who: pledges.sign(visit.house, who, permit.id, visit.reader.language))
            is not None
        ):
            ui.navigate.to(f"/permits/{permit.id}")

    with Part("div", classes="dalgu-buttons"):
        words(
            visit, "button", say("I have read it, and sign it"), "dalgu-button dalgu-small", type="button"
        ).on("click", sign)


def _timeline(visit: Visit, story: PermitStory) -> None:
    with Part("ol", classes="dalgu-timeline"):
        for step in story.steps:
            with Part("li"):
                words(visit, "p", _what(step), "dalgu-strong")
                Part("p", f"{when(step.at)} · {step.organisation} · {step.name}", "dalgu-faint")
                if step.comment:
                    Part("p", step.comment)
                if step.signed is not None:
                    words(visit, "p", say("The signature holds.") if step.signed else say("The signature does not hold: tell the operator."), "dalgu-faint" if step.signed else "dalgu-no")  # fmt: skip
        if story.permit.state is PermitState.REQUESTED:
            with Part("li", classes="dalgu-next-step"):
                words(visit, "p", say("Next: somebody decides."), "dalgu-faint")


def _what(step: Step) -> Message:
    if step.verdict is Verdict.GRANT:
        return say("granted, with a signature")
    if step.verdict is Verdict.REFUSE:
        return say("refused, with a signature")
    if step.what is Event.PLEDGED:
        return say("signed the pledge")
    if step.what is Event.PERMIT_ENDED:
        return say("over: what the zone held of it is destroyed")
    if step.what is Event.GRANTED:
        return say("in force: enough people have granted it")
    if step.what is Event.REQUESTED:
        return say("asked for")
    return say("revoked") if step.what is Event.REVOKED else say("given back")


def _runs(visit: Visit, story: PermitStory) -> None:
    subheading(visit, say("Runs under it"))
    rows = [
        {
            "id": run.id, "kind": visit.text(kind_title(run.kind)), "link_kind": f"/runs/{run.id}", "state": visit.text(standing.beside(run.state, story.submissions.get(run.id))),
            "at": when(run.submitted_at),
        }
        for run in story.runs
    ]  # fmt: skip
    listing(visit, say("Runs under it"), (("kind", say("kind")), ("state", say("state")), ("at", say("asked on"))), rows, empty=say("Nothing was run under it."))  # fmt: skip


def _decide(visit: Visit, story: PermitStory, again: object) -> None:
    permit = story.permit
    if story.may_pledge:
        _pledge(visit, story)
    if permit.state is PermitState.REQUESTED and not story.reasons_not_to_decide:
        _decision_form(visit, permit)
    elif permit.state is PermitState.REQUESTED and permit.holder != visit.signed_in.actor.id:
        with Part("details"):
            words(visit, "summary", say("Why you do not decide on this"))
            with Part("ul"):
                for reason in story.reasons_not_to_decide:
                    Part("li", reason.text(visit.reader.language))
    with Part("div", classes="dalgu-buttons"):
        if story.may_follow:
            anchor(visit, f"/permits/ask?renews={permit.id}", say("Ask for one that follows"), "dalgu-quiet")
        if story.may_withdraw:
            words(visit, "button", say("Give it back"), "dalgu-quiet", type="button").on(
                "click", lambda: _withdraw(visit, permit)
            )
        if story.may_revoke:
            words(visit, "button", say("Revoke it"), "dalgu-quiet dalgu-danger", type="button").on(
                "click", lambda: _revoke(visit, permit)
            )


def _decision_form(visit: Visit, permit: Permit) -> None:
    subheading(visit, say("Your decision"))
    said = {"comment": ""}
    with Part("div", classes="dalgu-form"):
        with Part("div", classes="dalgu-field"):
            label = words(visit, "label", say("A word to the others"))
            comment = Part("textarea", rows=2, maxlength=1000)
            comment.props["id"] = comment.html_id
            label.props["for"] = comment.html_id
            comment.on("input", lambda event: said.update(comment=str(event.args)), js_handler="(event) => emit(event.target.value)", throttle=0.2)  # fmt: skip
        words(visit, "p", say("Your decision is signed with your key and cannot be changed; the other must be made by another person."), "dalgu-hint")  # fmt: skip
        with Part("div", classes="dalgu-buttons"):
            for verdict, name, classes in (
                (Verdict.GRANT, say("Grant it"), "dalgu-button dalgu-small"),
                (Verdict.REFUSE, say("Refuse it"), "dalgu-quiet dalgu-danger"),
            ):
                button = words(visit, "button", name, classes, type="button")
                button.on("click", lambda verdict=verdict: _ask(visit, permit, verdict, said))


def _ask(visit: Visit, permit: Permit, verdict: Verdict, said: dict[str, str]) -> None:
    async def settle() -> None:
        if (
            await visit.do(lambda who: grant.decide(visit.house, who, permit.id, verdict, said["comment"]))
            is not None
        ):
            ui.navigate.to(f"/permits/{permit.id}")

    if verdict is Verdict.GRANT:
        confirm(visit, say("Grant this Permit to {organisation}, with your signature?", organisation=permit.organisation), settle, yes=say("Sign and grant"), grave=False)  # fmt: skip
    else:
        confirm(visit, say("Refuse this Permit? That ends the request."), settle, yes=say("Sign and refuse"))


def _withdraw(visit: Visit, permit: Permit) -> None:
    async def give_back() -> None:
        if await visit.do(lambda who: grant.withdraw(visit.house, who, permit.id)) is not None:
            note(visit, say("It is given back."))
            ui.navigate.to(f"/permits/{permit.id}")

    confirm(
        visit,
        say("Give this Permit back? Nothing can be run under it any more."),
        give_back,
        yes=say("Give it back"),
    )


def _revoke(visit: Visit, permit: Permit) -> None:
    async def revoke() -> None:
        if await visit.do(lambda who: grant.revoke(visit.house, who, permit.id)) is not None:
            note(visit, say("It is revoked."))
            ui.navigate.to(f"/permits/{permit.id}")

    confirm(
        visit,
        say(
            "Revoke this Permit at once? Runs that wait under it do not begin, and those under way are stopped."
        ),
        revoke,
        yes=say("Revoke it"),
    )
