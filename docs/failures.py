"""Every error code and every reason that the source can raise, read from the source itself.

The six families and `Reason` are looked for in the syntax tree; the first argument is the code, the second
the text. A value that is handed down inside a module (`_wrong(code, detail)`) is followed to where it is
written. What cannot be read is not left out but returned as a gap, and stops the build.
"""

from __future__ import annotations

import ast
import gettext
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dalgubeol import errors
from dalgubeol.language import DOMAIN, LOCALE_FOLDER

SOURCE = Path(errors.__file__).parent
_FAMILIES = {family.__name__: family for family in errors.FAMILIES}
_FIELD = "{field} must be {expected}, but is {got}."


@dataclass(frozen=True, slots=True, order=True)
class Failure:
    """One code with one of the texts it comes with."""

    family: str
    """The family's name, or "Reason"."""
    code: str
    text: str
    """The English template, its values in braces."""
    place: str

    @property
    def korean(self) -> str:
        """The Korean template; the English one where there is none."""
        return korean(self.text)


class _Source:
    """All modules at once: a text may be handed down from one to another."""

    def __init__(self, folder: Path) -> None:
        self.function_of: dict[ast.AST, ast.FunctionDef] = {}
        self.place_of: dict[ast.AST, str] = {}
        self.calls: list[ast.Call] = []
        self.family_of: dict[ast.AST, str] = {}
        """Of each node inside a class that is made from a family."""
        for path in sorted(folder.rglob("*.py")):
            if path.name != "errors.py":  # there the families are defined, not raised
                self._read(path, path.relative_to(folder).as_posix())

    def _read(self, path: Path, place: str) -> None:
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self.calls.append(node)
                self.place_of[node] = f"{place}:{node.lineno}"
            elif isinstance(node, ast.ClassDef):
                families = [name for name in map(_name, node.bases) if name in _FAMILIES]
                self.family_of.update(dict.fromkeys(ast.walk(node), families[0]) if families else {})
            elif isinstance(node, ast.FunctionDef):
                self.function_of.update(dict.fromkeys(ast.walk(node), node))

    def failures(self) -> Iterator[Failure | str]:
        for call in self.calls:
            function = call.func
            if isinstance(function, ast.Name) and function.id in (*_FAMILIES, "Reason"):
                yield from self._plain(function.id, call)
            elif _name(function) == "__init__" and call in self.family_of:
                yield from self._plain(self.family_of[call], call)
            elif _name(function) == "field" and _name(getattr(function, "value", function)) == "Invalid":
                yield from self._field(call)

    def _plain(self, family: str, call: ast.Call) -> Iterator[Failure | str]:
        place = self.place_of[call]
        given = [*call.args, *(k.value for k in call.keywords if k.arg in ("code", "detail", "message"))]
        pairs = list(self._pairs(given[0], given[1], call)) if len(given) >= 2 else []
        if not pairs:
            yield f"{family} at {place}: its code or its text cannot be read"
        for code, text in pairs:
            yield Failure(family, code, text, place)

    def _pairs(self, code: ast.expr, text: ast.expr, at: ast.AST, deep: int = 0) -> Iterator[tuple[str, str]]:
        """Code and text together, followed upwards together: a wrapper's callers name both."""
        codes, texts = list(self._texts(code, at)), list(self._texts(text, at))
        names = [each.id for each in (code, text) if isinstance(each, ast.Name)]
        function = self.function_of.get(at)
        if codes and texts:
            yield from ((c, t) for c in dict.fromkeys(codes) for t in dict.fromkeys(texts))
        elif function is not None and names and deep < 3:
            for call in self._calls_of(function.name):
                yield from self._pairs(
                    self._handed(function, call, code), self._handed(function, call, text), call, deep + 1
                )

    def _texts(self, node: ast.expr, at: ast.AST) -> Iterator[str]:
        """What an expression may be, where that is written in this function."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(map(_part, node.values))
        elif isinstance(node, ast.Call) and _name(node.func) in ("say", "phrase", "str"):
            # `str(finding["code"])`: a code that a kind wrote earlier; its own file says which
            if _name(node.func) == "str":
                yield f"{{{ast.unparse(node.args[0]).split('[')[0]}}}"
            else:
                yield from self._texts(node.args[0], at)
        elif isinstance(node, ast.IfExp):
            yield from (*self._texts(node.body, at), *self._texts(node.orelse, at))
        elif isinstance(node, ast.BoolOp):
            yield from (text for value in node.values for text in self._texts(value, at))
        elif isinstance(node, ast.Name):
            for line in ast.walk(self.function_of[at]) if at in self.function_of else ():
                if isinstance(line, ast.Assign):
                    yield from (text for value in _assigned(line, node.id) for text in self._texts(value, at))

    def _calls_of(self, name: str) -> Iterator[ast.Call]:
        return (call for call in self.calls if _name(call.func) == name)

    @staticmethod
    def _handed(function: ast.FunctionDef, call: ast.Call, wanted: ast.expr) -> ast.expr:
        """The caller's expression for a parameter; anything else stays as it is."""
        if not isinstance(wanted, ast.Name):
            return wanted
        names = [argument.arg for argument in function.args.args]
        if names[:1] == ["self"]:
            names = names[1:]
        for keyword in call.keywords:
            if keyword.arg == wanted.id:
                return keyword.value
        place = names.index(wanted.id) if wanted.id in names else len(call.args)
        return call.args[place] if place < len(call.args) else wanted

    def _field(self, call: ast.Call) -> Iterator[Failure | str]:
        place = self.place_of[call]
        names = list(self._texts(call.args[0], call)) or [f"{{{ast.unparse(call.args[0])}}}"]
        expected = next((k.value for k in call.keywords if k.arg == "expected"), None)
        texts = [] if expected is None else list(self._texts(expected, call))
        if expected is not None and not texts:
            texts = [f"{{{ast.unparse(expected)}}}"]
        for name in names:
            for text in texts:
                yield Failure("Invalid", f"invalid.{name}", text, place)


@cache
def found(folder: Path = SOURCE) -> tuple[list[Failure], list[str]]:
    """All failures, sorted, and what could not be read."""
    failures: set[Failure] = set()
    gaps: list[str] = []
    for each in _Source(folder).failures():
        if isinstance(each, str):
            gaps.append(each)
        else:
            failures.add(each)
    return sorted(failures), gaps


def korean(template: str) -> str:
    """The catalogue's Korean for an English template, its values in braces and both particles shown."""
    return _catalogue().gettext(template)


@cache
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE_FOLDER, languages=["ko"], fallback=True)


def _assigned(line: ast.Assign, name: str) -> Iterator[ast.expr]:
    """What a line gives to `name`: `name = x`, or its place in `name, other = x, y`."""
    for target in line.targets:
        if _name(target) == name:
            yield line.value
        elif isinstance(target, ast.Tuple) and isinstance(line.value, ast.Tuple):
            yield from (v for t, v in zip(target.elts, line.value.elts, strict=False) if _name(t) == name)


def _part(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    inside = ast.unparse(node.value) if isinstance(node, ast.FormattedValue) else "?"
    return f"{{{inside.removesuffix('.value').split('.')[-1]}}}"


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
