"""What goes into the sandbox beside the data: our own code, compiled once, and the script at its place."""

from __future__ import annotations

import importlib.util
import marshal
from functools import cache
from pathlib import Path

from ...nouns.script import SUFFIXES, ScriptLanguage
from . import driver_notebook

DRIVERS = {
    ScriptLanguage.NOTEBOOK: "driver_notebook.py",
    ScriptLanguage.SQL: "driver_sql.py",
    ScriptLanguage.R: "driver_r.py",
}
"""What reads a script that is not plain Python."""


def script_path(language: ScriptLanguage) -> str:
    """Where the script lies inside; a notebook's cells count as one script of Python."""
    suffix = SUFFIXES[ScriptLanguage.PYTHON if language is ScriptLanguage.NOTEBOOK else language]
    return f"/code/script{suffix}"


def lines_of(script: bytes, language: ScriptLanguage) -> int:
    """How many lines of hers there are for an error to name."""
    if language is not ScriptLanguage.NOTEBOOK:
        return script.count(b"\n") + 1
    try:
        return sum(source.count("\n") + 1 for source in driver_notebook.code_cells(script))
    except ValueError:
        return 0


@cache
def compiled(source: str, inside: str) -> bytes:
    """A file of ours, compiled once by the host in the form of a .pyc file (PEP 552): saves 10 ms a start."""
    code = compile(Path(__file__).with_name(source).read_bytes(), inside, "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
