"""Hostile SQL. It must succeed in DuckDB as it comes, and fail twice: with the driver's settings alone (no sandbox),
and in the sandbox as a script of the zone."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.zone_attacks.harness import Attack, Trial
from dalgubeol.nouns.script import ScriptLanguage
from dalgubeol.world.sandbox import driver_sql
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import run_script

_LIMITS = Limits(wall_s=30, memory_bytes=1 << 30)
_STATEMENTS = {
    "read a file as text": "select content from read_text('{site}/key')",
    "read a file as bytes": "select content from read_blob('{site}/key')",
    "read a file as CSV": "select * from read_csv('{site}/key', header = false)",
    "sniff at a file": "select * from sniff_csv('{site}/key')",
    "read a file by its name alone": "select * from '{site}/objects/other.csv'",
    "list a folder": "select * from glob('{site}/*') where file <> '' limit 1",
    "read another Dataset as Parquet": "select * from read_parquet('{site}/other.parquet')",
    "read the papers of a Parquet file": "select * from parquet_metadata('{site}/other.parquet')",
    "copy a file in": "create table t (x varchar); copy t from '{site}/key' (format csv, header false)",
    "copy the data out": "copy (select 1) to '{out}/leak.csv'",
    "attach a database": "attach '{out}/leak.db' as leak; create table leak.t as select 1",
    "export the database": "export database '{out}/leak'",
    "keep a secret on disk": "set secret_directory = '{out}'; create persistent secret s (type http)",
    "write a profile": "pragma enable_profiling = 'json'; pragma profiling_output = '{out}/profile.json'; select 1",
    "spill to a place of one's choice": "set temp_directory = '{out}'; select 1",
    "widen the memory": "set memory_limit = '64GB'",
    "take more threads": "set threads = 64",
    "load extensions from a place of one's choice": "set extension_directory = '{out}'",
    "let extensions install themselves": "set autoinstall_known_extensions = true",
    "fetch an extension (httpfs)": "set home_directory = '{out}'; set extension_directory = '{out}'; install httpfs from 'http://127.0.0.1:{web}'",
}
_ARRIVES = {"fetch an extension (httpfs)"}


def _tried_locally(trial: Trial, name: str, settings: Mapping[str, object] | None) -> bool:
    """Whether the statements go through, in DuckDB on this machine, with `settings` or the driver's own."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    site = Path(trial.targets["site"])
    pq.write_table(pa.table({"x": [1, 2]}), site / "other.parquet")
    (site / "objects" / "other.csv").write_text("a,b\n1,2\n")
    with tempfile.TemporaryDirectory(dir=trial.folder) as folder:
        data = Path(folder) / "data.parquet"
        pq.write_table(pa.table({"x": [1, 2]}), data)
        text = _STATEMENTS[name].format(site=site, out=folder, web=trial.targets["web"])
        connection = driver_sql.opened(data, settings)
        trial.noticed("web")
        try:
            answer = [connection.execute(each).fetchall() for each in text.split("; ")][-1]
        except duckdb.Error:
            return name in _ARRIVES and trial.noticed("web")
        finally:
            connection.close()
        return name not in _ARRIVES and (bool(answer) or "select" not in text.split("; ")[-1])


def _inside(trial: Trial, name: str) -> bool:
    text = _STATEMENTS[name].format(site=trial.targets["site"], out="/out", web=trial.targets["web"])
    script = text.replace("; ", ";\n") + ";\nselect 'succeeded' as said;"
    trial.noticed("web")
    outcome = run_script(
        script.encode(), {}, _LIMITS, 1, backend=trial.backend, language=ScriptLanguage.SQL
    )  # fmt: skip
    return outcome.status == "ok" or trial.noticed("web")


def _attack(name: str) -> Attack:
    return Attack(
        f"SQL: {name}", "sql", "the settings of DuckDB, and the sandbox",
        lambda trial: _tried_locally(trial, name, {}),
        lambda trial: _tried_locally(trial, name, None) or _inside(trial, name),
    )  # fmt: skip


SQL = tuple(map(_attack, _STATEMENTS))
