"""Files in the airlock, shown so that nothing in them can act: tables as tables, text as text, the rest not.

Names and contents are a stranger's words. They become text of elements or values of cells, which Vue escapes;
what turns the reading direction or is not printable is replaced.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping, Sequence

from ....language import Message, restored, say
from ....methods.bringing.archives import members
from ....methods.bringing.what import What, what_it_is
from ....rules.airlock import Direction
from ...plain import harmless
from ...standing import advice
from ..elements.parts import Part, still, words
from ..visit import Visit

_ROWS, _CHARACTERS, _FINDINGS = 1000, 100_000, 12
Finding = Mapping[str, object]


def findings_by_file(
    visit: Visit, findings: Sequence[Finding], names: Sequence[str] | None, comes_in: bool = False
) -> None:
    """What the checks found, file by file, and how a safe version would look. Names are known to whoever has
    opened the files."""
    for number in sorted({int(str(f["file"])) for f in findings}):
        found = [f for f in findings if f["file"] == number]
        name = harmless(names[number - 1]) if names is not None and number <= len(names) else ""
        Part("h3", visit.text(say("File {file}", file=number)) + (f": {name}" if name else ""))
        with Part("ul", classes="dalgu-plain-list"):
            for finding in found[:_FINDINGS]:
                with Part("li"):
                    Part("strong", visit.text(_weight(finding)) + ": ")
                    Part("span", visit.text(_message(finding)))
            if len(found) > _FINDINGS:
                words(visit, "li", say("and {count} more of the same file", count=len(found) - _FINDINGS))
        told_ = advice(found, Direction.IN if comes_in else Direction.OUT)
        if told_:
            with Part("div", classes="dalgu-note"):
                words(visit, "strong", say("How to mend it"))
                with Part("ul", classes="dalgu-plain-list"):
                    for told in told_:
                        words(visit, "li", told)


def show_files(
    visit: Visit, content: Mapping[str, bytes], findings: Sequence[Finding], comes_in: bool = False
) -> None:  # fmt: skip
    for number, name in enumerate(sorted(content), 1):
        held = [f for f in findings if f["file"] == number]
        with Part("section", classes="dalgu-file"):
            Part("h3", f"{visit.text(say('File {file}', file=number))}: {harmless(name)}")
            words(visit, "p", say("{count} bytes", count=f"{len(content[name]):,}"), "dalgu-faint")
            if comes_in:
                _coming_in(visit, name, content[name])
            else:
                _file(visit, name, content[name], held)


def _coming_in(visit: Visit, name: str, content: bytes) -> None:
    """What wants to come in: text and tables as they stand; of a package its members, by number as the scan names them."""
    if not name.lower().endswith(".whl"):
        _text(visit, name, content, ())
        return
    found, _ = members(content)
    if not found:
        words(visit, "p", say("This archive is not opened: the scan says why."))
    for number, member in enumerate(sorted(found), 1):
        with Part("details"):
            Part("summary", f"{number}. {harmless(member)} ({len(found[member]):,} B)")
            if what_it_is(found[member]) in (What.TEXT, What.EMPTY):
                Part("pre", harmless(found[member].decode("utf-8", errors="replace"))[:_CHARACTERS], "dalgu-text", tabindex=0)  # fmt: skip
            else:
                words(visit, "p", say("This is no text."))


def _file(visit: Visit, name: str, content: bytes, held: Sequence[Finding]) -> None:
    kind = name.rpartition(".")[2].lower()
    if kind == "parquet" and not held:
        words(
            visit,
            "p",
            say("A table that the site made, not a script. Its first rows stand in another of these files."),
        )
        return
    if kind == "png" and not any(f["code"] in ("image", "too_many_pictures") for f in held):
        _picture(visit, name, content)
        return
    if kind not in ("csv", "txt", "json"):
        words(visit, "p", say("Files of this type are not shown, and may not leave."))
        return
    _text(visit, name, content, held)


def _text(visit: Visit, name: str, content: bytes, held: Sequence[Finding]) -> None:
    kind = name.rpartition(".")[2].lower()
    text = harmless(content.decode("utf-8", errors="replace").removeprefix("\ufeff"))
    rows = _rows(text) if kind == "csv" else []
    if rows:
        _table(visit, rows, held)
        return
    if len(text) > _CHARACTERS:
        words(visit, "p", say("Only the first {count} characters are shown.", count=f"{_CHARACTERS:,}"))
    Part("pre", text[:_CHARACTERS], "dalgu-text", tabindex=0)


def _picture(visit: Visit, name: str, content: bytes) -> None:
    """A picture that the site drew again from its pixels; whatever else the bytes are, a browser is told PNG."""
    told = visit.text(say("The picture {name}", name=harmless(name)))
    source = "data:image/png;base64," + base64.b64encode(content).decode()
    Part("img", classes="dalgu-picture", src=source, alt=told)


def _rows(text: str) -> list[list[str]]:
    """Header and rows; empty where this is no table. Blank lines do not count, as the checks count."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error:
        return []
    return rows if len(rows) > 1 and all(len(row) == len(rows[0]) for row in rows) else []


def _table(visit: Visit, rows: Sequence[Sequence[str]], held: Sequence[Finding]) -> None:
    header, body = rows[0], rows[1:]
    if len(body) > _ROWS:
        words(visit, "p", say("Only the first {count} of {rows} rows are shown.", count=f"{_ROWS:,}", rows=f"{len(body):,}"))  # fmt: skip
    marks = _marks(visit, held, len(header))
    told = visit.text(say("Content of the file"))
    with (
        still(),
        Part("div", classes="dalgu-sheet", role="region", aria_label=told, tabindex=0),
        Part("table"),
    ):
        with Part("thead"), Part("tr"):
            words(visit, "th", say("row"), scope="col")
            for place, name in enumerate(header, 1):
                Part("th", f"{place}. {name}", scope="col")
        with Part("tbody"):
            for number, row in enumerate(body[:_ROWS], 1):
                with Part("tr"):
                    Part("th", str(number), scope="row")
                    marked = {**marks.get(None, {}), **marks.get(number, {})}
                    for place, cell in enumerate(row, 1):
                        _cell(cell, marked.get(place))


def _cell(cell: str, found: str | None) -> None:
    with Part("td", cell, "dalgu-marked" if found else ""):
        if found:
            Part("span", " ⚠", "dalgu-mark", role="img", title=found, aria_label=found)


def _marks(visit: Visit, held: Sequence[Finding], width: int) -> dict[int | None, dict[int, str]]:
    """Row (None: all) to column to what was found there."""
    found: dict[int | None, dict[int, str]] = {}
    for finding in held:
        row, column = finding.get("row"), finding.get("column")
        if row is None and column is None:
            continue  # of the file as a whole
        places = [int(str(column))] if column is not None else list(range(1, width + 1))
        for place in places:
            found.setdefault(None if row is None else int(str(row)), {})[place] = visit.text(
                _message(finding)
            )
    return found


def _weight(finding: Finding) -> Message:
    if finding.get("mended"):
        return say("mended in this safe version")
    return say("holds") if finding.get("holds", True) else say("to be read")


def _message(finding: Finding) -> Message:
    return restored(finding["message"])  # type: ignore[arg-type]
