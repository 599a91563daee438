"""What the papers of a Dataset say, as the forms of the procedure ask for it: what was done to each item, the
measured risks side by side, and what is left; and what a panel found, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...language import Message, restored, say
from ...nouns.dataset import Dataset
from ...nouns.panel import Finding, Panel

if TYPE_CHECKING:
    from ...methods.report.markup import Words

_MEASURES = {
    "records": say("rows"),
    "persons": say("persons"),
    "smallest_class": say("persons in the smallest class"),
    "prosecutor_max": say("highest risk that a person is recognised"),
    "prosecutor_mean_of_persons": say("mean risk that a person is recognised"),
    "unique_persons_share": say("share of persons whom nobody else equals"),
    "records_above_threshold_share": say("share of rows above the threshold"),
}
_LIMITS = {
    "k_map": say("persons of the population that each class fits, at least (asked and proven)"),
    "strict_risk": say("highest risk of any person, at most (asked and proven)"),
    "average_risk": say("mean risk, at most (asked and proven)"),
}
_KINDS = {
    "distinct": lambda column: say(
        "different values of {column} in each class, at least (asked and proven)", column=column
    ),
    "entropy": lambda column: say(
        "exp(entropy) of {column} in each class, at least (asked and proven)", column=column
    ),
    "recursive": lambda column: say("recursive diversity of {column}, l (asked and proven)", column=column),
}
_DISTANCES = {
    "equal": lambda column: say("distance of {column} in a class from the table, at most (asked and proven)", column=column),
    "ordered": lambda column: say("ordered distance of {column} in a class from the table, at most (asked and proven)", column=column),
    "hierarchical": lambda column: say("hierarchical distance of {column} in a class from the table, at most (asked and proven)", column=column),
}  # fmt: skip
_DISCLOSED = {
    "distinct": say("fewest different values in a class"),
    "entropy": say("lowest exp(entropy) of a class"),
    "equal": say("largest distance of a class from the table"),
    "ordered": say("largest ordered distance of a class from the table"),
    "alike": say("persons in classes of which all share one value"),
}
_LEFT = "What remains: "
_GONE = {
    "deleted": (say("direct identifier"), say("deleted by law (PIPA art. 24-2)")),
    "removed": (say("direct identifier"), say("removed")),
    "dropped": (say("not needed"), say("left out")),
}


def measured(dataset: Dataset, assessment: Dataset | None = None) -> list[dict[str, object]]:
    """The risks before and after, as far as the papers have them; what the policy asked for; and what the
    assessment of it measured of sensitive columns and of the population, where there is one."""
    about: Mapping[str, Any] = dataset.about
    risk = about.get("risk")
    if about.get("masked_only"):
        return [_row_of(say("k and risk: not measured, for nothing but masked text goes out"), "-", "-")]
    if not isinstance(risk, Mapping) or not isinstance(risk.get("after"), Mapping):
        return []
    before, after = risk.get("before") or {}, risk["after"]
    rows: list[dict[str, object]] = [
        {
            "measure": words(label),
            "before": _figure(name, before.get(name)),
            "after": _figure(name, after.get(name)),
        }
        for name, label in _MEASURES.items()
        if after.get(name) is not None
    ]
    rows.extend(_generalised(about.get("generalisation") or {}))
    rows.extend(
        _row_of(what, "", asked) for what, asked in _asked((about.get("policy") or {}).get("models") or {})
    )
    if assessment is not None:
        rows.extend(_assessed(assessment.about["assessment"]))  # type: ignore[arg-type]
    return rows


def _generalised(found: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """What was asked of the classes and what the search reached; local recoding has the last word."""
    if not found:
        return
    last = {**found, **(found.get("local") or {})}
    yield _row_of(say("k that was asked for"), "", _number(found["k"]))
    yield _row_of(say("k that was reached (the smallest class)"), "", _number(found["smallest_class"]))
    rows, out = found["rows"], last["suppressed_rows"]
    share = f" ({_percent(out / rows)})" if rows else ""
    yield _row_of(say("rows left out, of all"), "", f"{out:,} / {rows:,}{share}")
    yield _row_of(
        say("share of rows that may be left out, at most"), "", _percent(found["suppression_limit"])
    )
    yield _row_of(say("Loss (0: nothing is coarser, 1: everything is hidden)"), "", _number(last.get("loss", found["score"])))  # fmt: skip


def _asked(models: Mapping[str, Any]) -> Iterator[tuple[Message, str]]:
    """What the policy asks of the classes beyond k: the search has proven it of what went out."""
    for name, label in _LIMITS.items():
        if models.get(name) is not None:
            yield label, _number(models[name])
    for each in models.get("diversity") or ():
        ratio = f" (c = {_number(each['c'])})" if each.get("c") else ""
        yield _KINDS[each.get("kind", "distinct")](each["column"]), f"{_number(each['l'])}{ratio}"
    for each in models.get("closeness") or ():
        yield _DISTANCES[each.get("distance", "equal")](each["column"]), _number(each["t"])
    if presence := models.get("presence"):
        yield (
            say("chance to know that somebody is in it (asked and proven)"),
            f"{_number(presence.get('lowest', 0))} - {_number(presence['highest'])}",
        )


def _assessed(found: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """What a Run of `assess` says, rounded and masked as it is there."""
    sides = [found[side].get("population") for side in ("before", "after")]
    if any(side and side.get("share") is not None for side in sides):
        yield _row_of(
            say("share of persons who are alone in the population, estimated"),
            *(_percent(side["share"]) if side and side.get("share") is not None else "" for side in sides),
        )
    for column, *both in found.get("sensitive") or ():
        for name, label in _DISCLOSED.items():
            if (after := both[1] and both[1].get(name)) is not None:
                yield _row_of(
                    say("{column}: {measure}", column=column, measure=label),
                    _number(both[0] and both[0].get(name)), _number(after),
                )  # fmt: skip


def _row_of(what: Message, before: str, after: str) -> dict[str, object]:
    return {"measure": words(what), "before": before, "after": after}


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
        rows.extend(_row(column, _role(about, column), step, what) for step, what in done)
    named = {row["item"] for row in rows}
    rows.extend(_row(c, _role(about, c), say("as it is"), "") for c in dataset.column_names if c not in named)
    return rows


def _role(about: Mapping[str, Any], column: str) -> Message:
    """What the policy says a column is that was kept."""
    named = ((about.get("policy") or {}).get("columns") or {}).get(column) or {}
    return say("sensitive, kept") if named.get("role") == "sensitive" else say("kept")


def left(dataset: Dataset) -> list[Words]:
    """What the one who made it was told remains."""
    said: Sequence[Any] = dataset.about.get("said") or ()  # type: ignore[assignment]
    return [words(restored(each)) for each in said if str(each[0]).startswith(_LEFT)]


def checks_of(found: Panel, names: Mapping[str, str]) -> dict[str, tuple[str, Words]]:
    """Item by item: inadequate where somebody found it so, and who; how many answered, and the remarks of all with
    their names."""
    merged: dict[str, tuple[str, Words]] = {}
    for item in dict.fromkeys(item for seat in found.sitting for item in seat.checks):
        given = [(names[seat.person], *seat.checks[item]) for seat in found.sitting if item in seat.checks]
        against = [name for name, answer, _ in given if answer == Finding.INADEQUATE]
        told = [say("answered by {count} of {members} members", count=len(given), members=len(found.sitting))]
        if against and len(against) < len(given):
            told.append(say("inadequate: {names}", names=", ".join(against)))
        told += [say("{name}: {remark}", name=name, remark=remark) for name, _, remark in given if remark]
        merged[item] = ("inadequate" if against else given[0][1], _lines(told))
    return merged


def _lines(told: Sequence[Message]) -> Words:
    from ...methods.report.markup import Words

    return Words("\n".join(each.text("ko") for each in told), "\n".join(each.text("en") for each in told))


def words(message: Message) -> Words:
    from ...methods.report.markup import Words

    return Words(message.text("ko"), message.text("en"))


def joined(words: Words, more: str) -> Words:
    from ...methods.report.markup import Words

    return Words(f"{words.ko} {more}", f"{words.en} {more}")


def _steps(steps: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[Message, Message]]]:
    from ...methods.privacy.policy.step_names import step_name

    found: dict[str, list[tuple[Message, Message]]] = {}
    for step in steps:
        done = say("{count} cells changed", count=step["cells_changed"])
        found.setdefault(step["column"], []).append((step_name(step["step"]), done))
    return found


def _row(item: str, role: Message, technique: Message, effect: Message | str) -> dict[str, object]:
    done = words(effect) if isinstance(effect, Message) else effect
    return {"item": item, "role": words(role), "technique": words(technique), "effect": done}


def _figure(name: str, value: object) -> str:
    """Shares and risks as percent, counts as they are."""
    is_share = name.endswith("_share") or name.startswith("prosecutor")
    return _percent(float(value)) if is_share and isinstance(value, int | float) else _number(value)


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
