"""Drafting the agreement of a linkage: the cards of all parties are dropped, the terms are chosen, what the tolerant
mode would give away is measured and shown before it can be chosen."""

from __future__ import annotations

import json
from typing import Any

from ....language import say
from ....nouns.linkage import EACH, Duplicates, JoinType, LinkMode, PartyRole, Terms
from ....nouns.permit import Purpose
from ....verbs.linkage import agreeing, carried
from ..elements import fields
from ..elements.frame import heading, note, paragraph, subheading
from ..elements.listing import listing
from ..elements.parts import Part, anchor, words
from ..elements.sheet import Blank, Field, Inside
from ..elements.upload_box import documents
from ..visit import Visit, page
from .linkage_shown import DUPLICATES, JOINS, NORMALISERS, measured, modes, risk
from .linkages import download

_BEGUN: dict[str, Any] = {
    "linkage": "", "purpose": Purpose.SCIENTIFIC_RESEARCH.value, "reason": "", "mode": LinkMode.EXACT.value,
    "salt_by": "", "serials_by": EACH, "join": JoinType.INNER.value, "left": "", "may_leave": [],
    "duplicates": Duplicates.REFUSE.value, "sample": "100", "mock": "0", "extract": False, "dummy": False,
}  # fmt: skip
_TOLERANCE = {"bits": "1024", "hashes": "20", "q": "2", "fold": True, "flip": "0", "threshold": "0.68"}


def add() -> None:
    @page("/linkages/draft", say("Draft the agreement"))
    async def draft(visit: Visit) -> None:
        heading(visit, say("Draft the agreement"), say("Drop the cards of all organisations, choose the terms, and send the file to everybody to be signed."))  # fmt: skip
        agreeing.check_answers(visit.signed_in)
        Drafting(visit).build()


