"""The controls of a form: native ones, which browsers, phones and screen readers know best.

Each shows what the sheet holds when it is built, and tells the sheet what is typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....language import Message, say
from ..visit import Visit
from .parts import Part, words
from .sheet import Change, Field, Holder

Options = Sequence[tuple[str, str]]
"""Value and name."""
_TYPED = "(event) => emit(event.target.value)"
_TICKED = "(event) => emit(event.target.checked)"


def text(
    sheet: Holder, name: str, label: Message | str, *, needed: bool = False, hint: Message | None = None,
    type_: str = "text", rows: int = 0, after: Change | None = None, **attributes: Any,
) -> Field:  # fmt: skip
    """One line, or `rows` of them. `type_` is that of HTML's input: text, date, number."""
    field = Field(sheet, name, label, needed=needed, hint=hint)
    begins = "" if sheet.values.get(name) is None else str(sheet.values[name])

    told = begins

    def changed(event: Any) -> Any:
        nonlocal told
        if (
            event.args == told == sheet.values.get(name)
        ):  # a browser says `change` on leaving what it has said as `input` already
            return None
        told = event.args
        sheet.set(name, told)
        return None if after is None else after(told)

    with field.slot:
        if rows:
            control = Part(
                "textarea", begins, rows=rows, spellcheck="false" if rows > 8 else None, **attributes
            )
        else:
            control = Part("input", type=type_, value=begins, autocomplete="off", **attributes)
    if needed:
        control.props["aria-required"] = "true"
    field.holds(control)
    control.on("input", changed, js_handler=_TYPED, throttle=0.4 if rows else 0.2)
    control.on("change", changed, js_handler=_TYPED)
    return field


def choice(
    sheet: Holder, name: str, label: Message | str, options: Options, *, needed: bool = False, hint: Message | None = None,
    empty: Message | None = None, after: Change | None = None,
) -> Field:  # fmt: skip
    """One of several. `empty` is the name of choosing none; without one the first is chosen."""
    field = Field(sheet, name, label, needed=needed, hint=hint)
    with field.slot:
        control = select(
            sheet.visit.text(empty) if empty is not None else None, options, sheet.values.get(name),
            lambda value: _chosen(sheet, name, value, after),
        )  # fmt: skip
    field.holds(control)
    if sheet.values.get(name) not in dict(options):  # what is no option (any more) is not sent unseen
        sheet.values[name] = options[0][0] if empty is None and options else None
    return field


def select(empty: str | None, options: Options, begins: Any, chosen: Change, **attributes: Any) -> Part:
    with Part("select", **attributes) as control:
        for value, shown in [*([("", empty)] if empty is not None else []), *options]:
            Part("option", shown, value=value, selected=value == (begins or ""))
    control.on("change", lambda event: chosen(event.args or None), js_handler=_TYPED)
    return control


def _chosen(sheet: Holder, name: str, value: Any, after: Change | None) -> Any:
    sheet.set(name, value)
    return None if after is None else after(value)


def yes(sheet: Holder, name: str, label: Message | str, *, hint: Message | None = None) -> Field:
    """A box to tick."""
    field = Field(sheet, name, label, hint=hint)
    field.box.classes("dalgu-tick")
    with field.slot:
        control = tick(bool(sheet.values.get(name)), lambda on: sheet.set(name, on))
    field.holds(control)
    return field


def tick(on: bool, changed: Change, **attributes: Any) -> Part:
    control = Part("input", type="checkbox", checked=on, **attributes)
    control.on("change", lambda event: changed(bool(event.args)), js_handler=_TICKED)
    return control


def chooser(visit: Visit, name: Message, **attributes: Any) -> Part:
    """A file input that speaks the reader's language: what the browser draws itself speaks its own."""
    with Part("label", classes="dalgu-choose"):
        control = Part("input", type="file", **attributes)
        words(visit, "span", name)
    return control


def many(
    sheet: Holder, name: str, label: Message | str, options: Options, *, needed: bool = False, hint: Message | None = None,
    after: Change | None = None,
) -> Field:  # fmt: skip
    """Any of several; kept in the order of the options."""
    field = Field(sheet, name, label, needed=needed, hint=hint, group=True)
    named_options = dict(options)
    ticked = [value for value in sheet.values.get(name) or () if value in named_options]
    sheet.values[name] = list(ticked)  # what is no option (any more) is not sent unseen

    def changed(value: str, on: bool) -> Any:
        chosen = {*ticked, value} if on else {*ticked} - {value}
        ticked[:] = [each for each, _ in options if each in chosen]
        sheet.set(name, list(ticked))
        return None if after is None else after(list(ticked))

    with field.slot.classes("dalgu-ticks" + (" dalgu-ticks-many" if len(options) > 24 else "")):
        for value, shown in options:
            with Part("label", classes="dalgu-tick-label"):
                tick(value in ticked, lambda on, value=value: changed(value, on))  # type: ignore[misc]
                Part("span", shown)
        if not options:
            words(sheet.visit, "p", say("There is nothing to choose from."), "dalgu-faint")
    return field
