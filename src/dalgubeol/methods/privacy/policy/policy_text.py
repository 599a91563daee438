"""`policy.toml`: read with errors that name the line, and written so that reading it again gives the same.

TOML is version 1.0 (https://toml.io/en/v1.0.0). Comments are for people and are not kept; `to_toml` takes notes
of its own to write above a column. Python's reader tells no lines, so where something is wrong the line is
found by reading the text again, statement by statement.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from ....errors import Invalid, lacking
from ....language import phrase, say
from .policy import (
    EDITION,
    Closeness,
    Column,
    Counts,
    Diversity,
    Group,
    Hierarchy,
    Models,
    Part,
    Policy,
    Presence,
    Search,
    Step,
    Together,
)

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_AT = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_CLOSES = re.compile(r"[\]}\"']\s*(#.*)?$|^[^\[{\"']*$")
_LONG = ('"""', "'''")
MOST_CHARACTERS = 4_000_000
MOST_OUTSIDE = 250_000
"""Characters outside of quotes and notes: every name, bracket and number there is a value to be made and checked (a
second for 600,000 of them), while a hierarchy of many values is one text in quotes."""
_QUOTED = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*+"""|'{3}(?:[^']|'(?!''))*+'{3}'''
    r'''|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'|\#[^\n]*+''', re.DOTALL,
)  # fmt: skip
_LINES_FREE = 200_000
"""Characters that looking for a line may read besides twice the text."""
_KEY = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEPEST = 32
_DEEP = re.compile(rf"(?<![\w-]){_KEY}(?:[ \t]*+\.[ \t]*+{_KEY}){{{_DEEPEST}}}")
"""A key of more parts than any policy has: reading it takes time that grows with the square of them."""
Place = tuple[str | int, ...]
_PARTS: Mapping[tuple[str, ...], type[Part]] = {
    ("columns",): Column, ("models",): Models, ("models", "diversity"): Diversity, ("models", "closeness"): Closeness,
    ("models", "presence"): Presence, ("search",): Search, ("groups",): Group, ("hierarchies",): Hierarchy,
    ("microaggregate",): Together, ("counts",): Counts,
}  # fmt: skip
"""What may stand under each part of a policy."""


def parsed(text: str) -> Policy:
    """The policy that `text` says. Raises `Invalid` naming the line, the field and what to do."""
    return built(loaded(text), text)


def loaded(text: str) -> dict[str, Any]:
    """The plain values that `text` says. Raises `Invalid` naming the line where it is no TOML."""
    if len(text) > MOST_CHARACTERS:
        raise Invalid.field("policy", expected=say("at most {most} characters", most=MOST_CHARACTERS), got=len(text))  # fmt: skip
    outside = (
        len(_QUOTED.sub('"', text)) + text.count("\\") // 4
    )  # four are read as fast as one of the others
    if outside > MOST_OUTSIDE:
        raise Invalid(
            "invalid.policy.size",
            say("The policy says too many things: {outside} characters outside of quotes (and escapes inside), and {most} at most.", outside=f"{outside:,}", most=f"{MOST_OUTSIDE:,}"),
            say("Name many values of a column in a hierarchy: a file, or lines in quotes under [hierarchies.NAME]."),
        )  # fmt: skip
    if deep := _DEEP.search(text):
        raise _unreadable(text[: deep.end()], "a key of too many parts")
    try:
        plain = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError also for a number of thousands of digits
        raise _unreadable(text, str(error)) from None
    _check_numbers(plain, text)
    return plain


def _check_numbers(plain: Mapping[str, Any], text: str) -> None:
    """TOML 1.0 asks for whole numbers of 64 bits and no more. Raises `Invalid`."""
    waiting: list[tuple[Place, Any]] = [((), plain)]
    while waiting:
        place, here = waiting.pop()
        if isinstance(here, dict):
            waiting.extend(((*place, key), value) for key, value in here.items())
        elif isinstance(here, list):
            waiting.extend(((*place, number), value) for number, value in enumerate(here))
        elif isinstance(here, int) and not -(1 << 63) <= here < 1 << 63:
            raise _fault(
                text, {"loc": place, "type": "said", "ctx": {"said": say("it is too large a number")}}, 1
            )


def built(plain: Mapping[str, Any], text: str = "") -> Policy:
    """The same for what is plain values already, such as those of a form."""
    _check_edition(plain)
    try:
        return Policy.model_validate(plain)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        # A name that is mistyped is named, before what is missing for that reason.
        first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
        raise _fault(text, first, error.error_count()) from None


def _check_edition(plain: Mapping[str, Any]) -> None:
    edition = plain.get("edition", EDITION)
    if edition != EDITION:
        raise Invalid(
            "invalid.policy.edition",
            say("The policy is of edition {edition} of the format; this program reads edition {ours}.", edition=str(edition)[:20], ours=EDITION),
            say("Use the version of dalgu that it was written for, or write edition = {ours} and check every step.", ours=EDITION),
        )  # fmt: skip


def _unreadable(text: str, said: str) -> Invalid:
    found = _AT.search(said)
    line = int(found[1]) if found and found[1] else text.rstrip("\n").count("\n") + 1
    return Invalid(
        "invalid.policy.toml",
        say("Line {line} of the policy cannot be read as TOML: {what}.", line=line, what=phrase(_AT.sub("", said))),
        say("Correct line {line}. Texts stand in quotes, and a list of steps in [ ].", line=line),
    )  # fmt: skip


def _fault(text: str, error: Mapping[str, Any], count: int) -> Invalid:
    place = _place(error)
    what = lacking(error)
    if error["type"] == "extra_forbidden" and (known := _known(error["loc"])):
        what = say("it is not known; there are: {names}", names=", ".join(known))
    line, field = line_of(text, place), shown(place)
    more = say("Then check again: {count} more things are wrong.", count=count - 1)
    where = say("Line {line} of the policy, {field}", line=line, field=field) if line else say("The policy, {field}", field=field)  # fmt: skip
    named = (
        place[: place.index("matrix") + 1] if "matrix" in place else place
    )  # below it stand values of a column
    return Invalid(
        f"invalid.policy.{'.'.join(str(p) for p in named if isinstance(p, str)) or 'whole'}",
        say("{where}: {what}.", where=where, what=what),
        more if count > 1 else say("Correct {field} and try again.", field=field),
    )


def _known(place: Place) -> tuple[str, ...]:
    """The names that may stand where a strange one does."""
    within = {step.model_fields["do"].annotation.__args__[0]: step for step in Step.__args__[0].__args__}
    if len(place) > 4 and place[0] == "columns" and place[2] == "steps":
        made: type[Part] | None = within.get(str(place[4]))
    elif len(place) == 1:
        made = Policy
    else:
        named = tuple(part for part in place[:-1] if isinstance(part, str))
        path = named[:1] if named[0] in ("columns", "hierarchies") and len(named) == 2 else named
        made = _PARTS.get(path)
    return () if made is None else tuple(made.model_fields)


def _place(error: Mapping[str, Any]) -> Place:
    """Where it is. Behind the number of a step pydantic puts what the step does; our own rules do not."""
    place: Place = error["loc"]
    tagged = error["type"] != "said" and len(place) > 4 and place[0] == "columns" and place[2] == "steps"
    return (*place[:4], *place[5:]) if tagged else place


def shown(place: Place) -> str:
    """`columns.age.steps[2].widths`, counted from 1 as people count."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "policy"


