"""What was agreed in a linkage, in words and tables: the parties, the terms, and who could guess persons."""

from __future__ import annotations

from collections.abc import Collection

from nicegui import run

from ....language import Message, say
from ....nouns.linkage import EACH, Agreement, Duplicates, JoinType, LinkMode, Party, Terms
from ....nouns.permit import Purpose
from ....verbs.linkage import guessing
from ....verbs.linkage.guessing import Guessed
from ..elements.frame import facts, paragraph, subheading
from ..elements.listing import listing
from ..elements.parts import Part, words
from ..visit import Visit

NORMALISERS = {
    "text": say("a text, as it is written"), "name": say("a person's name"), "phone": say("a phone number"),
    "date": say("a date"), "address": say("an address"), "digits": say("digits only"), "sex": say("sex"),
}  # fmt: skip
JOINS = {
    JoinType.INNER: say("only rows that were linked"), JoinType.LEFT: say("all rows of one applicant, and what was linked to them"),
    JoinType.OUTER: say("all rows of all applicants"),
}  # fmt: skip
DUPLICATES = {Duplicates.REFUSE: say("no keys are made: mend the table first"), Duplicates.DROP: say("they are left out")}  # fmt: skip
MODES = {
    LinkMode.EXACT: (
        say("Finds persons whose key items are all alike once normalised."),
        say("Whoever has the keys and the salt can try guesses: the key agency together with one applicant."),
    ),
    LinkMode.OBLIVIOUS: (
        say("Finds the same persons, between two applicants."),
        say("Nobody by trying, not even the key agency together with one applicant. An applicant that brings made-up persons learns from its rate."),
    ),
    LinkMode.TOLERANT: (
        say("Finds also slips, moves, changed names and phones, between two applicants."),
        say("The key agency, in part, even without the salt: how much is measured below, before you choose it."),
    ),
}  # fmt: skip
"""What each finds, and who could guess persons from what crosses."""


def parties(visit: Visit, agreed: Agreement, signed: Collection[str] | None = None, me: str = "") -> None:
    columns = [("name", say("party")), ("role", say("role")), ("organisation", say("organisation")), ("site", say("site"))]  # fmt: skip
    if signed is not None:
        columns.append(("signed", say("signed")))
    rows = [
        {
            "id": p.name, "name": visit.text(say("{name} (this site)", name=p.name)) if p.name == me else p.name,
            "role": visit.word(p.role) + _designated(visit, p), "organisation": p.organisation, "site": p.site,
            "signed": visit.text(say("yes") if signed and p.name in signed else say("no")),
        }
        for p in agreed.parties
    ]  # fmt: skip
    listing(visit, say("The parties"), columns, rows, export=False)


def _designated(visit: Visit, party: Party) -> str:
    return f" · {visit.text(say('designated: {said}', said=party.designated))}" if party.designated else ""


def terms_shown(visit: Visit, terms: Terms) -> None:
    yes, no = say("yes"), say("no")
    items = ", ".join(f"{i.name} ({visit.text(NORMALISERS[i.normalise])})" if i.normalise in NORMALISERS else i.name for i in terms.items)  # fmt: skip
    purpose = next((visit.word(p) for p in Purpose if p.value == terms.purpose), terms.purpose)
    rows: list[tuple[Message, object]] = [
        (say("purpose"), f"{purpose}: {terms.reason}"), (say("way of comparing"), visit.word(terms.mode)),
        (say("key items"), items), (say("salt issued by"), terms.salt_by or visit.text(say("nobody: there is none"))),
        (say("serial numbers made by"), visit.text(say("each applicant, its own")) if terms.serials_by == EACH else terms.serials_by),
        (say("rows that are kept"), visit.text(JOINS[terms.join]) + (f" ({terms.left})" if terms.join is JoinType.LEFT else "")),
        (say("rows without a partner may leave of"), ", ".join(terms.may_leave) or visit.text(say("nobody"))),
        (say("persons who share a key"), visit.text(DUPLICATES[terms.duplicates])),
        (say("sample that is joined"), f"{100 * terms.sample:g} %"),
        (say("mock linkage first"), f"{100 * terms.mock:g} %" if terms.mock else visit.text(say("none"))),
        (say("only rows that will be joined are brought"), visit.text(yes if terms.extract else no)),
        (say("made-up data only (a rehearsal)"), visit.text(yes if terms.dummy else no)),
    ]  # fmt: skip
    if terms.mode is LinkMode.TOLERANT:
        rows.append((say("settings of the encodings"), settings_text(visit, terms)))
    subheading(visit, say("What is agreed"))
    facts(visit, rows)


def settings_text(visit: Visit, terms: Terms) -> str:
    t = terms.tolerance
    folded = visit.text(say("folded") if t.fold else say("not folded"))
    return visit.text(say("{bits} bits, {hashes} hashes, {q}-grams, {folded}, {flip} % flipped, from a similarity of {threshold} on", bits=t.bits, hashes=t.hashes, q=t.q, folded=folded, flip=f"{100 * t.flip:g}", threshold=f"{t.threshold:g}"))  # fmt: skip


async def measured(terms: Terms) -> tuple[Guessed, ...]:
    """The guess risk of such encodings; nothing where there is nothing to guess from. Takes some seconds."""
    found: tuple[Guessed, ...] | None = await run.io_bound(guessing.guessed, terms)
    return found or ()


def risk(visit: Visit, found: Collection[Guessed]) -> None:
    if not found:
        paragraph(visit, say("These terms make no encodings of names: there is nothing to guess from."))
        return
    attackers = {
        None: say("guesses blindly"),
        0: say("has the encodings and the public frequencies of names"),
    }
    rows = [
        {
            "id": str(each.known), "who": visit.text(attackers.get(each.known) or say("also knows whose {count} of the encodings are", count=each.known or 0)),
            "names": f"{100 * each.names:.1f} %", "surnames": f"{100 * each.surnames:.1f} %",
        }
        for each in found
    ]  # fmt: skip
    words(visit, "h3", say("Guess risk of the tolerant mode"))
    words(visit, "p", say("Guess risk of these encodings, measured on {count} made-up persons. Who has the salt as well reads the names.", count=guessing.PERSONS), "dalgu-paragraph")  # fmt: skip
    columns = (("who", say("an attacker who")), ("names", say("finds full names")), ("surnames", say("finds surnames")))  # fmt: skip
    listing(visit, say("Guess risk of the tolerant mode"), columns, rows, numbers=("names", "surnames"), export=False)  # fmt: skip


def modes(visit: Visit) -> None:
    """The three ways of comparing beside each other."""
    rows = [
        {"id": mode.value, "mode": visit.word(mode), "finds": visit.text(finds), "guess": visit.text(guess)}
        for mode, (finds, guess) in MODES.items()
    ]
    columns = (("mode", say("way of comparing")), ("finds", say("what it finds")), ("guess", say("who could guess persons from what crosses")))  # fmt: skip
    listing(visit, say("Ways of comparing"), columns, rows, export=False)


def rates(visit: Visit, said: Collection[Message]) -> None:
    """What was found out: linkage rates first of all."""
    if not said:
        return
    subheading(visit, say("What was found out"))
    with Part("ul"):
        for line in said:
            if "`" not in line.template:  # what the command line does next, this page does otherwise
                words(visit, "li", line)
