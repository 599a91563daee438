"""What a form must ask for, read from the JSON schema of a kind's parameters. Pure: values in, values out.

A field holds what was typed (text, ticks, choices); `given` makes of it what the kind's model reads. What
cannot be read stays as it is, so that the model says what is wrong with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Shape(StrEnum):
    """What somebody fills in."""

    LINE = "line"
    FILE = "file"  # the text of a file
    NUMBER = "number"
    TICK = "tick"
    CHOICE = "choice"
    COLUMN = "column"
    COLUMNS = "columns"
    LINES = "lines"  # a list of texts, one a line
    GROUP = "group"  # an object of known fields
    GROUPS = "groups"  # a list of such
    BY_COLUMN = "by column"  # such an object for a column, where one is wanted
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Ask:
    """One field of a form."""

    name: str
    label: str
    """The English description: a key of the catalogues."""
    shape: Shape
    needed: bool
    default: Any = None
    slot: str = ""
    """Of columns: the slot whose Dataset has them."""
    options: tuple[str, ...] = ()
    whole: bool = False
    least: float | None = None
    most: float | None = None
    longest: int | None = None
    of_policy: bool = False
    """Of the text of a file: it is a policy.toml."""
    of_numbers: bool = False
    """Of lines: they are numbers, which a comma may part too."""
    inside: tuple[Ask, ...] = ()
    suffix_of: str = ""
    """The ending of the file that is opened for that field says this one."""


def asks(schema: Mapping[str, Any]) -> tuple[Ask, ...]:
    """One for each property, in the order of the model."""
    definitions = schema.get("$defs", {})
    needed = schema.get("required", ())
    return tuple(
        _ask(name, facts, name in needed or "unless" in facts, definitions)
        for name, facts in schema.get("properties", {}).items()
    )


def _ask(name: str, facts: Mapping[str, Any], needed: bool, definitions: Mapping[str, Any]) -> Ask:
    seen = _resolved(facts, definitions)
    label = str(facts.get("description") or seen.get("description") or seen.get("title") or name)
    slot = str(facts.get("columns", ""))
    shape, inside = _shape(facts, seen, slot, definitions)
    options = tuple(str(option) for option in seen.get("enum", ()))
    if "const" in seen:
        options = (str(seen["const"]),)
    return Ask(
        name, label, shape, needed, facts.get("default"), slot, options, seen.get("type") == "integer",
        seen.get("minimum", seen.get("exclusiveMinimum")), seen.get("maximum", seen.get("exclusiveMaximum")),
        seen.get("maxLength"), of_numbers=_resolved(seen.get("items", {}), definitions).get("type") in ("number", "integer"), inside=inside,
        of_policy=facts.get("file") == "policy", suffix_of=str(facts.get("suffix_of", "")),
    )  # fmt: skip


def _shape(
    facts: Mapping[str, Any], seen: Mapping[str, Any], slot: str, definitions: Mapping[str, Any]
) -> tuple[Shape, tuple[Ask, ...]]:
    type_ = seen.get("type")
    if "enum" in seen or "const" in seen:
        return Shape.CHOICE, ()
    if type_ == "string":
        return (Shape.FILE if facts.get("file") else Shape.COLUMN if slot else Shape.LINE), ()
    if type_ in ("integer", "number"):
        return Shape.NUMBER, ()
    if type_ == "boolean":
        return Shape.TICK, ()
    if type_ == "array":
        items = _resolved(seen.get("items", {}), definitions)
        if items.get("type") == "string" and "enum" not in items:
            return (Shape.COLUMNS if slot else Shape.LINES), ()
        if items.get("type") in ("number", "integer"):
            return Shape.LINES, ()
        if items.get("properties"):
            return Shape.GROUPS, asks({**items, "$defs": definitions})
        return Shape.JSON, ()
    if type_ == "object" and seen.get("properties"):
        return Shape.GROUP, asks({**seen, "$defs": definitions})
    if type_ == "object" and slot and isinstance(seen.get("additionalProperties"), Mapping):
        value = _resolved(seen["additionalProperties"], definitions)
        if value.get("properties"):
            return Shape.BY_COLUMN, asks({**value, "$defs": definitions})
    return Shape.JSON, ()


def _resolved(facts: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without references and without the choice of null; of several others, none is known here."""
    if "$ref" in facts:
        return _resolved(definitions[str(facts["$ref"]).rpartition("/")[2]], definitions)
    if "allOf" in facts and len(facts["allOf"]) == 1:
        return _resolved(facts["allOf"][0], definitions)
    if "anyOf" in facts:
        others = [each for each in facts["anyOf"] if each.get("type") != "null"]
        return _resolved(others[0], definitions) if len(others) == 1 else {}
    return facts


