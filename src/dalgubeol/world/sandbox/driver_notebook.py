"""Executes a notebook (nbformat 4) without a kernel: its code cells in order, in one namespace, inside the sandbox.

Rules: what a cell shows becomes a file, as what a script writes: the last value of cell 3 is `cell-3.csv` where it
is a table (it knows how to write itself as CSV), else `cell-3.txt`; a figure left open is `cell-3-1.png`. What it
prints goes to the operator's log, as ever. Outputs saved in the notebook are not read. Lines of IPython (`%`, `!`)
are no Python: `%matplotlib` lines are dropped, others are a SyntaxError. Lines count through all code cells; `place`
says which cell and line that is.
"""

from __future__ import annotations

import ast
import json
import sys
from typing import Any

SCRIPT = "/code/script.py"
LONGEST_TEXT = 100_000


def execute(script: bytes, names: dict[str, Any]) -> None:
    """Run all code cells. Raises what a cell raised; ValueError for what is no notebook of Python."""
    first = 0
    for number, source in enumerate(code_cells(script), 1):
        tree = _moved(source, first)
        shown = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, SCRIPT, "exec", dont_inherit=True), names)  # noqa: S102 - this is what the sandbox is for
        if isinstance(shown, ast.Expr):
            code = compile(ast.Expression(shown.value), SCRIPT, "eval", dont_inherit=True)
            _show(number, eval(code, names))  # noqa: S307
        _keep_figures(number)
        first += source.count("\n") + 1


def code_cells(script: bytes) -> list[str]:
    """The sources of the code cells, as they stand. Raises ValueError for what is no notebook of Python."""
    try:
        notebook = json.loads(script)
        language = notebook["metadata"].get("kernelspec", {}).get("language", "python")
        cells = [each for each in notebook["cells"] if each["cell_type"] == "code"]
        sources = [each["source"] for each in cells]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise ValueError("this is no notebook of format 4") from None
    if language != "python":
        raise ValueError("this notebook is not in Python")
    return [each if isinstance(each, str) else "".join(each) for each in sources]


def place(script: bytes, line: int) -> tuple[int, int]:
    """Cell and line in it, each counted from 1, of `line` counted through all code cells."""
    sources = code_cells(script)
    for number, source in enumerate(sources, 1):
        lines = source.count("\n") + 1
        if line <= lines:
            return number, line
        line -= lines
    return len(sources), line


def _moved(source: str, first: int) -> ast.Module:
    lines = ["pass" if each.startswith("%matplotlib") else each for each in source.split("\n")]
    try:
        return ast.increment_lineno(ast.parse("\n".join(lines), SCRIPT), first)
    except SyntaxError as error:
        error.lineno = (error.lineno or 1) + first
        raise


def _show(number: int, value: object) -> None:
    if value is None:
        return
    for way in ("to_csv", "write_csv"):  # pandas, polars
        write = getattr(value, way, None)
        if callable(write):
            write(f"cell-{number}.csv", **({"index": _has_keys(value)} if way == "to_csv" else {}))
            return
    with open(f"cell-{number}.txt", "w", encoding="utf-8") as file:
        file.write(repr(value)[:LONGEST_TEXT] + "\n")


def _has_keys(value: Any) -> bool:
    """Whether the index of a pandas table says something: row numbers do not."""
    return type(value.index).__name__ != "RangeIndex"


def _keep_figures(number: int) -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    for at, figure in enumerate(pyplot.get_fignums(), 1):
        pyplot.figure(figure).savefig(f"cell-{number}-{at}.png")
    pyplot.close("all")
