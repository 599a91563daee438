"""Home, without sign-in: what is here, what it is used for, who may use it; for who is signed in, what waits."""

from __future__ import annotations

from dataclasses import dataclass

from ...language import Message, say
from ...nouns.dataset import Dataset
from ...verbs.history import public, region
from ...verbs.history.region import Numbers
from ...verbs.keeping import drafts
from ...verbs.people import waiting
from ...verbs.people.waiting import Waiting
from .. import standing
from .elements import charts
from .elements.frame import chip, chip_text, heading, subheading, when
from .elements.listing import listing
from .elements.names import form_address, form_name, kind_title
from .elements.parts import Part, anchor, words
from .permits.permits import day
from .visit import Visit, page


def add() -> None:
    @page("/", say("Home"), public=True)
    async def home(visit: Visit, q: str = "") -> None:
        q = q[:200]
        heading(
            visit, say("Data of a region of manufacturers"),
            say("Firms bring their data in safely, it is used only as somebody was permitted to, and anybody can check the history."),
        )  # fmt: skip
        if visit.who is not None:
            _waiting(visit, await visit.read(lambda: _yours(visit)))
        _search(visit, q)
        found = await visit.read(lambda: region.open_datasets(visit.house, q))
        _open(visit, found, q)
        if q:
            _registered(visit, await visit.read(lambda: public.found(visit.house, q)), q)
            return
        _numbers(visit, await visit.read(lambda: region.numbers(visit.house)))
        _who(visit)


@dataclass(frozen=True, slots=True)
class Yours:
    waiting: Waiting
    drafts: tuple[tuple[str, str], ...]


def _yours(visit: Visit) -> Yours:
    who = visit.signed_in
    return Yours(waiting.waiting(visit.house, who), drafts.listed(visit.house, who.actor))


def _waiting(visit: Visit, yours: Yours) -> None:
    """What this person can do now, with a link to each; nothing where nothing waits."""
    subheading(visit, say("Waiting for you"))
    rows: list[tuple[Message, str, str]] = [
        *((say("Decide on a Permit: {organisation} asks", organisation=p.organisation), f"/permits/{p.id}", p.requested_at) for p in yours.waiting.permits),
        *((say("Look at files and vote: {organisation}", organisation=r.organisation), f"/airlock/{r.run}", r.opened_at) for r in yours.waiting.reviews),
        *((say("Say what you find: {review}", review=p.kind), f"/reviews/{p.id}", p.opened_at) for p in yours.waiting.panels),
        *((say("Your Run '{what}': {state}", what=kind_title(r.kind), state=standing.beside(r.state, yours.waiting.submissions.get(r.id))), f"/runs/{r.id}", r.submitted_at) for r in yours.waiting.runs),
        *((say("Go on with your draft: {form}", form=form_name(form)), form_address(form), at) for form, at in yours.drafts),
    ]  # fmt: skip
    if not rows:
        words(visit, "p", say("Nothing waits for you."), "dalgu-paragraph")
        return
    with Part("ul", classes="dalgu-tasks"):
        for name, address, at in rows[:20]:
            with Part("li"):
                anchor(visit, address, name)
                Part("span", when(at), "dalgu-faint")


def _search(visit: Visit, q: str) -> None:
    label = visit.text(say("Search open Datasets and the public register"))
    with Part("form", classes="dalgu-search", action="/", method="get", role="search"):
        Part("label", label, for_="q")
        with Part("div", classes="dalgu-search-row"):
            Part("input", id="q", name="q", type="search", value=q, maxlength=200, autocomplete="off")
            words(visit, "button", say("Search"), "dalgu-button dalgu-small", type="submit")


