"""A policy whose hierarchies are files, made whole: what runs and is kept is one text.

The rules of this file:

- `[hierarchies.NAME]` with `file = "ages.csv"` names a file in ARX's form (`;` or `,` between the labels, UTF-8
  with or without a BOM, or CP949 as Korean spreadsheets write it). `made_whole` writes its lines into the policy
  in place of the name, on the same line: what is found wrong later has the line number of the clerk's own file.
- A name leads nowhere else: no absolute path, no `..`, no backslash. Reading is the caller's.
- The file is checked here, because here its own lines are still known: an error names file and line, never a
  value or a label.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from ....errors import Invalid
from ....language import Message, say
from .policy_text import MOST_CHARACTERS, loaded, quoted, statements

Read = Callable[[str], bytes]
"""The bytes of a file, by the name that a policy gives it."""
_Row = tuple[int, list[str]]
_KEY = re.compile(r"""^([^=]*?)["']?file["']?\s*=""")


def made_whole(text: str, read: Read) -> str:
    """`text` with every file that a hierarchy names written into it; `text` itself if none does.

    Raises `Invalid` for a name that leads elsewhere, a file that is no hierarchy (with the line), or too much
    text altogether; and what `read` raises.
    """
    given = loaded(text).get("hierarchies")
    for name, hierarchy in given.items() if isinstance(given, Mapping) else ():
        if isinstance(hierarchy, Mapping) and isinstance(hierarchy.get("file"), str):
            text = _with_one(text, name, hierarchy, read)
    return text


def hierarchy_text(file: str, content: bytes, delimiter: str | None = None) -> tuple[str, str]:
    """The lines of one hierarchy file as a policy holds them in `csv`, and the delimiter between the labels. `file`
    is its name, for errors alone. Raises `Invalid` for what is no hierarchy, with the line."""
    return _written(_rows(file, lambda _: content, delimiter), delimiter or ";"), delimiter or ";"


def _with_one(text: str, name: str, hierarchy: Mapping[str, Any], read: Read) -> str:
    file, delimiter = hierarchy["file"], hierarchy.get("delimiter")
    if not isinstance(delimiter, str) or len(delimiter) != 1:
        delimiter = None  # what else it is, reading the policy says
    written = _written(_rows(file, read, delimiter), delimiter or ";")
    if len(text) + len(written) > MOST_CHARACTERS:
        raise _wrong(
            file,
            say("With it the policy has more than {most} characters.", most=f"{MOST_CHARACTERS:,}"),
            say("Give fewer values, or a hierarchy made by widths, dates or prefixes."),
        )
    lines, places = text.split("\n"), (("hierarchies", name, "file"), ("hierarchies", name))
    for begins, ends, where in statements(text) if "csv" not in hierarchy else ():
        if where in places and (key := _KEY.match(lines[begins - 1])) is not None:
            said = f"{key[1]}csv = {quoted(written)}"
            lines[begins - 1 : ends] = [said, *[""] * (ends - begins)]
            break
    whole = "\n".join(lines)
    expected = {"csv": written, **{k: v for k, v in hierarchy.items() if k != "file"}}
    if loaded(whole)["hierarchies"][name] != expected:
        raise _wrong(
            file,
            say("[hierarchies.{name}] gives it together with lines of its own, or in one line with other things.", name=name),
            say("Write [hierarchies.{name}] and on a line below it only the file.", name=name),
        )  # fmt: skip
    return whole


def _rows(file: str, read: Read, delimiter: str | None) -> list[_Row]:
    """The lines of a file with their numbers, checked to be a tree with one root."""
    parts = file.split("/")
    if file.startswith("/") or "\\" in file or ":" in file or not {"", ".", ".."}.isdisjoint(parts):
        raise _wrong(
            file,
            say("Its name leads out of the folder of the policy."),
            say("Put the file beside the policy and give its name alone."),
        )
    text = _decoded(file, read(file))
    if delimiter is None:
        delimiter = ";" if ";" in text.lstrip().partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[_Row] = []
    try:
        for row in reader:
            if row:
                rows.append((reader.line_num, row))
    except csv.Error:
        raise _line(file, reader.line_num, say("its quotes do not fit together")) from None
    _check(file, rows)
    return rows


def _decoded(file: str, content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _wrong(file, say("It is not text in UTF-8 or CP949."), say("Save it as CSV in UTF-8."))


def _check(file: str, rows: list[_Row]) -> None:
    if not rows:
        raise _wrong(file, say("It is empty."), say("Write a line for each value: the value, its labels, and * at the end."))  # fmt: skip
    width = len(rows[0][1])
    seen: dict[str, int] = {}
    above: dict[tuple[int, str], tuple[str, int]] = {}
    for number, row in rows:
        if len(row) != width or width < 2:
            raise _line(file, number, say("it has {count} fields, where the first line has {width}; a value and * at least", count=len(row), width=width))  # fmt: skip
        if any("\n" in field or "\r" in field for field in row):
            raise _line(file, number, say("a label goes over several lines"))
        if (first := seen.setdefault(row[0], number)) != number:
            raise _line(file, number, say("its value stands on line {first} already", first=first))
        for level, (label, coarser) in enumerate(pairwise(row)):
            known, first = above.setdefault((level, label), (coarser, number))
            if known != coarser:
                raise _line(file, number, say("what level {level} joins, level {above} separates: line {first} says another label", level=level, above=level + 1, first=first))  # fmt: skip
        if row[-1] != rows[0][1][-1]:
            raise _line(file, number, say("its last label is another than that of line {first}: the last one is the same for all, such as *", first=rows[0][0]))  # fmt: skip


def _written(rows: list[_Row], delimiter: str) -> str:
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter, lineterminator="\n").writerows(row for _, row in rows)
    return made.getvalue()


def _line(file: str, number: int, what: Message) -> Invalid:
    return _wrong(
        file, say("Line {line}: {what}.", line=number, what=what), say("Correct line {line} of {file}.", line=number, file=file)
    )  # fmt: skip


def _wrong(file: str, detail: Message, next_step: Message) -> Invalid:
    return Invalid(
        "invalid.policy.hierarchies.file",
        say("The hierarchy file {file} cannot be used. {detail}", file=file[:200], detail=detail),
        next_step,
    )
