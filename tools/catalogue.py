"""The catalogues of what people read: `python tools/catalogue.py update | check | compile`.

Collected from `src/dalgubeol` (a message's key is its context and its English text):

| what | context |
|---|---|
| the literal that `say(...)` begins with; Slot summaries and Field descriptions of kinds | none |
| literal `expected=` and `got=` of `Invalid.field` | none, "got" |
| members of the enumerations in `nouns` and `rules` | the enumeration's name |
| moves, in the tables `*_MOVES` of `rules` | "move" |
| `BORROWED`, the words of libraries | none |

`update` takes new messages into the .po (a close old translation as fuzzy), drops what is gone, and compiles.
Both files are the same bytes for the same messages: no dates, no line numbers, no version of a tool.
"""

from __future__ import annotations

import ast
import difflib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).parents[1] / "src" / "dalgubeol"
TRANSLATED = ("ko",)
HEADER = "# What people read in Dalgubeol. `python tools/catalogue.py update` keeps this file."
_PLACE = re.compile(r"\{[^{}]*\}|%(?:\(\w+\))?[sdr]")
_ALIKE = 0.8

Key = tuple[str, str]  # context ("" for none), English


class Plain(Catalog):  # type: ignore[misc]  # Babel has no types
    """A catalogue whose header never changes by itself."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", str(self.locale)), ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "8bit"),
        ]  # fmt: skip


def collected(source: Path = SOURCE) -> tuple[list[Key], list[str]]:
    """All messages, sorted, and where `say` is not given a literal."""
    keys: set[Key] = set()
    wrong: list[str] = []
    for path in sorted(source.rglob("*.py")):
        place = path.relative_to(source)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            keys.update(_of_node(node, place.parts[0]))
            if isinstance(node, ast.Call) and _name(node.func) == "say" and not list(_of_say(node)):
                wrong.append(f"{place}:{node.lineno}: say() without a literal")
    return sorted(keys, key=lambda key: (key[1], key[0])), wrong


def _of_node(node: ast.AST, floor: str) -> Iterator[Key]:
    if isinstance(node, ast.Call):
        yield from _of_say(node)
        if _name(node.func) == "field":
            yield from _of_invalid(node)
        elif floor == "kinds" and _name(node.func) in ("Field", "Slot", "Example"):
            yield from _of_description(node)
    elif isinstance(node, ast.ClassDef) and floor in ("nouns", "rules"):
        yield from _of_enumeration(node)
    elif isinstance(node, ast.AnnAssign) and _name(node.target).endswith("_MOVES"):
        yield from _of_moves(node)
    elif isinstance(node, ast.Assign) and [_name(target) for target in node.targets] == ["BORROWED"]:
        yield from (("", text) for text in ast.literal_eval(node.value))


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _of_say(node: ast.Call) -> Iterator[Key]:
    if _name(node.func) == "say" and node.args:
        yield from (("", text) for text in _literals(node.args[0]))


def _of_invalid(node: ast.Call) -> Iterator[Key]:
    for keyword in node.keywords:
        if keyword.arg in ("expected", "got"):
            context = "got" if keyword.arg == "got" else ""
            yield from ((context, text) for text in _literals(keyword.value))


def _of_description(node: ast.Call) -> Iterator[Key]:
    given = [k.value for k in node.keywords if k.arg in ("description", "summary")]
    if _name(node.func) == "Slot":
        given += node.args[2:3]
    if _name(node.func) == "Example":
        given += node.args[:1]
    yield from (("", text) for value in given for text in _literals(value))


def _of_enumeration(node: ast.ClassDef) -> Iterator[Key]:
    if "StrEnum" in map(_name, node.bases):
        for line in node.body:
            if isinstance(line, ast.Assign):
                yield from ((node.name, text) for text in _literals(line.value))


def _of_moves(node: ast.AnnAssign) -> Iterator[Key]:
    """The second of each pair that is a key of the table."""
    for key in node.value.keys if isinstance(node.value, ast.Dict) else ():
        if isinstance(key, ast.Tuple):
            yield from (("move", text) for text in _literals(key.elts[1]))


def _literals(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may be: `"a"`, `x or "none"`, `"a" if x else "b"`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in _literals(value))
    elif isinstance(node, ast.IfExp):
        yield from (*_literals(node.body), *_literals(node.orelse))


def po_path(language: str, source: Path = SOURCE) -> Path:
    return source / "locale" / language / "LC_MESSAGES" / "dalgubeol.po"


def read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def merged(keys: list[Key], old: Catalog, language: str) -> Catalog:
    """`keys` with their old translations; for a new one the closest of the dropped, as fuzzy."""
    known = {(m.context or "", m.id): m for m in old if m.id and m.string}
    dropped = {key[1]: message for key, message in known.items() if key not in set(keys)}
    new = Plain(locale=language, header_comment=HEADER, fuzzy=False)
    for context, text in keys:
        message = known.get((context, text))
        string, fuzzy = (message.string, message.fuzzy) if message else ("", False)
        if message is None and (close := difflib.get_close_matches(text, dropped, 1, _ALIKE)):
            string, fuzzy = dropped[close[0]].string, True
        new.add(text, string, flags={"fuzzy"} if fuzzy else (), context=context or None)
    return new


def po_bytes(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalogue, no_location=True, width=0)
    return file.getvalue()


def mo_bytes(catalogue: Catalog, language: str) -> bytes:
    """Compiled; fuzzy and empty ones stay English."""
    plain = Plain(locale=language, fuzzy=False)
    for message in catalogue:
        if message.id and message.string and not message.fuzzy:
            plain.add(message.id, message.string, context=message.context)
    file = io.BytesIO()
    write_mo(file, plain)
    return file.getvalue()


def update(source: Path = SOURCE) -> None:
    for language in TRANSLATED:
        path = po_path(language, source)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_bytes(merged(collected(source)[0], read(path, language), language)))
    compile_(source)


def compile_(source: Path = SOURCE) -> None:
    for language in TRANSLATED:
        path = po_path(language, source)
        path.with_suffix(".mo").write_bytes(mo_bytes(read(path, language), language))


def problems(source: Path = SOURCE) -> list[str]:
    """Everything that keeps a reader from reading their language; empty if all is well."""
    keys, found = collected(source)
    for language in TRANSLATED:
        path = po_path(language, source)
        catalogue = read(path, language)
        known = {(m.context or "", m.id): m for m in catalogue if m.id}
        found += [f"{language}: missing: {text}" for context, text in keys if (context, text) not in known]
        found += [f"{language}: no longer said: {key[1]}" for key in known if key not in set(keys)]
        for message in known.values():
            found += [f"{language}: {what}: {message.id}" for what in _faults(message.id, message.string, message.fuzzy)]  # fmt: skip
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.read_bytes() != mo_bytes(catalogue, language):
            found.append(f"{language}: the .mo is not that of the .po")
    return found


def _faults(text: str, translation: str, fuzzy: bool) -> Iterator[str]:
    if fuzzy:
        yield "fuzzy"
    if not translation:
        yield "empty"
    elif set(_PLACE.findall(text)) != set(_PLACE.findall(translation)):
        yield "other placeholders"
    elif text.endswith("\n") != translation.endswith("\n"):
        yield "other line end"


def main(arguments: list[str]) -> int:
    match arguments:
        case ["update"]:
            update()
        case ["compile"]:
            compile_()
        case ["check"]:
            pass
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    found = problems()
    for line in found:
        print(line)
    print(f"{len(collected()[0])} messages, {len(found)} problems")
    return 1 if found and arguments == ["check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
