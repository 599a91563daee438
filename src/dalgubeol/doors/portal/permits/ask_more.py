"""What a request for a Permit says besides: the people, the items, the environment, the one it follows, the pledge."""

from __future__ import annotations

from typing import Any

from ....errors import Invalid
from ....language import say
from ....methods.pledge import PledgeText
from ....nouns.disclosure import LIMITS, Disclosure
from ....verbs.permits.applications import Asked
from ... import leaving
from ..elements import fields
from ..elements.parts import Part, words
from ..elements.sheet import Field, Sheet
from ..visit import Visit

BEGINS: dict[str, Any] = {"people": [], "items": "", "environment": "", "renews": "", "pledged": False}


def more_fields(sheet: Sheet, colleagues: fields.Options) -> dict[str, Field]:
    """`colleagues`: who may be named beside the applicant."""
    return {
        "people": fields.many(sheet, "people", say("Who works under it besides you?"), colleagues, hint=say("Only people of your organisation, for others ask for themselves; each signs the pledge herself.")),
        "items": fields.text(sheet, "items", say("Which items (columns) do you need?"), rows=3, maxlength=10_000, hint=say("One Dataset a line, as claims: age, cost. Runs see no other column. Leave it empty to ask for all.")),
        "environment": fields.text(sheet, "environment", say("Where and with what is the work done?"), rows=2, maxlength=2000),
        "renews": fields.text(sheet, "renews", say("Which Permit does it follow?"), maxlength=200, hint=say("The number of an earlier Permit of yours. Nothing is extended: this is a new request, and what the zone holds of your work stays until the new one ends.")),
    }  # fmt: skip


def rules_begin(site: Disclosure) -> dict[str, Any]:
    """The rules as the site has them, in the names of the form."""
    return {f"rule_{name}": _typed(value) for name, value in site.plain().items()}


def rule_fields(visit: Visit, sheet: Sheet) -> dict[str, Field]:
    """What a result must look like to leave: folded, for the site's rules stand in it."""
    shown: dict[str, Field] = {}
    with Part("details"):
        words(visit, "summary", say("Disclosure rules: what a result must look like to leave"))
        words(visit, "p", say("They begin as this site's rules are. You may make them stricter, never looser."), "dalgu-hint")  # fmt: skip
        for name, label in leaving.LABELS.items():
            if name == "zeros_disclosive":
                answers = [("yes", visit.text(say("yes"))), ("no", visit.text(say("no")))]
                shown[name] = fields.choice(sheet, f"rule_{name}", label, answers)
            elif name == "file_types":
                shown[name] = fields.text(sheet, f"rule_{name}", label, maxlength=200, hint=say("Their endings, parted by commas"))  # fmt: skip
            else:
                least, most = LIMITS[name]
                shown[name] = fields.text(sheet, f"rule_{name}", label, inputmode="numeric", hint=say("from {least} to {most}", least=f"{least:,}", most=f"{most:,}"))  # fmt: skip
    return shown


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


def pledge_field(visit: Visit, sheet: Sheet, text: PledgeText) -> Field:
    """The pledge to be read, and the box that signs it with the request."""
    with Part("details"):
        words(visit, "summary", say("The pledge that everybody signs before her first Run of own code"))
        shown_pledge(visit, text)
    return fields.yes(sheet, "pledged", say("I have read the pledge and sign it with this request."), hint=say("Without it nothing of your own code runs; you can also sign it later, on the page of the Permit."))  # fmt: skip


def shown_pledge(visit: Visit, text: PledgeText) -> None:
    language = visit.reader.language
    Part("h3", text.title.said(language))
    with Part("ol"):
        for clause in text.clauses:
            Part("li", clause.said(language))
    Part("p", f"{text.edition} · {text.footer.said(language)}", "dalgu-faint")


def asked(values: dict[str, Any], language: str) -> Asked:
    """What was filled in. Raises Invalid (items)."""
    renews = str(values.get("renews") or "").strip() or None
    rules = {name: str(values[f"rule_{name}"]).replace(",", "" if name in LIMITS else ",") for name in leaving.LABELS if values.get(f"rule_{name}")}  # fmt: skip
    return Asked(list(values.get("people") or ()), _items(str(values.get("items") or "")), str(values.get("environment") or ""), renews, language if values.get("pledged") else None, rules)  # fmt: skip


def _items(text: str) -> dict[str, list[str]]:
    items: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        dataset, colon, columns = line.partition(":")
        named = [column.strip() for column in columns.split(",") if column.strip()]
        if not colon or not named:
            raise Invalid.field("items", expected=say("lines such as claims: age, cost"), got=say("something else"))  # fmt: skip
        items[dataset.strip()] = named
    return items