def _registered(visit: Visit, entries: tuple[public.Entry, ...], q: str) -> None:
    """Permits that speak of the words: who may use what for which purpose."""
    subheading(visit, say("In the public register"))
    if not entries:
        words(visit, "p", say("No entry of the register has these words."), "dalgu-empty")
    rows = [
        {
            "id": e.permit, "organisation": e.organisation, "purpose": visit.word(e.purpose),
            "datasets": ", ".join(name for _, name in e.datasets), "standing": visit.word(e.standing),
            "until": day(e.valid_until),
        }
        for e in entries
    ]  # fmt: skip
    columns = (
        ("organisation", say("organisation")), ("purpose", say("purpose")), ("datasets", say("Datasets")),
        ("standing", say("state")), ("until", say("until and including")),
    )  # fmt: skip
    if rows:
        listing(visit, say("In the public register"), columns, rows, export=False)
    with Part("p", classes="dalgu-paragraph"):
        anchor(visit, "/register", say("To the whole public register"))


def _open(visit: Visit, found: tuple[Dataset, ...], q: str) -> None:
    subheading(visit, say("Open Datasets"))
    if not found:
        nothing = say("No open Dataset has these words.") if q else say("No Dataset is open to everybody yet. Results become open when two reviewers release them.")  # fmt: skip
        words(visit, "p", nothing, "dalgu-empty")
        return
    words(visit, "p", say("Everybody may have these, without an account."), "dalgu-paragraph")
    with Part("ul", classes="dalgu-cards"):
        for dataset in found:
            with Part("li"):
                anchor(visit, f"/datasets/{dataset.id}", dataset.name, "dalgu-card-name")
                chip(visit, dataset.sensitivity)
                if dataset.about.get("description"):
                    Part("p", str(dataset.about["description"])[:300])
                rows = (
                    ""
                    if dataset.rows is None
                    else visit.text(say("{rows} rows", rows=f"{dataset.rows:,}")) + " · "
                )
                Part("p", f"{rows}{dataset.organisation} · {when(dataset.created_at)}", "dalgu-faint")


def _numbers(visit: Visit, n: Numbers) -> None:
    subheading(visit, say("The region in numbers"))
    words(visit, "p", say("True for {when}.", when=when(n.at)), "dalgu-faint")
    tiles = (
        (say("Datasets"), sum(n.datasets.values())),
        (say("Permits in force"), n.permits_in_force),
        (say("Runs done"), n.runs_done),
        (say("releases by two reviewers"), n.releases),
        (say("Records in the history"), n.records),
        (say("organisations"), n.organisations),
    )
    with Part("dl", classes="dalgu-tiles"):
        for name, value in tiles:
            with Part("div"):
                words(visit, "dt", name)
                Part("dd", f"{value:,}")
    with Part("div", classes="dalgu-two"):
        charts.bars(
            visit, _kept_careful(n),
            [charts.Point(chip_text(visit, s), count, chip=s.value) for s, count in n.datasets.items()],
            (say("sensitivity"), say("Datasets")),
        )  # fmt: skip
        charts.line(
            visit, say("How much is done with the data: Runs that ended well, by month"),
            [charts.Point(month, count) for month, count in n.runs_by_month], (say("month"), say("Runs")),
        )  # fmt: skip


def _kept_careful(n: Numbers) -> Message:
    careful = sum(count for sensitivity, count in n.datasets.items() if sensitivity.rank >= 3)
    return say("How careful one must be: {careful} of {all} Datasets are of persons and encrypted", careful=careful, all=sum(n.datasets.values()))  # fmt: skip


def _who(visit: Visit) -> None:
    subheading(visit, say("Who may do what here"))
    rows = (
        (say("Everybody"), say("takes open Datasets, reads the public register, and checks the history.")),
        (say("A firm"), say("brings its data in, says who decides on it, and sees every use of it.")),
        (say("An analyst"), say("asks for a Permit with a purpose; two people decide. The data stays here, the script comes to it.")),
        (say("A reviewer"), say("looks at what would leave; two of other organisations must agree.")),
    )  # fmt: skip
    with Part("dl", classes="dalgu-facts"):
        for name, what in rows:
            words(visit, "dt", name)
            words(visit, "dd", what)
