"""One file that somebody wants to bring in: everything that is found against it, and whether that holds it.

| file | is |
|---|---|
| `.py` `.ipynb` `.R` `.sql` | a script or module |
| `.csv` | a reference table |
| `.txt` `.md` `.json` | text |
| `.whl` | a package of pure Python |
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from ...language import say
from ..disclosure import files as names
from ..disclosure.finding import Finding
from . import tables, texts, wheels, words
from .what import What, what_it_is

LARGEST_BYTES = 32 << 20
ENDINGS = ("csv", "ipynb", "json", "md", "py", "r", "sql", "txt", "whl")
TO_WEIGH = frozenset({"words", "licence", "requires", "about_people", "much", "size", "unread"})
"""Findings that do not hold a file: people weigh them. Every other one holds it."""
_RUN_BY_THEMSELVES = frozenset({"sitecustomize", "usercustomize", "__init__", "__main__", "conftest"})


def scan(
    name: str, content: bytes, taken: Collection[str], refused: Collection[str] = ()
) -> tuple[Finding, ...]:
    """`taken` are the names of modules that the zone has: standard library and installed packages; `refused` those of
    packages that its operator does not let in, besides the known bad ones."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if misnamed := names.file_name(name):
        return misnamed
    if len(content) > LARGEST_BYTES:
        return (Finding("too_large", None, None, say("More than {most} MB.", most=LARGEST_BYTES >> 20)),)
    what = what_it_is(content)
    if dangerous := tuple(_by_kind(what)):
        return dangerous
    if ending not in ENDINGS:
        return (Finding("file_type", None, None, say("Files of this type do not come in: only {types}.", types=", ".join(ENDINGS))),)  # fmt: skip
    if (what is What.ZIP) is not (ending == "whl") or what not in (
        What.ZIP,
        What.TEXT,
        What.EMPTY,
        What.OTHER,
    ):
        return (Finding("file_type", None, None, say("The file is not what its ending says.")),)
    if ending == "whl":
        return wheels.inside(name, content, taken, refused)
    text = texts.decoded(content) if what is not What.OTHER else None
    if text is None:
        return (texts.not_utf8(),)
    if not text.strip():
        return (Finding("empty", None, None, say("The file is empty.")),)
    return tuple(_of_text(name, ending, content, text, taken))


def _by_kind(what: What) -> Iterator[Finding]:
    if what is What.NATIVE:
        yield Finding("native_code", None, None, say("This is compiled code: it does not come in, whatever it is called."))  # fmt: skip
    if what is What.PICKLE:
        yield Finding(
            "pickle", None, None, say("This is a stored object that can run code when it is opened.")
        )
    if what is What.PACKED:
        yield Finding(
            "archive", None, None, say("This is an archive or compressed; only wheels come in packed.")
        )


def _of_text(
    name: str, ending: str, content: bytes, text: str, taken: Collection[str]
) -> Iterator[Finding]:  # fmt: skip
    yield from texts.misleading(text)
    yield from texts.unreadable_runs(text)
    if ending == "csv":
        table = tables.opened(content)
        if table is None:
            yield Finding(
                "unreadable", None, None, say("This cannot be read as a table with a header and rows.")
            )
            return
        yield from tables.people(table)
        yield from tables.size(table)
        return
    yield from texts.personal_marks(text)
    yield from texts.much_to_read(text)
    if ending == "py":
        yield from _module(name, taken)
        yield from words.in_python(text)
    elif ending == "ipynb":
        yield from words.in_notebook(content)
    elif ending == "r":
        yield from words.in_r(text)
    elif ending == "sql":
        yield from words.in_sql(text)
    elif ending == "json" and not _is_json(text):
        yield Finding("unreadable", None, None, say("This cannot be read as JSON."))


def _module(name: str, taken: Collection[str]) -> Iterator[Finding]:
    module = name[: -len(".py")]
    if module in taken:
        yield Finding("shadows", None, None, say("The zone has a module of this name already: this one would never be used, or in its place."))  # fmt: skip
    elif module in _RUN_BY_THEMSELVES:
        yield Finding("runs_unasked", None, None, say("A module of this name runs without being asked for."))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
