"""What the step of a linkage that is due asks of its clerk: a button, a file to hand on, a file to drop, a Run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nicegui import ui

from ....language import say
from ....nouns.dataset import Dataset
from ....nouns.linkage import Content
from ....nouns.run import Run, RunState
from ....rules.linkage_course import Act, Step
from ....verbs.datasets import choices
from ....verbs.linkage import agreeing, carried, secrets, story
from ....verbs.runs import submit
from ....world.identity import SignedIn
from ..elements import fields
from ..elements.frame import note, paragraph
from ..elements.parts import Part, anchor, words
from ..elements.sheet import Blank, Field
from ..elements.upload_box import DETAIL, upload_box
from ..runs.run import stored_message
from . import envelopes

if TYPE_CHECKING:
    from .linkage import OneLinkage

_SENT = {
    Content.SALT: say("Everybody who has the salt can try guesses against the keys: it goes to applicants only, by a way that you trust."),
    Content.SERIALS: say("From it the applicant makes its serial numbers."),
    Content.BLINDED: say("Nobody can try guesses on blinded items without both exponents."),
    Content.KEYS: say("Keys and serial numbers only; nothing of your table goes with them."),
    Content.TOLD: say("Each applicant learns its own linkage rate, and decides whether it is worth going on."),
    Content.PAIRS: say("Send them when every applicant has said that it wishes to go on. The expert agency sees serial numbers, and no key."),
    Content.PAYLOAD: say("The pseudonymised rows with their serial numbers; no key."),
    Content.RESULT: say("The export committee has let exactly this content out."),
}  # fmt: skip
_RUNS = {
    "link-match": say("Equal keys are looked for (or similar encodings). You see serial numbers and rates, and no data."),
    "link-double": say("The other applicant's items are blinded with your exponent too; the key agency then sees who is equal, and nothing else."),
    "link-extract": say("Only the rows that will be joined are kept, to be pseudonymised and sent."),
    "link-join": say("Rows are put together by their serial numbers, which do not come out."),
}  # fmt: skip
_MADE = {
    "link-keys": "keys", "link-double": "doubled", "link-extract": "extracted", "link-match": "pairs", "link-join": "linked",
}  # fmt: skip
"""What the Dataset is called that a Run makes, behind the name of the linkage."""
_AT_WORK = (RunState.QUEUED, RunState.RUNNING)


async def show(page: OneLinkage, step: Step) -> None:
    """Inside the section of the next step."""
    visit = page.visit
    if page.found.run is not None and page.found.run.state in _AT_WORK:
        with Part("p", classes="dalgu-paragraph", role="status"):
            words(visit, "span", say("It is at work; this page goes on by itself."))
            Part("span", " ")
            anchor(visit, f"/runs/{page.found.run.id}", say("See how far it is"))
        return
    _fault(page)
    if step.act is Act.SECRET:
        _secret(page)
    elif step.act is Act.SEND:
        await _send(page, step)
    elif step.act is Act.RECEIVE:
        _receive(page, step)
    elif step.act is Act.RUN:
        await _run(page, step)
    else:
        page.finish_button()


def _fault(page: OneLinkage) -> None:
    run = page.found.run
    if run is None or run.fault is None:
        return
    with Part("div", classes="dalgu-error", role="alert"):
        paragraph(page.visit, stored_message(run.fault.message))
        paragraph(page.visit, stored_message(run.fault.next_step)).classes("dalgu-next")
        anchor(page.visit, f"/runs/{run.id}", say("The Run that failed"))


def _button(page: OneLinkage, name: Any, act: Callable[[], Any], classes: str = "dalgu-button dalgu-small") -> Part:  # fmt: skip
    button = words(page.visit, "button", name, classes, type="button")
    button.on("click", act)
    return button


def _secret(page: OneLinkage) -> None:
    visit = page.visit
    paragraph(visit, say("Salt, seed or exponent, whatever this site needs, is made here by chance, encrypted with a key of its own, and shown to nobody."))  # fmt: skip

    async def make() -> None:
        if await visit.do(lambda who: secrets.make_secret(visit.house, who, page.linkage)) is not None:
            note(visit, say("The secret is made and kept here."))
            await page.again()

    _button(page, say("Make the secret"), make)


async def _send(page: OneLinkage, step: Step) -> None:
    visit = page.visit
    paragraph(visit, _SENT[Content(step.content)])
    if page.found.held_back:
        with Part("div", classes="dalgu-error"):
            words(visit, "p", say("It may not be sent yet:"))
            with Part("ul"):
                for reason in page.found.held_back:
                    words(visit, "li", reason.message)
        if any(reason.code.startswith("review.") for reason in page.found.held_back):
            anchor(visit, "/reviews/ask", say("Ask a panel for a review"), "dalgu-button")
    options = list(story.candidates(page.found, step))
    sheet = Blank(visit, {"dataset": options[0].id if options else ""})
    if len(options) > 1:
        fields.choice(sheet, "dataset", say("Which Dataset?"), [(d.id, d.name) for d in options], needed=True)
    send_buttons(page, step, step.to, lambda: str(sheet.values["dataset"]))


def send_buttons(page: OneLinkage, step: Step, to: Sequence[str], dataset: Callable[[], str] | None = None) -> None:  # fmt: skip
    """One for each party: the envelope is sealed and downloaded, to be handed on as a file."""
    visit, content = page.visit, Content(step.content)
    asked = content if content in (Content.SALT, Content.SERIALS) else None

    async def seal(party: str) -> None:
        def sealed(who: SignedIn) -> tuple[str, str, str]:
            made = carried.send(visit.house, who, dataset() if dataset else step.dataset, to=party, content=asked)  # fmt: skip
            return envelopes.put(who.actor.id, made), made.name, made.digest

        made = await visit.do(sealed)
        if made is None:
            return
        address, name, digest = made
        ui.download.from_url(address, name)
        page.told.clear()
        with page.told, Part("div", classes="dalgu-note"):
            paragraph(visit, say("{file} is sealed for {party} and was downloaded. Hand it on as a file; tell this digest on another way:", file=name, party=party))  # fmt: skip
            Part("p", digest, "dalgu-code")
        await page.again()

    with Part("div", classes="dalgu-buttons"):
        for party in to:
            name = say("Seal {what} for {party}", what=content, party=party)
            _button(page, name, partial(seal, party))


def _receive(page: OneLinkage, step: Step) -> None:
    visit = page.visit
    waits = say("It is the turn of: {parties}. When the file has come, drop it here.", parties=", ".join(step.everybody))  # fmt: skip
    paragraph(visit, waits)
    if len(step.everybody) > 1:
        words(visit, "p", say("They are opened together, when all are here."), "dalgu-hint")
    wished = {"result": say("What the result is to be called")}.get(step.content)
    _boxes(page, [(p, say("Envelope from {party}", party=p)) for p in step.everybody], wished)


def any_envelope(page: OneLinkage) -> None:
    _boxes(page, [("any", say("Envelope"))], None)


def _boxes(page: OneLinkage, senders: Sequence[tuple[str, Any]], wished: Any) -> None:
    """One box for each sender, and one button for all."""
    visit = page.visit
    sheet = Blank(visit, {"name": ""})
    arrived: dict[str, str] = {}
    boxes: dict[str, Field] = {}
    for sender, label in senders:
        box, boxes[sender] = upload_box(sheet, sender, label, say("Choose the envelope"), accept=".envelope,.env")  # fmt: skip
        box.on("whole", lambda event, sender=sender: arrived.__setitem__(sender, str(event.args["id"])), js_handler=DETAIL)  # fmt: skip
        box.on("dropped", lambda _, sender=sender: arrived.pop(sender, None), js_handler="() => emit()")
    if wished is not None:
        fields.text(sheet, "name", wished, maxlength=100, hint=say("Empty: a name is made."))

    async def opened() -> None:
        lacking = [field for sender, field in boxes.items() if sender not in arrived]
        for field in boxes.values():
            field.wrong(say("Choose the envelope first.") if field in lacking else None)
        if lacking:
            lacking[0].focus()
            return
        name = str(sheet.values["name"]).strip() or None
        kept, error = await visit.attempt(lambda who: carried.receive(visit.house, who, list(arrived.values()), name))  # fmt: skip
        if error is not None:
            visit.show(error)
        if kept is not None:
            note(visit, say("{name} has arrived and is kept, {sensitivity}.", name=kept.name, sensitivity=kept.sensitivity))  # fmt: skip
            await page.again()

    _button(page, say("Open the envelopes") if len(senders) > 1 else say("Open the envelope"), opened)


async def _run(page: OneLinkage, step: Step) -> None:
    visit = page.visit
    if step.kind == "pseudonymise":
        paragraph(visit, say("The wizard opens with the numbered table. Take a project on the basis of article 28-3, and leave the column 'serial' as it is: the expert agency joins by it. This page goes on when the Run is done."))  # fmt: skip
        anchor(visit, f"/run/pseudonymise?dataset={quote(step.dataset)}", say("Pseudonymise the numbered table"), "dalgu-button")  # fmt: skip
    elif step.kind == "link-keys":
        await _keys(page)
    else:
        paragraph(visit, _RUNS[step.kind])
        inputs = _inputs(page, step)
        parameters = {"mock": True} if step.mock and step.kind == "link-match" else {}
        _button(page, say("Start the mock linkage") if parameters else step.title, lambda: start(page, step.kind, inputs, parameters))  # fmt: skip


def _inputs(page: OneLinkage, step: Step) -> dict[str, str]:
    """Everything that goes into it is here already, and known."""
    agreement = page.found.taken.dataset.id

    def last(content: str, received: bool) -> str:
        return next((d.id for d in reversed(page.found.here) if story.is_of(d, content, received)), "")

    whole = (d for d in reversed(page.found.here) if story.is_of(d, "numbered", False) and not agreeing.marked(d).get("extracted"))  # fmt: skip
    numbered = next((d.id for d in whole), "")
    return {
        "link-match": {"keys": step.dataset, "agreement": agreement},
        "link-double": {"blinded": step.dataset, "agreement": agreement, "secret": last("secret", False)},
        "link-extract": {"numbered": numbered, "told": step.dataset, "agreement": agreement},
        "link-join": {"payloads": last("payload", True), "pairs": step.dataset, "agreement": agreement},
    }[step.kind]


async def start(page: OneLinkage, kind: str, inputs: dict[str, str], parameters: dict[str, Any]) -> None:
    visit = page.visit

    def asked(who: SignedIn) -> Run:
        name = agreeing.free_name(visit.house, f"{page.linkage}-{_MADE[kind]}")
        return submit.submit(visit.house, who.actor, kind, inputs, {**parameters, "name": name})

    run = await visit.do(asked)
    if run is not None:
        await page.again()


async def _keys(page: OneLinkage) -> None:
    """Which table, and which of its columns is which key item."""
    visit, terms = page.visit, page.found.taken.agreement.terms
    usable = await visit.read(lambda: choices.usable(visit.house, visit.signed_in.actor, "link-keys"))
    ours = {d.id for d in page.found.here}
    tables = {d.id: d for d in usable["data"] if d.id not in ours}
    paragraph(visit, say("Keys for the key agency are made, and the table with the same serial numbers, which stays here. Say which table it is, and which column holds which key item."))  # fmt: skip
    if not tables:
        paragraph(visit, say("There is no table here that you may use. Bring the table of persons in first."))
        anchor(visit, "/datasets/bring", say("Bring a Dataset in"), "dalgu-button")
        return
    sheet = Blank(visit, {"data": "", "columns": {}})
    columns = Part("div")

    def chosen(_: Any) -> None:
        table = tables.get(str(sheet.values["data"]))
        columns.clear()
        if table is not None:
            with columns:
                _columns(sheet, table, [item.name for item in terms.items])

    with Part("div", classes="dalgu-form dalgu-wide") as form:
        data = fields.choice(sheet, "data", say("The table of persons"), [(d.id, f"{d.name} · {visit.word(d.sensitivity)}") for d in tables.values()], needed=True, empty=say("Choose a Dataset"), after=chosen)  # fmt: skip
    columns.move(form)

    async def make() -> None:
        if not sheet.values["data"]:
            data.wrong(say("Choose a Dataset."))
            data.focus()
            return
        secret = next((d.id for d in reversed(page.found.here) if story.is_of(d, "secret", False)), "")
        inputs = {"data": str(sheet.values["data"]), "agreement": page.found.taken.dataset.id, "secret": secret}  # fmt: skip
        given = {item.name: sheet.values[f"column {item.name}"] for item in terms.items if sheet.values.get(f"column {item.name}")}  # fmt: skip
        await start(page, "link-keys", inputs, {"columns": given})

    _button(page, say("Make keys and serial numbers"), make)


def _columns(sheet: Blank, table: Dataset, items: Sequence[str]) -> None:
    for item in items:
        named = [c.name for c in table.columns]
        sheet.values[f"column {item}"] = item if item in named else ""
        fields.choice(
            sheet, f"column {item}", say("Column of the key item '{item}'", item=item), [(n, n) for n in named],
            needed=True, empty=say("Choose a column"),
        )  # fmt: skip