def line_of(text: str, place: Place) -> int | None:
    """The line of the statement that comes nearest to saying what is at `place`, counted from 1; None too
    where looking for it would take long."""
    best, line = 0, None
    for number, _, where in statements(text, most=2 * len(text) + _LINES_FREE):
        common = 0
        while common < min(len(where), len(place)) and where[common] == place[common]:
            common += 1
        if common == len(where) and common > best:
            best, line = common, number
    return line


def statements(text: str, most: int | None = None) -> Iterator[tuple[int, int, Place]]:
    """The first and last line, and the place, of every header and every key of a text that can be read.

    A statement over many lines is tried at each of them, which takes time that grows with the square of them:
    with `most` characters read in all, it ends.
    """
    header: Place = ()
    left = most
    counts: dict[Place, int] = {}
    parts: list[str] = []
    began, until, size = 0, "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not parts and (not line.strip() or line.lstrip().startswith("#")):
            continue
        began, size = (began, size + len(line) + 1) if parts else (number, len(line) + 1)
        parts.append(line + "\n")
        if until not in line or not _CLOSES.search(line.rstrip()):
            continue
        if left is not None and (left := left - size) < 0:
            return
        waiting = "".join(parts)
        try:
            said = tomllib.loads(waiting)
        except tomllib.TOMLDecodeError:
            until = next((q for q in _LONG if waiting.count(q) % 2), "")  # a long text: not read line by line
            continue
        is_header = waiting.lstrip().startswith("[")
        where = _only_path(said, counted=is_header)
        if is_header:
            header = where
            if waiting.lstrip().startswith("[["):
                counts[where] = counts.get(where, -1) + 1
                header = (*where, counts[where])
        yield began, number, header if is_header else (*header, *where)
        parts, until = [], ""


def _only_path(said: Mapping[str, Any], *, counted: bool) -> Place:
    """The path of keys in a text of one statement; of a header down to its empty table."""
    path: Place = ()
    here: Any = said
    while isinstance(here, dict) and here and (counted or not path):
        ((key, here),) = here.items()
        path = (*path, key)
        if isinstance(here, list):
            break
    return path


def to_toml(policy: Policy, notes: Mapping[str, Sequence[str]] | None = None) -> str:
    """The text of `policy`; `parsed` of it is `policy` again. `notes` are lines to write above a column."""
    plain = policy.model_dump(exclude_defaults=True)
    plain = {"edition": policy.edition, **plain, "models": policy.models.model_dump(exclude_defaults=True) | {"k": policy.models.k}}  # fmt: skip
    lines = [f"{key} = {_value(value)}" for key, value in plain.items() if not _is_table(value)]
    for key, value in plain.items():
        if _is_table(value):
            lines.extend(_section((key,), value, notes or {}))
    return "\n".join(lines) + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, (list, tuple)) and bool(value) and all(isinstance(v, dict) for v in value)
    )


def _section(path: tuple[str, ...], value: Any, notes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    name = ".".join(map(_key, path))
    if not isinstance(value, dict):
        for each in value:
            yield from ("", f"[[{name}]]", *(f"{_key(k)} = {_value(v)}" for k, v in each.items()))
        return
    of_tables = path[0] in ("columns", "hierarchies") and len(path) == 1
    if of_tables:
        for key, inner in value.items():
            yield from _section((*path, key), inner, notes)
        return
    yield ""
    if path[0] == "columns":
        yield from (f"# {' '.join(note.split())}" for note in notes.get(path[1], ()))
    yield f"[{name}]"
    yield from (f"{_key(key)} = {_value(inner, many=key == 'steps')}" for key, inner in value.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def quoted(text: str) -> str:
    """`text` as TOML writes it on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any, *, many: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inner = [_value(v) for v in value]
        return "[\n  " + ",\n  ".join(inner) + ",\n]" if many and len(inner) > 1 else f"[{', '.join(inner)}]"
    return repr(value)
