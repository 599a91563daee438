"""What the papers of a Dataset say, as the forms of the procedure ask for it: what was done to each item, the
measured risks side by side, and what is left; and what a panel found, item by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..language import Message, restored, say
from ..nouns.dataset import Dataset
from ..nouns.panel import Panel

if TYPE_CHECKING:
    from ..methods.report.markup import Words

_MEASURES = {
    "records": say("rows"),
    "persons": say("persons"),
    "smallest_class": say("persons in the smallest class"),
    "prosecutor_max": say("highest risk that a person is recognised"),
    "prosecutor_mean_of_persons": say("mean risk that a person is recognised"),
    "unique_persons_share": say("share of persons whom nobody else equals"),
    "records_above_threshold_share": say("share of rows above the threshold"),
}
_LEFT = "What remains: "
_GONE = {
    "deleted": (say("direct identifier"), say("deleted by law (PIPA art. 24-2)")),
    "removed": (say("direct identifier"), say("removed")),
    "dropped": (say("not needed"), say("left out")),
}


def measured(dataset: Dataset) -> list[dict[str, object]]:
    """The risks before and after, as far as the papers have them."""
    risk = dataset.about.get("risk")
    if not isinstance(risk, Mapping) or not isinstance(risk.get("after"), Mapping):
        return []
    before, after = risk.get("before") or {}, risk["after"]
    return [
        {"measure": words(label), "before": _number(before.get(name)), "after": _number(after.get(name))}
        for name, label in _MEASURES.items()
        if after.get(name) is not None
    ]


def items(dataset: Dataset) -> list[dict[str, object]]:
    """Each item of the table before, with what became of it."""
    about: Mapping[str, Any] = dataset.about
    rows: list[dict[str, object]] = []
    for which, (role, technique) in _GONE.items():
        rows.extend(_row(column, role, technique, "") for column in about.get(which) or ())
    if person := about.get("person"):
        rows.append(_row(person, say("person"), say("keyed pseudonym (HMAC-SHA256)"), ""))
    steps = _steps(about.get("steps") or ())
    levels = (about.get("generalisation") or {}).get("levels") or {}
    for column, (level, height) in levels.items():
        effect = say("level {level} of {height}", level=level, height=height)
        more = steps.pop(column, ())
        rows.append(_row(column, say("quasi-identifier"), say("generalised"), effect))
        rows.extend(_row(column, say("quasi-identifier"), step, done) for step, done in more)
    for column, done in steps.items():
        rows.extend(_row(column, say("kept"), step, what) for step, what in done)
    named = {row["item"] for row in rows}
    rows.extend(_row(c, say("kept"), say("as it is"), "") for c in dataset.column_names if c not in named)
    return rows


def left(dataset: Dataset) -> list[Words]:
    """What the one who made it was told remains."""
    said: Sequence[Any] = dataset.about.get("said") or ()  # type: ignore[assignment]
    return [words(restored(each)) for each in said if str(each[0]).startswith(_LEFT)]


def checks_of(found: Panel) -> dict[str, tuple[str, str]]:
    """Item by item: inadequate where somebody found it so; the remarks of all."""
    merged: dict[str, tuple[str, str]] = {}
    for seat in found.sitting:
        for item, (answer, remark) in seat.checks.items():
            before, remarks = merged.get(item, (answer, ""))
            worse = answer if answer == "inadequate" else before
            merged[item] = (worse, "\n".join(each for each in (remarks, remark) if each))
    return merged


def words(message: Message) -> Words:
    from ..methods.report.markup import Words

    return Words(message.text("ko"), message.text("en"))


def joined(words: Words, more: str) -> Words:
    from ..methods.report.markup import Words

    return Words(f"{words.ko} {more}", f"{words.en} {more}")


def _steps(steps: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[Message, Message]]]:
    found: dict[str, list[tuple[Message, Message]]] = {}
    for step in steps:
        done = say("{count} cells changed", count=step["cells_changed"])
        found.setdefault(step["column"], []).append((say("step {step}", step=step["step"]), done))
    return found


def _row(item: str, role: Message, technique: Message, effect: Message | str) -> dict[str, object]:
    done = words(effect) if isinstance(effect, Message) else effect
    return {"item": item, "role": words(role), "technique": words(technique), "effect": done}


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
