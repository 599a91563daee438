"""Executes a script of SQL in DuckDB, inside the sandbox (see runner.py: shipped compiled, standard library first).

Rules: the table is the view `data` over the one file that may be read; a table that was brought into the zone is the
view that its name says (/brought/codes.csv: `codes`). Everything else of DuckDB that reaches out
of it (files, network, extensions, Python variables, spilling to disk, settings) is off before her first statement
and locked. Every statement that asks for rows becomes a CSV file, numbered in their order, or called as the
comment line above it says: `-- file: counts.csv`. An error carries the line on which its statement begins; where
the parser fails, the line that it names.
"""

from __future__ import annotations

import csv
import os
import re
import resource
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

DATA = "/data/data.parquet"
BROUGHT = Path("/brought")
ROWS_AT_ONCE = 10_000
_MEMORY_SHARE = 0.6
"""Of the limit: DuckDB counts its buffers only, and the interpreter needs its own."""
_NAMED = re.compile(r"--\s*file:\s*(?P<name>[^\s/]+)\s*$")
_FAILED_AT = re.compile(r"^LINE (\d+):", re.MULTILINE)


def execute(script: bytes, names: dict[str, Any]) -> None:
    """Run `script`; result files go to the working folder. Raises what DuckDB raised, with `script_line` set."""
    connection = opened(Path(os.environ.get("DALGU_DATA_FILE", DATA)))
    text = script.decode("utf-8")
    at, number = 0, 0
    for statement in _statements(text, connection):
        begins = text.index(statement.query.strip(), at)
        line = text.count("\n", 0, begins) + 1
        try:
            answer = connection.execute(statement)
            columns = answer.description
            if _asked_for_rows(statement, [each[0] for each in columns or ()]):
                number += 1
                rows = (
                    _zoned(answer) if any("TIME ZONE" in str(each[1]) for each in columns) else _plain(answer)
                )
                _write(_name(text[:begins]) or f"result-{number}.csv", [each[0] for each in columns], rows)
        except Exception as error:
            error.script_line = line  # type: ignore[attr-defined]
            raise
        at = begins + len(statement.query.strip())


def opened(data: Path, settings: Mapping[str, object] | None = None) -> Any:
    """A connection that reaches `data`, what was brought, and nothing else. `settings` take the place of `lockdown`; tests only."""
    import duckdb

    connection = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
    for setting, value in (
        lockdown(str(data), tuple(map(str, came_in().values()))) if settings is None else settings
    ).items():
        connection.execute(f"SET {setting} = {_quoted(value)}")
    connection.execute(f"SELECT setseed({int(os.environ.get('DALGU_SEED', '0')) % 1_000_003 / 1_000_003})")
    if data.exists():
        connection.execute(f"CREATE VIEW data AS SELECT * FROM read_parquet({_quoted(str(data))})")  # noqa: S608
    for name, path in came_in().items():
        quoted = '"' + name.replace('"', '""') + '"'
        view = f"CREATE VIEW {quoted} AS SELECT * FROM read_csv({_quoted(str(path))}, header = true)"  # noqa: S608
        connection.execute(view)
    connection.execute(f"SET lock_configuration = {'false' if settings is not None else 'true'}")
    return connection


def came_in() -> dict[str, Path]:
    """Name of a view to the table that was brought in for it."""
    found = {each.stem: each for each in sorted(BROUGHT.glob("*.csv"))} if BROUGHT.is_dir() else {}
    return {name: path for name, path in found.items() if name.casefold() != "data"}


def lockdown(data: str, others: tuple[str, ...] = ()) -> dict[str, object]:
    """DuckDB's settings, in the order in which they can be made (duckdb.org, Securing DuckDB)."""
    memory = resource.getrlimit(resource.RLIMIT_DATA)[0]
    settings: dict[str, object] = {
        "temp_directory": "",
        "threads": len(os.sched_getaffinity(0)),
        "allow_persistent_secrets": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allowed_paths": [data, *others],
    }
    if memory != resource.RLIM_INFINITY:
        settings["memory_limit"] = f"{int(memory * _MEMORY_SHARE)}B"
    return settings | {"enable_external_access": False}


def _statements(text: str, connection: Any) -> list[Any]:
    try:
        statements: list[Any] = connection.extract_statements(text)
    except Exception as error:
        found = _FAILED_AT.search(str(error))
        error.script_line = int(found[1]) if found else 1  # type: ignore[attr-defined]
        raise
    return statements


def _asked_for_rows(statement: Any, columns: list[str]) -> bool:
    """Of what may ask for rows (PIVOT is several statements in one; INSERT may say RETURNING) the answer tells: where
    nothing was asked for it has one column, Success or Count."""
    may = [each.name for each in statement.expected_result_type]
    return may == ["QUERY_RESULT"] or ("QUERY_RESULT" in may and columns not in ([], ["Success"], ["Count"]))


def _name(before: str) -> str | None:
    """What the comment line directly above a statement calls its file."""
    above = before.rstrip(" \t")
    lines = above[:-1].rsplit("\n", 1) if above.endswith("\n") else [""]
    found = _NAMED.search(lines[-1])
    return found["name"] if found else None


def _plain(answer: Any) -> Iterator[list[Any]]:
    while rows := answer.fetchmany(ROWS_AT_ONCE):
        yield rows


def _zoned(answer: Any) -> Iterator[list[Any]]:
    """Instants with a zone, as text in UTC: DuckDB itself would need pytz to hand them out one by one."""
    import pyarrow as pa

    for batch in answer.to_arrow_reader(ROWS_AT_ONCE):
        columns = [
            c.cast(pa.timestamp(c.type.unit)) if pa.types.is_timestamp(c.type) else c for c in batch.columns
        ]
        yield list(zip(*(column.to_pylist() for column in columns), strict=True))


def _write(name: str, columns: list[str], batches: Iterable[list[Any]]) -> None:
    with open(name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for rows in batches:
            writer.writerows(rows)


def _quoted(value: object) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    return "'" + str(value).replace("'", "''") + "'"
