"""Linkages of this site: which there are, this site's card, and an agreement that is read, signed and taken up.

Sites are apart: a card and an agreement are files that are downloaded here and dropped there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from ....language import say
from ....nouns.linkage import LinkMode, PartyRole
from ....verbs.linkage import agreeing, carried, story
from ....verbs.linkage.agreeing import Draft
from ....verbs.linkage.carried import Carried
from ....verbs.linkage.guessing import Guessed
from ....verbs.linkage.story import Line
from ..elements import fields
from ..elements.frame import confirm, heading, note, paragraph, subheading, when
from ..elements.listing import listing
from ..elements.parts import Part, anchor, words
from ..elements.sheet import Blank
from ..elements.upload_box import documents
from ..visit import Visit, page
from .linkage_shown import measured, parties, risk, terms_shown


def add() -> None:
    @page("/linkages", say("Linkage"))
    async def listed(visit: Visit) -> None:
        with Part("div", classes="dalgu-top"):
            with Part("div"):
                heading(visit, say("Linkage"), say("Which data of ours is linked with whose, where does it stand, and whose turn is it?"))  # fmt: skip
            if agreeing.answers(visit.signed_in):
                anchor(visit, "/linkages/begin", say("Begin a linkage"), "dalgu-button")
        found = await visit.read(lambda: story.listed(visit.house, visit.signed_in))
        columns = (("name", say("linkage")), ("role", say("this site is")), ("state", say("state")), ("next", say("next step")), ("turn", say("whose turn")), ("at", say("begun on")))  # fmt: skip
        listing(visit, say("Linkages"), columns, [_row(visit, line) for line in found], empty=say("This site has agreed to no linkage yet."))  # fmt: skip
        with Part("p", classes="dalgu-paragraph"):
            anchor(visit, "/linkages/agreement", say("I was sent an agreement"))
        _designation(visit)

    @page("/linkages/begin", say("Begin a linkage"))
    async def begin(visit: Visit) -> None:
        heading(visit, say("Begin a linkage"), say("Each organisation makes a card; one of them drafts the agreement out of all cards; all sign it and take it up."))  # fmt: skip
        agreeing.check_answers(visit.signed_in)
        _outline(visit)
        subheading(visit, say("1. Your card"))
        _card_form(visit)
        subheading(visit, say("2. Draft, where that is yours to do"))
        paragraph(visit, say("One of the applicants usually drafts. You need the cards of all organisations for it."))  # fmt: skip
        anchor(visit, "/linkages/draft", say("Draft the agreement"), "dalgu-quiet")
        subheading(visit, say("3. Sign and take up"))
        paragraph(visit, say("Whoever drafted sends the agreement to all. Read it, sign it, and send it on."))
        anchor(visit, "/linkages/agreement", say("Open an agreement"), "dalgu-quiet")

    @page("/linkages/agreement", say("Agreement"))
    async def agreement(visit: Visit) -> None:
        heading(visit, say("The agreement of a linkage"), say("What would we agree to, who has signed it, and is it the same for everybody?"))  # fmt: skip
        agreeing.check_answers(visit.signed_in)
        Agreeing(visit).build()


def _row(visit: Visit, line: Line) -> dict[str, object]:
    if line.taken is None:
        return {
            "id": line.linkage, "name": line.linkage, "role": "", "at": when(line.since),
            "state": visit.text(say("being agreed")), "next": visit.text(say("Sign the agreement and take it up")),
            "link_next": "/linkages/agreement",
        }  # fmt: skip
    due = line.next
    return {
        "id": line.linkage, "name": line.linkage, "link_name": f"/linkages/{line.linkage}", "at": when(line.since),
        "role": f"{visit.word(line.taken.me.role)} ({line.me})",
        "state": visit.text(say("ended") if line.ended else say("under way")),
        "next": visit.text(due.title) if due else "", "turn": _turn(visit, line),
    }  # fmt: skip


def _turn(visit: Visit, line: Line) -> str:
    if line.next is None:
        return ""
    return visit.text(say("this site")) if line.me in line.next.turn else ", ".join(line.next.turn)


def _designation(visit: Visit) -> None:
    said = story.designation(visit.house)
    with Part("div", classes="dalgu-note"):
        if said:
            paragraph(
                visit, say("This site is a designated expert agency (결합전문기관): {said}.", said=said)
            )
        else:
            paragraph(visit, say("This site is not a designated expert agency (결합전문기관). It may be an applicant or a key agency, and link made-up data; a support centre is none by itself. Who was designated says so in settings.toml."))  # fmt: skip
        paragraph(visit, say("Inside one organisation no agency is needed: two tables are linked where they lie."))  # fmt: skip
        anchor(visit, "/run/link-inside", say("Link inside one organisation"))


def _outline(visit: Visit) -> None:
    with Part("div", classes="dalgu-note"):
        paragraph(visit, say("Four organisations take part, each with a site of its own: two or more applicants bring data; the key agency finds who is whom and sees no data; the expert agency joins pseudonymised data and sees no key. What goes between them are sealed files, which you carry."))  # fmt: skip


def _card_form(visit: Visit) -> None:
    sheet = Blank(visit, {"linkage": "", "name": "", "role": PartyRole.APPLICANT.value})
    with Part("div", classes="dalgu-form dalgu-wide"):
        pattern = say("Small letters, digits and dashes, such as injuries-2026; all organisations write it alike.")  # fmt: skip
        first = fields.text(sheet, "linkage", say("Name of the linkage"), needed=True, maxlength=39, hint=pattern, autocapitalize="none")  # fmt: skip
        fields.text(sheet, "name", say("What your organisation is called in it"), needed=True, maxlength=39, hint=say("Short, in small letters, such as insurer."), autocapitalize="none")  # fmt: skip
        fields.choice(sheet, "role", say("Its role"), [(r.value, visit.word(r)) for r in PartyRole], needed=True)  # fmt: skip

        async def make() -> None:
            typed = {name: str(value).strip() for name, value in sheet.values.items()}
            made = await visit.do(lambda who: carried.card(visit.house, who, linkage=typed["linkage"], name=typed["name"], role=PartyRole(typed["role"])))  # fmt: skip
            if made is None:
                first.focus()
                return
            mine, card = made
            download(card)
            note(visit, say("{file} is made. Send it to whoever drafts the agreement.", file=card.name))
            if mine.role is PartyRole.EXPERT_AGENCY and not mine.designated:
                note(visit, say("This site is not a designated expert agency: it may only link made-up data."))  # fmt: skip

        words(visit, "button", say("Make the card"), "dalgu-button dalgu-small", type="button").on("click", make)  # fmt: skip
        words(visit, "p", say("A new card replaces the one before: make it anew only before anybody has signed."), "dalgu-hint")  # fmt: skip


def download(made: Carried) -> None:
    ui.download.content(made.content, made.name, "application/json")


class Agreeing:
    """One agreement, from the files that were dropped to its being taken up."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.documents: list[bytes] = []

    def build(self) -> None:
        visit = self.visit
        with Part("div", classes="dalgu-form dalgu-wide"):
            words(visit, "p", say("Choose the agreement's file. Where each has signed a copy of its own, choose all copies at once."), "dalgu-hint")  # fmt: skip
            documents(visit, say("Choose the agreement"), self._chosen)
        self.rest = Part("div", aria_live="polite")

    async def _chosen(self, given: list[tuple[str, str]]) -> None:
        if given:
            await self.open([text.encode() for _, text in given])

    async def open(self, given: list[bytes]) -> None:
        self.documents = given
        found = await self.visit.do(lambda _: carried.look(self.visit.house, given))
        self.rest.clear()
        if found is None:
            return
        terms = found[0].agreement.terms
        guessed = await measured(terms) if terms.mode is LinkMode.TOLERANT else None
        with self.rest:
            self._show(found[0], guessed)

    def _show(self, found: Draft, guessed: Sequence[Guessed] | None) -> None:
        visit, agreed = self.visit, found.agreement
        mine = next((p.name for p in agreed.parties if p.verifier_key == visit.house.facts.verifier_key), "")
        subheading(visit, say("Linkage {name}", name=agreed.terms.linkage))
        parties(visit, agreed, found.signed, mine)
        terms_shown(visit, agreed.terms)
        if guessed is not None:
            risk(visit, guessed)
        with Part("div", classes="dalgu-note"):
            paragraph(visit, say("Read this digest to the others before you sign: it covers every term and every key."))  # fmt: skip
            Part("p", " ".join(agreed.digest[i : i + 8] for i in range(0, 64, 8)), "dalgu-code")
        if not mine:
            paragraph(visit, say("This site is no party to it: its card is not in it."))
        elif mine not in found.signed:
            self._sign_button()
        elif found.unsigned:
            paragraph(visit, say("You have signed. These have not: {parties}. Send the file on, and open it here again when all have signed.", parties=", ".join(found.unsigned)))  # fmt: skip
            words(visit, "button", say("Download it with the signatures so far"), "dalgu-quiet", type="button").on("click", self._again)  # fmt: skip
        else:
            paragraph(visit, say("All have signed. Take it up: from then on this site sends and receives under it."))  # fmt: skip
            words(visit, "button", say("Take it up"), "dalgu-button dalgu-small", type="button").on("click", self._take_up)  # fmt: skip

    def _sign_button(self) -> None:
        visit = self.visit
        button = words(visit, "button", say("Sign it for this site"), "dalgu-button dalgu-small", type="button")  # fmt: skip
        question = say("Sign this agreement for your organisation? The signature covers all terms and keys.")
        button.on("click", lambda: confirm(visit, question, self._sign, yes=say("Sign"), grave=False))

    async def _sign(self) -> None:
        made = await self.visit.do(lambda who: carried.sign(self.visit.house, who, self.documents))
        if made is not None:
            download(made[1])
            note(self.visit, say("Signed. Send the file on to the others."))
            await self.open([made[1].content])

    async def _again(self) -> None:
        found = await self.visit.do(lambda _: carried.look(self.visit.house, self.documents))
        if found is not None:
            download(found[1])

    async def _take_up(self) -> None:
        taken: Any = await self.visit.do(lambda who: carried.take_up(self.visit.house, who, self.documents))
        if taken is not None:
            ui.navigate.to(f"/linkages/{taken.agreement.terms.linkage}")
