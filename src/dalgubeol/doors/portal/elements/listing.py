"""Lists a page at a time: a plain table that folds on a phone, filters above it, the next page beneath.

Filters and pages are in the address: the back button, a bookmark and a second tab do what people expect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from ....language import Message, say
from ..visit import Visit
from .frame import export_csv
from .parts import Part, anchor, still, words

_Choice = TypeVar("_Choice", bound=StrEnum)
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Filter:
    """One field above a list; with `options` (value, name) a choice, without them words."""

    name: str
    label: Message
    value: str
    options: Sequence[tuple[str, str]] | None = None


def chosen(of: type[_Choice], value: str) -> _Choice | None:
    """The member that a filter's value names; none where it names none."""
    return next((member for member in of if member.value == value), None)


def filters(visit: Visit, path: str, fields: Sequence[Filter]) -> None:
    """A form that asks for the same list again. A choice is made at once; words need the button or Enter."""
    with still(), Part("form", classes="dalgu-filter", action=path, method="get", role="search"):
        for field in fields:
            with Part("div"):
                words(visit, "label", field.label, for_=f"filter-{field.name}")
                if field.options is None:
                    Part(
                        "input",
                        id=f"filter-{field.name}",
                        name=field.name,
                        type="search",
                        value=field.value,
                        maxlength=200,
                    )
                else:
                    _choice(field, visit.text(say("all")))
        words(visit, "button", say("Show"), "dalgu-quiet", type="submit")


def _choice(field: Filter, all_: str) -> None:
    with Part("select", id=f"filter-{field.name}", name=field.name, data_submits=True):
        for value, name in (("", all_), *(field.options or ())):
            Part("option", name, value=value, selected=value == field.value)


def listing(
    visit: Visit, caption: Message, columns: Sequence[tuple[str, Message]], rows: Rows,
    *, numbers: Sequence[str] = (), empty: Message | None = None, export: bool = True,
) -> None:  # fmt: skip
    """The first column heads its row. A row's `link_NAME` makes the cell of column NAME a link, its `chip_NAME`
    a chip of that sensitivity."""
    if not rows:
        words(visit, "p", empty or say("Nothing here yet."), "dalgu-empty")
        return
    named = [(name, visit.text(header)) for name, header in columns]  # once, not for every row
    with still(), Part("table", classes="dalgu-list"):
        words(visit, "caption", caption, "dalgu-only-read")
        with Part("thead"), Part("tr"):
            for name, header in named:
                Part("th", header, "dalgu-number" if name in numbers else "", scope="col")
        with Part("tbody"):
            for row in rows:
                with Part("tr"):
                    for place, (name, header) in enumerate(named):
                        _cell(row, name, header, place == 0, name in numbers)
    if export:
        button = words(visit, "button", say("Export (CSV)"), "dalgu-quiet", type="button")
        button.on("click", lambda: export_csv(visit, caption, columns, rows))


def _cell(row: Mapping[str, Any], name: str, header: str, first: bool, number: bool) -> None:
    value = str(row.get(name) if row.get(name) is not None else "")
    attributes: dict[str, object] = {"scope": "row"} if first else {"data_name": header}
    address, chip = row.get(f"link_{name}"), row.get(f"chip_{name}")
    plain = address is None and chip is None
    with Part(
        "th" if first else "td", value if plain else "", "dalgu-number" if number else "", **attributes
    ):
        if address is not None:
            Part("a", value, href=str(address))
        elif chip is not None:
            Part("span", value, f"dalgu-chip dalgu-chip-{chip}")


def pages(visit: Visit, path: str, asked: Mapping[str, str], following: str | None) -> None:
    """Links to the page that follows and back to the first one."""
    kept = {name: value for name, value in asked.items() if value and name != "after"}
    if following is None and not asked.get("after"):
        return
    with Part("nav", classes="dalgu-pages", aria_label=visit.text(say("Pages"))):
        if asked.get("after"):
            anchor(visit, _address(path, kept), say("To the first page"))
        if following is not None:
            anchor(visit, _address(path, {**kept, "after": following}), say("Next page"), rel="next")


def _address(path: str, asked: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path