class Drafting:
    """One draft."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.cards: dict[str, bytes] = {}
        self.fields: dict[str, Field] = {}
        self.known: list[tuple[str, PartyRole, str]] = []
        """Name, role and organisation of each party, as its card says; whether it is true is seen at the draft."""
        items = [
            {"name": visit.text(say("full name")), "normalise": "name"},
            {"name": visit.text(say("date of birth")), "normalise": "date"},
        ]
        begun = {**_BEGUN, "items": items, "tolerance": dict(_TOLERANCE), "accepted": False, "may_leave": []}
        self.sheet = Blank(visit, begun)

    def build(self) -> None:
        visit = self.visit
        subheading(visit, say("The cards"))
        with Part("div", classes="dalgu-form dalgu-wide"):
            documents(visit, say("Choose the cards"), self._dropped)
            self.shown = Part("div", aria_live="polite")
        self.rest = Part("div", classes="dalgu-form dalgu-wide")

    def _dropped(self, given: list[tuple[str, str]]) -> None:
        for name, text in given:
            try:
                card = json.loads(text)["card"]
                role = PartyRole(card["role"])
                self.cards[str(card["name"])] = text.encode()
                known = [each for each in self.known if each[0] != card["name"]]
                self.known = [*known, (str(card["name"])[:39], role, str(card["organisation"])[:200])]
            except (ValueError, KeyError, TypeError, RecursionError):
                note(self.visit, say("{file} is no card of a linkage.", file=name))
        self._show_cards()
        if self.known:
            self._show_terms()

    def _show_cards(self) -> None:
        visit = self.visit
        self.shown.clear()
        rows = [{"id": n, "name": n, "role": visit.word(r), "organisation": o} for n, r, o in self.known]
        with self.shown:
            columns = (("name", say("party")), ("role", say("role")), ("organisation", say("organisation")))
            listing(visit, say("The parties"), columns, rows, export=False)
            roles = [role for _, role, _ in self.known]
            lacking = [r for r in PartyRole if r not in roles]
            if roles.count(PartyRole.APPLICANT) == 1:
                lacking = [PartyRole.APPLICANT, *lacking]
            if lacking:
                paragraph(visit, say("Still lacking: {roles}.", roles=", ".join(visit.word(r) for r in lacking)))  # fmt: skip

    @property
    def applicants(self) -> list[tuple[str, str]]:
        return [(n, f"{n} ({o})") for n, r, o in self.known if r is PartyRole.APPLICANT]

    def _show_terms(self) -> None:
        visit, sheet = self.visit, self.sheet
        self.rest.clear()
        if sheet.values["salt_by"] == "" and self.applicants:
            sheet.values["salt_by"] = self.applicants[0][0]
        with self.rest:
            subheading(visit, say("What for"))
            self.fields["linkage"] = fields.text(sheet, "linkage", say("Name of the linkage"), needed=True, maxlength=39, hint=say("As all have written it on their cards."), autocapitalize="none")  # fmt: skip
            fields.choice(sheet, "purpose", say("For which purpose?"), [(p.value, visit.word(p)) for p in Purpose], needed=True)  # fmt: skip
            self.fields["reason"] = fields.text(sheet, "reason", say("What for, in your own words?"), needed=True, rows=2, maxlength=500)  # fmt: skip
            subheading(visit, say("What is compared"))
            self.items = Part("div")
            self._show_items()
            subheading(visit, say("Which way of comparing"))
            modes(visit)
            fields.choice(sheet, "mode", say("Way of comparing"), [(m.value, visit.word(m)) for m in LinkMode], needed=True, after=self._mode_chosen)  # fmt: skip
            self.mode = Part("div", aria_live="polite")
            subheading(visit, say("Who makes what"))
            self.salt = Part("div")
            makers = [(n, visit.text(say("{name} for all", name=n))) for n, r, _ in self.known if r is not PartyRole.EXPERT_AGENCY]  # fmt: skip
            fields.choice(sheet, "serials_by", say("Who makes the serial numbers?"), [(EACH, visit.text(say("each applicant, its own"))), *makers], needed=True)  # fmt: skip
            self._show_salt()
            self._show_rows()
            self._end()

    def _end(self) -> None:
        visit = self.visit
        fields.yes(self.sheet, "dummy", say("Made-up data only: a rehearsal"), hint=say("Needs no designated expert agency; real data of different organisations does (PIPA art. 28-3)."))  # fmt: skip
        words(visit, "button", say("Draft the agreement"), "dalgu-button dalgu-small", type="button").on("click", self._draft)  # fmt: skip
        self.done = Part("div", aria_live="polite")

    def _show_items(self) -> None:
        visit, items = self.visit, self.sheet.values["items"]
        self.items.clear()
        kinds = [(name, visit.text(shown)) for name, shown in NORMALISERS.items()]
        with self.items:
            words(visit, "p", say("Key items: what both know of a person. The resident registration number is never one (PIPA art. 24-2)."), "dalgu-hint")  # fmt: skip
            for place, item in enumerate(items):
                with Part("fieldset", classes="dalgu-inside"):
                    words(visit, "legend", say("Key item {number}", number=place + 1))
                    inside = Inside(self.sheet, item)
                    with Part("div", classes="dalgu-row"):
                        fields.text(inside, "name", say("What it is called"), needed=True, maxlength=100)
                        fields.choice(inside, "normalise", say("What kind of value"), kinds, needed=True)
                    if len(items) > 1:
                        button = words(visit, "button", say("Remove key item {number}", number=place + 1), "dalgu-link", type="button")  # fmt: skip
                        button.on("click", lambda place=place: self._remove(place))
            words(visit, "button", say("One more key item"), "dalgu-quiet", type="button").on("click", self._one_more)  # fmt: skip

    def _remove(self, place: int) -> None:
        del self.sheet.values["items"][place]
        self._show_items()

    def _one_more(self) -> None:
        if len(self.sheet.values["items"]) < 20:
            self.sheet.values["items"].append({"name": "", "normalise": "text"})
            self._show_items()

    async def _mode_chosen(self, _: Any) -> None:
        self._show_salt()
        self.sheet.values["accepted"] = False
        self.mode.clear()
        if self.sheet.values["mode"] != LinkMode.TOLERANT.value:
            return
        with self.mode:
            self._show_tolerance()
            self.measured = Part("div", aria_live="polite")
        await self._measure()

    def _show_tolerance(self) -> None:
        visit = self.visit
        inside = Inside(self.sheet, self.sheet.values["tolerance"])
        with Part("details"):
            words(visit, "summary", say("Settings of the encodings"))
            with Part("div", classes="dalgu-row"):
                fields.text(inside, "bits", say("Bits"), type_="number", min=128, max=8192, step=128)
                fields.text(inside, "hashes", say("Hashes"), type_="number", min=1, max=100)
                fields.text(inside, "q", say("Letters of a q-gram"), type_="number", min=1, max=4)
                fields.text(inside, "flip", say("Share of flipped bits, 0 to 0.5"), type_="number", min=0, max=0.5, step="any")  # fmt: skip
                fields.text(inside, "threshold", say("Least similarity of a pair, 0.3 to 1"), type_="number", min=0.3, max=1, step="any")  # fmt: skip
            fields.yes(inside, "fold", say("Fold the encodings: harder to guess from"))
            words(visit, "button", say("Measure again"), "dalgu-quiet", type="button").on("click", self._measure)  # fmt: skip

    async def _measure(self) -> None:
        visit = self.visit
        asked = await self._asked()
        if asked is None:
            return
        self.sheet.values["accepted"] = False
        self.measured.clear()
        with self.measured:
            words(visit, "p", say("The guess risk is being measured..."), "dalgu-hint")
        found = await measured(asked)
        self.measured.clear()
        with self.measured:
            risk(visit, found)
            self.accept = fields.yes(self.sheet, "accepted", say("We have read the risk, and choose this way of comparing"))  # fmt: skip

    def _show_salt(self) -> None:
        self.salt.clear()
        if self.sheet.values["mode"] == LinkMode.OBLIVIOUS.value:
            return
        with self.salt:
            fields.choice(self.sheet, "salt_by", say("Which applicant issues the salt?"), self.applicants, needed=True, hint=say("It is handed to the other applicants, and to no agency."))  # fmt: skip

    def _show_rows(self) -> None:
        visit, sheet = self.visit, self.sheet
        subheading(visit, say("Which rows"))
        fields.choice(sheet, "join", say("Which rows are kept?"), [(j.value, visit.text(JOINS[j])) for j in JoinType], needed=True, after=lambda _: self._show_outer())  # fmt: skip
        self.outer = Part("div", aria_live="polite")
        self._show_outer()
        fields.choice(sheet, "duplicates", say("Persons who share a key with another of the same applicant"), [(d.value, visit.text(DUPLICATES[d])) for d in Duplicates], needed=True)  # fmt: skip
        with Part("details"):
            words(visit, "summary", say("Sample, mock linkage, extraction"))
            fields.text(sheet, "sample", say("Share of what is linked that is joined, in percent"), type_="number", min=0, max=100, step="any")  # fmt: skip
            fields.text(sheet, "mock", say("Share for a mock linkage first, in percent; 0: none"), type_="number", min=0, max=100, step="any")  # fmt: skip
            fields.yes(sheet, "extract", say("Each applicant is told which of its rows will be joined, and brings only those"), hint=say("It then knows which of its persons the other has."))  # fmt: skip

    def _show_outer(self) -> None:
        sheet, join = self.sheet, self.sheet.values["join"]
        self.outer.clear()
        with self.outer:
            if join == JoinType.LEFT.value:
                fields.choice(sheet, "left", say("Whose rows are all kept?"), self.applicants, needed=True)
            if join != JoinType.INNER.value:
                fields.many(sheet, "may_leave", say("Whose rows may leave though nothing was linked to them?"), self.applicants, hint=say("None: they stay at the expert agency."))  # fmt: skip

    def _values(self) -> dict[str, Any]:
        typed, mode, join = self.sheet.values, self.sheet.values["mode"], self.sheet.values["join"]
        items = [{"name": str(i["name"]).strip(), "normalise": i["normalise"]} for i in typed["items"]]
        may = [p for p in typed["may_leave"] if join == JoinType.OUTER.value or p == typed["left"]]
        plain = {
            "linkage": str(typed["linkage"]).strip(), "purpose": typed["purpose"], "reason": str(typed["reason"]).strip(),
            "mode": mode, "items": items, "salt_by": "" if mode == LinkMode.OBLIVIOUS.value else typed["salt_by"],
            "serials_by": typed["serials_by"], "join": join, "left": typed["left"] if join == JoinType.LEFT.value else "",
            "may_leave": may if join != JoinType.INNER.value else [], "duplicates": typed["duplicates"],
            "sample": _share(typed["sample"]), "mock": _share(typed["mock"]), "extract": bool(typed["extract"]),
            "dummy": bool(typed["dummy"]),
        }  # fmt: skip
        if mode == LinkMode.TOLERANT.value:
            t = typed["tolerance"]
            whole = {name: int(_number(t[name])) for name in ("bits", "hashes", "q")}
            plain["tolerance"] = {**whole, "fold": bool(t["fold"]), "flip": _number(t["flip"]), "threshold": _number(t["threshold"])}  # fmt: skip
        return plain

    async def _asked(self) -> Terms | None:
        """What is typed as terms; for a measurement, name and reason need not be there yet."""
        values = self._values()
        return await self.visit.do(lambda _: carried.terms({**values, "linkage": "risk", "reason": "-"}))

    async def _draft(self) -> None:
        visit, values = self.visit, self._values()
        if values["mode"] == LinkMode.TOLERANT.value and not self.sheet.values["accepted"]:
            accept: Field = self.accept
            accept.wrong(say("Read the measured risk, and say that you choose it."))
            accept.focus()
            return
        made, error = await visit.attempt(
            lambda who: carried.draft(visit.house, who, carried.terms(values), list(self.cards.values()))
        )
        at = self.fields.get(error.code.removeprefix("invalid.")) if error is not None else None
        for field in self.fields.values():
            field.wrong(error.detail if error is not None and field is at else None)
        if at is not None:
            at.focus()
        elif error is not None:
            visit.show(error)
        if made is None:
            return
        download(made[1])
        self.done.clear()
        with self.done, Part("div", classes="dalgu-note"):
            paragraph(visit, say("{file} is drafted. Send it to all parties, sign it yourself, and take it up when all have signed.", file=made[1].name))  # fmt: skip
            Part("p", made[0].agreement.digest, "dalgu-code")
            anchor(visit, "/linkages/agreement", say("Open the agreement and sign it"), "dalgu-quiet")


def _number(typed: Any) -> float:
    """What was typed as a number; what is none is out of every bound."""
    try:
        return float(str(typed).replace(",", "."))
    except ValueError:
        return -1.0


def _share(typed: Any) -> float:
    return round(_number(typed) / 100, 6)
