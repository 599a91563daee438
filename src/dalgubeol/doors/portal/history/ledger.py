"""The ledger: is the history whole, what does it say, and does a bundle or an older checkpoint agree with it.

For everybody. Payloads are for people who are signed in, as the verbs have it.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from nicegui import ui

from ....language import Message, say
from ....nouns.record import Event
from ....verbs.history import prove, story
from ....verbs.history.story import Line, Lines
from ....world.store.chores import Done
from ..elements.fields import chooser
from ..elements.frame import facts, heading, paragraph, subheading, table, when
from ..elements.parts import Part, anchor, named, words
from ..visit import Visit, page
from .bundles import LARGEST_MB

_NOT_PROVEN = (
    say("That there is only one history: whoever holds the site's key could sign a second one and show it to somebody else. Only comparing checkpoints shows that, so keep one and give it to others."),
    say("That nobody rolled everything back: a restored backup is a true, shorter history. A newer checkpoint in other hands shows it."),
    say("That everything was recorded: it proves what was written down, not what somebody did with other tools."),
    say("That a Record is true: it proves who signed a decision or a vote, and that the line has not changed since."),
)  # fmt: skip


def add() -> None:
    @page("/ledger", say("Ledger"), public=True)
    async def ledger(visit: Visit, about: str = "", event: str = "", before: int | None = None) -> None:
        ui.add_head_html('<script src="/static/bundle.js" defer></script>')
        heading(visit, say("Ledger"), say("Is the history whole, and what happened here? Anybody can check it, without trusting this site."))  # fmt: skip
        await _whole(visit)
        asked = bool(about or event or before is not None)
        if asked:  # whoever followed a link or a filter came for the Records
            await _records(visit, about.strip(), event, before)
        _bundle(visit)
        _older(visit)
        if not asked:
            await _records(visit, "", "", None)
        _limits(visit)

    @page("/ledger/record/{record}", say("Record"), public=True)
    async def one(visit: Visit, record: int) -> None:
        line, proof = await visit.read(lambda: story.line(visit.house, visit.who, record))
        heading(visit, say("Record {record}", record=record), say("One line of the history, which nobody can change any more."))  # fmt: skip
        _one(visit, line, proof)


async def _whole(visit: Visit) -> None:
    subheading(visit, say("Is it whole?"))
    shown = Part("div", role="status", aria_live="polite")
    bar = Part("progress", classes="dalgu-bar-wide", max=100, hidden=True, aria_label=visit.text(say("Progress of the check")))  # fmt: skip

    async def again() -> None:
        done = await visit.read(lambda: story.last_check(visit.house))
        shown.clear()
        with shown:
            _last(visit, done)

    async def check() -> None:
        button.disable()
        named(bar, hidden=None, value=0)
        bar.update()
        loop, client = asyncio.get_running_loop(), visit.client

        def progress(done: int, of: int) -> None:
            def told() -> None:
                with client:
                    named(bar, value=round(100 * done / of) if of else 100)
                    bar.update()

            loop.call_soon_threadsafe(told)

        asked_by = visit.who.actor.organisation if visit.who is not None else ""
        try:
            await visit.do_as_anybody(lambda: story.ask_for_check(visit.house, asked_by, progress))
        finally:
            named(bar, hidden=True)
            bar.update()
            button.enable()
        await again()

    with Part("div", classes="dalgu-buttons"):
        button = ui.button(visit.text(say("Check the whole history now")), on_click=check).props("no-caps unelevated")  # fmt: skip
        if visit.who is not None:
            anchor(visit, "/ledger/bundle", say("Download the whole history (bundle)"), download=True)
    if visit.who is None:
        paragraph(visit, say("The whole history as one file holds who ran what and when: people who are signed in download it, and anybody may check a file that they were given, below."))  # fmt: skip
    await again()
    note = await visit.read(lambda: prove.checkpoint(visit.house))
    with Part("details"):
        words(visit, "summary", say("Latest checkpoint and public key, to keep or to hand on"))
        for name, id_, text in (
            (say("Latest checkpoint"), "ledger-note", note),
            (say("Public key"), "ledger-key", visit.house.facts.verifier_key),
        ):
            words(visit, "h3", name)
            Part("pre", text, "dalgu-text", id=id_, tabindex=0)
            with Part("div", classes="dalgu-buttons"):
                words(visit, "button", say("Copy"), "dalgu-button dalgu-small", type="button", data_copy=id_, data_done=visit.text(say("Copied")))  # fmt: skip
                if id_ == "ledger-note":
                    anchor(visit, "/ledger/checkpoint", say("As a file"), download="checkpoint.txt")


def _last(visit: Visit, done: Done | None) -> None:
    if done is None:
        words(visit, "p", say("Nobody has checked it yet. The button below does."), "dalgu-state")
        return
    with Part("p", classes=f"dalgu-state dalgu-state-{'released' if done.ok else 'held'}"):
        words(visit, "strong", say("Whole.") if done.ok else say("NOT whole."))
        Part("span", f" {visit.text(done.outcome)} ({when(done.last_at)})")


async def _records(visit: Visit, about: str, event: str, before: int | None) -> None:
    subheading(visit, say("Records"))
    found = await visit.read(
        lambda: story.lines(visit.house, visit.who, about=about, event=event, before=before, limit=25)
    )
    _filter(visit, about, event)
    columns = (
        ("number", say("record")), ("at", say("when")), ("event", say("event")), ("subject", say("about")), ("actor", say("by")),
    )  # fmt: skip
    rows = [_row(visit, line) for line in found.lines]
    table(visit, say("Records, the newest first"), columns, rows, empty=say("No Record fits. Ask for less."))
    _pages(visit, found, about, event, before)


def _row(visit: Visit, line: Line) -> dict[str, object]:
    return {
        "id": line.record, "number": line.record, "link_number": f"/ledger/record/{line.record}", "at": when(line.at),
        "event": _event(visit, line.event), "subject": line.subject, "link_subject": f"/ledger?{urlencode({'about': line.subject})}",
        "actor": line.actor, "link_actor": f"/ledger?{urlencode({'about': line.actor})}",
    }  # fmt: skip


def _filter(visit: Visit, about: str, event: str) -> None:
    """A plain form: the address says what is shown, and can be kept."""
    with Part("form", classes="dalgu-filter dalgu-plain", method="get", action="/ledger", role="search"):
        with Part("div"):
            words(visit, "label", say("About (id of a Dataset, Permit, Run or person)"), for_="about")
            Part("input", id="about", name="about", value=about, maxlength=100, autocapitalize="none", spellcheck="false")  # fmt: skip
        with Part("div"):
            words(visit, "label", say("Event"), for_="event")
            with Part("select", id="event", name="event"):
                words(visit, "option", say("all"), value="")
                for each in story.EVENTS:
                    Part("option", visit.word(each), value=each.value, selected=each.value == event)
        words(visit, "button", say("Show"), "dalgu-button dalgu-small", type="submit")


def _pages(visit: Visit, found: Lines, about: str, event: str, before: int | None) -> None:
    given = {name: value for name, value in (("about", about), ("event", event)) if value}
    with Part("nav", classes="dalgu-buttons", aria_label=visit.text(say("Pages"))):
        words(visit, "span", say("{size} Records in all", size=f"{found.size:,}"), "dalgu-faint")
        if before is not None:
            anchor(visit, f"/ledger?{urlencode(given)}", say("The newest"))
        if found.older is not None:
            anchor(
                visit, f"/ledger?{urlencode({**given, 'before': found.older})}", say("Older ones"), rel="next"
            )


def _bundle(visit: Visit) -> None:
    subheading(visit, say("Check a bundle"))
    paragraph(visit, say("Somebody gave you a history as a file? Drop it here. It is checked on the server with the key that you give, and not kept."))  # fmt: skip
    data = {
        "data_sending": say("The file is being sent."), "data_checking": say("The file is being checked: every Record, every signature."),
        "data_large": say("The file is larger than {most} MB. Check it with `dalgu ledger verify` on your own machine.", most=LARGEST_MB),
        "data_lost": say("The connection broke. Nothing was kept; try again."),
    }  # fmt: skip
    attributes = {name: visit.text(message) for name, message in data.items()}
    with Part("div", classes="dalgu-plain", id="bundle-form", data_most=LARGEST_MB << 20, **attributes):
        with Part("div", classes="dalgu-drop", id="bundle-drop"):
            words(visit, "p", say("Drop the bundle here (up to {most} MB), or:", most=LARGEST_MB))
            chooser(visit, say("Choose a bundle"), id="bundle-file", accept=".jsonl,.json,.txt")
            Part("span", "", "dalgu-faint", id="bundle-name")
        with Part("details"):
            words(visit, "summary", say("Another key, or an older checkpoint to compare with"))
            words(visit, "label", say("Public key (this site's, if you leave it empty)"), for_="bundle-key")
            Part("input", id="bundle-key", autocapitalize="none", spellcheck="false")
            words(
                visit, "label", say("Older checkpoint: the bundle must only add to it"), for_="bundle-since"
            )
            Part("textarea", id="bundle-since", rows=5, spellcheck="false")
            words(
                visit,
                "button",
                say("Check again"),
                "dalgu-button dalgu-small",
                type="button",
                id="bundle-again",
            )
        Part("progress", id="bundle-bar", classes="dalgu-bar-wide", max=100, value=0, hidden=True, aria_label=visit.text(say("Progress of the check")))  # fmt: skip
        Part("div", id="bundle-found", role="status", aria_live="polite", tabindex=-1)


def _older(visit: Visit) -> None:
    subheading(visit, say("Compare a checkpoint that you kept"))
    paragraph(visit, say("A checkpoint is a few signed lines. If you kept one, this proves that nothing before it was changed or removed."))  # fmt: skip
    with Part("div", classes="dalgu-plain"):
        words(visit, "label", say("Older checkpoint of this site"), for_="since-note")
        Part("textarea", id="since-note", rows=5, spellcheck="false")
        with Part("div", classes="dalgu-buttons"):
            chooser(visit, say("Choose the file"), id="since-file", accept=".txt,text/plain")
            words(
                visit, "button", say("Compare"), "dalgu-button dalgu-small", type="button", id="since-check"
            )
        Part("progress", id="since-bar", classes="dalgu-bar-wide", max=100, value=0, hidden=True, aria_label=visit.text(say("Progress of the check")))  # fmt: skip
        Part("div", id="since-found", role="status", aria_live="polite", tabindex=-1)


def _limits(visit: Visit) -> None:
    subheading(visit, say("What this does not prove"))
    with Part("ul", classes="dalgu-plain-list dalgu-paragraph"):
        for message in _NOT_PROVEN:
            words(visit, "li", message)


def _one(visit: Visit, line: Line, proof: tuple[str, ...]) -> None:
    about: list[tuple[Message, object]] = [
        (say("when"), when(line.at)),
        (say("event"), _event(visit, line.event)),
        (say("by"), lambda: anchor(visit, f"/ledger?{urlencode({'about': line.actor})}", line.actor)),
        (say("about"), lambda: anchor(visit, f"/ledger?{urlencode({'about': line.subject})}", line.subject)),
        (say("Datasets"), ", ".join(line.datasets)),
        (say("Permits"), ", ".join(line.permits)),
    ]
    facts(visit, about)
    subheading(visit, say("The line itself"))
    paragraph(visit, say("This is for ever. Its commitment binds it to a content that can be erased when its time has come."))  # fmt: skip
    Part("pre", line.leaf, "dalgu-text", tabindex=0)
    subheading(visit, say("Its content"))
    if line.payload is not None:
        Part("pre", line.payload, "dalgu-text", tabindex=0)
    elif line.erased_at is not None:
        paragraph(
            visit, say("It was erased on {day}, when it had been kept long enough.", day=when(line.erased_at))
        )
    elif visit.who is None:
        paragraph(visit, say("People who are signed in see it."))
    else:
        paragraph(visit, say("There is none."))
    with Part("details"):
        words(visit, "summary", say("Proof that it is in the tree of the latest checkpoint ({count} hashes)", count=len(proof)))  # fmt: skip
        Part("pre", "\n".join(proof), "dalgu-text", tabindex=0)
    anchor(visit, "/ledger", say("The whole ledger"))


def _event(visit: Visit, name: str) -> str:
    return visit.word(Event(name)) if name in set(Event) else name
