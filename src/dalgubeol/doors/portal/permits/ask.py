"""Asking for a Permit: for which Datasets, to do what, what for, until when; who decides, and what happens next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from nicegui import background_tasks, ui

from .... import kinds
from ....errors import DalguError, Invalid, Refused
from ....language import Message, say
from ....methods.pledge import newest, pledge
from ....nouns.dataset import Dataset
from ....nouns.disclosure import Disclosure
from ....nouns.permit import Conditions, Permit, Purpose
from ....rules import costs
from ....rules.granting import GRANTORS_NEEDED
from ....verbs.airlock.budget import Told, told_so_far
from ....verbs.datasets import choices
from ....verbs.house.clock import ZONE
from ....verbs.house.house import House
from ....verbs.permits import grant
from ....verbs.permits.applications import site_rules, usual_end
from ....world.identity import SignedIn
from ... import leaving
from ..elements import fields, persons
from ..elements.frame import heading
from ..elements.names import kind_title
from ..elements.parts import Part, words
from ..elements.picker import Picker
from ..elements.sheet import Field, Sheet
from ..visit import Visit, page
from . import ask_more

_CONDITIONS = {
    "runs": say("Runs in all"),
    "smallest_cell": say("smallest cell that may leave (persons)"),
    "wall_s": say("seconds that a script may take"),
    "memory_mb": say("memory that a script may use (MB)"),
    "output_mb": say("size of what a script may leave (MB)"),
    "output_files": say("files that a script may leave"),
    "processes": say("processes and threads of a script at one time"),
    "scratch_mb": say("what a script may set aside while it runs (MB)"),
    "exports": say("releases in all"),
    "files": say("files that may leave in all"),
    "epsilon": say("epsilon that noisy answers may spend on each Dataset in all"),
    "delta": say("delta that noisy answers may spend on each Dataset in all"),
}
_DECIMALS = frozenset({"epsilon", "delta"})
_FIELD_OF = {
    "request.datasets": "datasets", "request.reason": "reason", "request.evidence": "evidence",
    "request.period": "until", "invalid.until": "until", "request.people": "people",
    "request.organisation": "people", "request.renews": "renews", "request.revoked": "renews",
}  # fmt: skip


def add() -> None:
    @page("/permits/ask", say("Ask for a Permit"))
    async def ask(visit: Visit, dataset: str = "", kind: str = "", renews: str = "") -> None:
        heading(visit, say("Ask for a Permit"), say("Nothing is permitted by default. You say what you need and what for; two other people decide."))  # fmt: skip
        until, rules = await visit.read(lambda: (usual_end(visit.house), site_rules(visit.house)))
        sheet = await Sheet.opened(visit, "permit", _begins(until, rules, kind))
        if renews:
            sheet.values["renews"] = renews
        if dataset:
            wished = await visit.read(lambda: _known(visit.house, [dataset]))
            sheet.values["datasets"] = list(
                dict.fromkeys([*sheet.values["datasets"], *(d.id for d in wished)])
            )
        await _form(visit, sheet)


def _begins(until: str, rules: tuple[int, Disclosure], kind: str) -> dict[str, Any]:
    usual = replace(Conditions(), smallest_cell=rules[0])
    return {
        "datasets": [], "kinds": [kind] if kind else [], "purpose": Purpose.STATISTICS.value,
        "reason": "", "evidence": "", "until": until, **ask_more.BEGINS,
        **{name: str(getattr(usual, name)) for name in _CONDITIONS}, **ask_more.rules_begin(rules[1]),
    }  # fmt: skip


async def _form(visit: Visit, sheet: Sheet) -> None:
    known = await visit.read(lambda: _known(visit.house, sheet.values["datasets"]))
    colleagues = await persons.colleagues(visit)
    with Part("div", classes="dalgu-form dalgu-wide"):

        def chosen() -> None:
            _say_next(visit, panel, picker.chosen)
            background_tasks.create(budget.look(picker.chosen), name="privacy budget")

        picker = Picker(sheet, "datasets", say("Which Datasets?"), known, chosen)
        shown: dict[str, Field] = {"datasets": picker.field}
        shown["kinds"] = fields.many(
            sheet,
            "kinds",
            say("What do you want to run on them?"),
            _kinds(visit),
            needed=True,
            hint=say("To take out what a script made, ask for the release as well."),
        )
        shown["purpose"] = fields.choice(sheet, "purpose", say("For which purpose?"), [(p.value, visit.word(p)) for p in Purpose], needed=True, hint=say("The law allows pseudonymised information to be used for the first three without consent (PIPA art. 28-2)."))  # fmt: skip
        shown["reason"] = fields.text(sheet, "reason", say("What for, in your own words?"), needed=True, rows=3, maxlength=2000, hint=say("At least ten characters. Those who decide read this, and it is signed with their decision."))  # fmt: skip
        shown["evidence"] = fields.text(sheet, "evidence", say("Evidence of another basis"), rows=2, maxlength=2000, hint=say("Only for another basis: the consent, contract or statute."))  # fmt: skip
        shown["until"] = fields.text(
            sheet, "until", say("Until and including which day?"), needed=True, type_="date",
            hint=say("Nothing is extended later: who needs longer asks anew, and names this Permit."),
        )  # fmt: skip
        shown |= ask_more.more_fields(sheet, colleagues)
        with Part("details"):
            words(visit, "summary", say("Conditions that bind every Run under it"))
            for name, label in _CONDITIONS.items():
                least, most = grant.LIMITS[name]
                shown[name] = fields.text(sheet, name, label, inputmode="decimal" if name in _DECIMALS else "numeric", hint=say("from {least} to {most}", least=f"{least:,}", most=f"{most:,}"), after=lambda _: changed())  # fmt: skip
        price = await visit.read(lambda: visit.house.settings.served().zone.won_per_cpu_h)
        cost = Part("p", classes="dalgu-paragraph", role="status")

        def say_cost() -> None:
            cost.set_text(visit.text(_cost(sheet.values, price)))

        def changed() -> None:
            say_cost()
            budget.show()

        say_cost()
        budget = _Budget(visit, sheet)
        await budget.look(picker.chosen)
        shown |= ask_more.rule_fields(visit, sheet)
        shown["pledged"] = ask_more.pledge_field(visit, sheet, pledge(newest(datetime.now(ZONE).date())))
        panel = Part("section", classes="dalgu-what-next", aria_live="polite")
        _say_next(visit, panel, picker.chosen)
        with Part("div", classes="dalgu-buttons"):
            button = words(
                visit, "button", say("Send the request"), "dalgu-button dalgu-small", type="button"
            )
            button.on("click", lambda: _send(visit, sheet, shown))
        sheet.status()


class _Budget:
    """What noisy answers have told the organisation of the chosen Datasets: where they have, or are asked for."""

    def __init__(self, visit: Visit, sheet: Sheet) -> None:
        self.visit, self.sheet, self.found = visit, sheet, tuple[Told, ...]()
        self.chosen: list[str] = []
        self.place = Part("div", role="status")

    async def look(self, chosen: Sequence[Dataset]) -> None:
        visit, ids = self.visit, [each.id for each in chosen]
        self.chosen, mine = ids, visit.signed_in.actor.organisation
        found = await visit.read(lambda: told_so_far(visit.house, mine, ids))
        if ids == self.chosen and not self.place.is_deleted:  # no other was chosen meanwhile
            self.found = found
            with visit.client:
                self.show()

    def show(self) -> None:
        asked = str(self.sheet.values.get("epsilon", "")).strip() not in ("", "0", "0.0")
        self.place.clear()
        with self.place:
            for told in self.found:
                if asked or told.epsilon or told.everybody_epsilon:
                    words(self.visit, "p", leaving.so_far(told), "dalgu-paragraph")


def _cost(values: Mapping[str, Any], price: int) -> Message:
    """What the Permit may come to as it stands in the form; nothing while a number is half typed."""
    try:
        runs, seconds, memory = (int(str(values[name])) for name in ("runs", "wall_s", "memory_mb"))
    except ValueError:
        return Message("")
    asked = Conditions(runs=runs, wall_s=seconds, cpu_s=seconds, memory_mb=memory)
    return say("What it may come to: {cost}.", cost=costs.told(asked, price))


def _known(house: House, ids: Sequence[str]) -> list[Dataset]:
    """By id or name; without those that are not there."""
    found: list[Dataset] = []
    for id_ in ids:
        try:
            found.extend(choices.datasets_named(house, [id_]))
        except DalguError:
            continue  # gone since the draft was made
    return found


def _kinds(visit: Visit) -> list[tuple[str, str]]:
    return [
        (name, f"{visit.text(kind_title(name))}: {visit.text(kinds.kind(name).summary)}")
        for name in choices.permitted()
    ]


def _say_next(visit: Visit, panel: Part, chosen: Sequence[Any]) -> None:
    mine = visit.signed_in.actor.organisation
    owners = tuple(sorted({d.organisation for d in chosen} - {mine}))
    who: Message = say("operators, and providers of {owners}", owners=owners) if owners else say("operators")
    panel.clear()
    with panel:
        words(visit, "h2", say("What happens next"))
        with Part("ol"):
            words(visit, "li", say("Your request goes to {who}.", who=who))
            words(visit, "li", say("{needed} different people grant it, each with their signature; one refusal refuses it. Nobody of {organisation} decides.", needed=GRANTORS_NEEDED, organisation=mine))  # fmt: skip
            words(
                visit,
                "li",
                say(
                    "You see here and in your notices how it stands. Once granted, you run what it allows until its last day."
                ),
            )
            words(
                visit,
                "li",
                say("Request, decisions and every use are recorded in the history that nobody can change."),
            )


async def _send(visit: Visit, sheet: Sheet, shown: dict[str, Field]) -> None:
    for field in shown.values():
        field.wrong(None)
    if not sheet.values.get("kinds"):
        shown["kinds"].wrong(say("Choose at least one."))
        shown["kinds"].focus()
        return
    values = dict(sheet.values)
    language = visit.reader.language
    permit, error = await visit.attempt(lambda who: _requested(visit.house, who, values, language))
    if permit is not None:
        await sheet.sent()
        ui.navigate.to(f"/permits/{permit.id}")
        return
    if error is not None and not _at_fields(error, shown):
        visit.show(error)


def _requested(house: House, who: SignedIn, values: dict[str, Any], language: str) -> Permit:
    limits: dict[str, Any] = {}
    for name in _CONDITIONS:
        typed = str(values.get(name, "")).strip().replace(",", "")
        limits[name] = _decimal(name, typed) if name in _DECIMALS else _whole(name, typed)
    return grant.request(
        house, who, kinds=values["kinds"], names=values["datasets"], purpose=Purpose(values["purpose"]),
        reason=values["reason"], until=values["until"], evidence=values["evidence"],
        conditions=Conditions(**limits, cpu_s=limits["wall_s"]), asked=ask_more.asked(values, language),
    )  # fmt: skip


def _whole(name: str, typed: str) -> int:
    if not typed.isascii() or not typed.isdigit() or len(typed) > 9:
        raise Invalid.field(name, expected=say("a whole number"), got=say("something else"))
    return int(typed)


def _decimal(name: str, typed: str) -> float:
    if not typed.isascii() or len(typed) > 20:
        raise Invalid.field(name, expected=say("a number"), got=say("something else"))
    try:
        return float(typed)
    except ValueError:
        raise Invalid.field(name, expected=say("a number"), got=say("something else")) from None


def _at_fields(error: DalguError, shown: dict[str, Field]) -> bool:
    """Show what is wrong where it is wrong; False where that has no place."""
    if isinstance(error, Refused) and error.reasons:
        placed: list[tuple[str | None, Message]] = [
            (_FIELD_OF.get(reason.code), reason.message) for reason in error.reasons
        ]
    else:
        place = _FIELD_OF.get(error.code) or error.code.removeprefix("invalid.")
        placed = [(place, error.detail)]
    if any(name not in shown for name, _ in placed):
        return False
    for name, message in placed:
        shown[str(name)].wrong(message)
    shown[str(placed[0][0])].focus()
    return True
