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


HELPER = "/code/dalgu_zone.pyc"
HELPER_SOURCE = Path(__file__).parents[2] / "methods" / "disclosure" / "dalgu_zone.py"
"""What a script imports to give a model; it lies where the site reads the same table by the same code."""


def wants_helper(script: bytes, language: ScriptLanguage) -> bool:
    return language in (ScriptLanguage.PYTHON, ScriptLanguage.NOTEBOOK) and b"dalgu_zone" in script


@cache
def compiled(source: str | Path, inside: str) -> bytes:
    """A file of ours, compiled once by the host in the form of a .pyc file (PEP 552): saves 10 ms a start."""
    code = compile((Path(__file__).parent / source).read_bytes(), inside, "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