def begun(ask: Ask) -> Any:
    """What stands in the field before anybody has typed."""
    if ask.shape is Shape.TICK:
        return bool(ask.default)
    if ask.shape is Shape.COLUMNS:
        return list(ask.default or ())
    if ask.shape is Shape.LINES:
        return "\n".join(str(each) for each in ask.default or ())
    if ask.shape is Shape.GROUP:
        return None if not ask.needed else {each.name: begun(each) for each in ask.inside}
    if ask.shape is Shape.GROUPS:
        return [{each.name: begun(each) for each in ask.inside}] if ask.needed else []
    if ask.shape is Shape.BY_COLUMN:
        return {}
    if ask.shape is Shape.JSON:
        return "" if ask.default in (None, [], {}) else json.dumps(ask.default, ensure_ascii=False)
    return "" if ask.default is None else str(ask.default)


def given(ask: Ask, typed: Any) -> Any:
    """What the model is to read; None where nothing was filled in."""
    if ask.shape is Shape.TICK:
        return bool(typed)
    if ask.shape is Shape.COLUMNS:
        return list(typed or ()) or None
    if ask.shape is Shape.GROUP:
        return None if typed is None else given_all(ask.inside, typed)
    if ask.shape is Shape.GROUPS:
        return [given_all(ask.inside, each) for each in typed or ()] or None
    if ask.shape is Shape.BY_COLUMN:
        return {column: given_all(ask.inside, each) for column, each in (typed or {}).items()} or None
    text = str(typed or "")
    if ask.shape is Shape.FILE:
        return text or None
    text = text.strip()
    if not text:
        return None
    if ask.shape is Shape.LINES:
        lines = text.replace(",", "\n") if ask.of_numbers else text
        return [line.strip() for line in lines.splitlines() if line.strip()]
    if ask.shape is Shape.JSON:
        return read_json(text)
    return text


def given_all(fields: tuple[Ask, ...], typed: Mapping[str, Any]) -> dict[str, Any]:
    """What the model is to read of all fields; what was left empty is left out."""
    found = {ask.name: given(ask, typed.get(ask.name)) for ask in fields}
    return {name: value for name, value in found.items() if value is not None}


def read_json(text: str) -> Any:
    """The value, or the text itself where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def typed(ask: Ask, value: Any) -> Any:
    """What stands in the field for a value that the model has read: the other way round of `given`."""
    if value is None or value in ((), [], {}):
        empty: dict[Shape, Any] = {
            Shape.GROUPS: [],
            Shape.COLUMNS: [],
            Shape.BY_COLUMN: {},
            Shape.GROUP: None,
            Shape.TICK: False,
        }
        return empty.get(ask.shape, "")
    if ask.shape is Shape.TICK:
        return bool(value)
    if ask.shape is Shape.COLUMNS:
        return [str(each) for each in value]
    if ask.shape is Shape.LINES:
        return (", " if ask.of_numbers else "\n").join(
            f"{each:g}" if isinstance(each, float) else str(each) for each in value
        )
    if ask.shape is Shape.GROUP:
        return typed_all(ask.inside, value)
    if ask.shape is Shape.GROUPS:
        return [typed_all(ask.inside, each) for each in value]
    if ask.shape is Shape.BY_COLUMN:
        return {str(column): typed_all(ask.inside, each) for column, each in value.items()}
    if ask.shape is Shape.JSON:
        return json.dumps(value, ensure_ascii=False)
    return f"{value:g}" if isinstance(value, float) else str(value)


def typed_all(fields: tuple[Ask, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    return {ask.name: typed(ask, values.get(ask.name)) for ask in fields}
