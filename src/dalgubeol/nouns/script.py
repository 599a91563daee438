"""What a script is written in, told by its file's suffix: the one place that knows.

| suffix | language | how it finds the table |
|---|---|---|
| .py | Python | the file /data/data.parquet |
| .ipynb | Jupyter notebook, Python cells | the same; its cells run in order, without a kernel |
| .sql | DuckDB SQL | the view `data` |
| .R | base R | the data frame `data` |
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath

from ..errors import Invalid
from ..language import say


class ScriptLanguage(StrEnum):
    PYTHON = "python"
    NOTEBOOK = "notebook"
    SQL = "sql"
    R = "r"


SUFFIXES = {
    ScriptLanguage.PYTHON: ".py",
    ScriptLanguage.NOTEBOOK: ".ipynb",
    ScriptLanguage.SQL: ".sql",
    ScriptLanguage.R: ".R",
}


def script_language(file_name: str) -> ScriptLanguage:
    """What the file called `file_name` is written in. Raises Invalid for a suffix that no language has."""
    suffix = PurePath(file_name).suffix
    for language, known in SUFFIXES.items():
        if suffix.lower() == known.lower():
            return language
    raise Invalid.field(
        "script", expected=say("a file that ends in one of: {suffixes}", suffixes=", ".join(SUFFIXES.values())), got=suffix or say("a name without an ending")
    )  # fmt: skip
