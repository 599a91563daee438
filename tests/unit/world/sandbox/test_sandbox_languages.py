"""The languages of the zone: how each finds the table, what becomes a file, and what is told of a failure."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dalgubeol.errors import Invalid
from dalgubeol.nouns.script import SUFFIXES, ScriptLanguage, script_language
from dalgubeol.world.sandbox import driver_notebook, driver_r
from dalgubeol.world.sandbox.installed import environment_installed
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import Outcome, run_script
from dalgubeol.world.sandbox.selftest import choose_backend

R, SQL, NOTEBOOK = ScriptLanguage.R, ScriptLanguage.SQL, ScriptLanguage.NOTEBOOK
NEEDS_R = pytest.mark.skipif(not driver_r.PROGRAM.exists(), reason="R is not installed (r-base-core)")
Ran = Callable[..., Outcome]


def notebook(*cells: str) -> str:
    return json.dumps({"metadata": {}, "nbformat": 4, "cells": [{"cell_type": "code", "source": each} for each in cells]})  # fmt: skip


@pytest.fixture(scope="module")
def ran() -> Ran:
    backend, sink = choose_backend(), io.BytesIO()
    pq.write_table(pa.table({"area": [i % 3 for i in range(600)], "cost": list(range(600))}), sink)

    def run(language: ScriptLanguage, text: str, seed: int = 7) -> Outcome:
        inputs = {"data.parquet": lambda feed: feed.write(sink.getvalue())}
        return run_script(text.encode(), inputs, Limits(wall_s=60), seed, backend=backend, language=language)

    return run


def files(outcome: Outcome) -> dict[str, str]:
    assert outcome.status == "ok", outcome.operator_log.decode()
    return {each.name: each.data.decode("utf-8", "replace") for each in outcome.outputs}


def test_the_ending_of_a_file_says_its_language_in_any_case() -> None:
    for language, suffix in SUFFIXES.items():
        assert script_language(f"mean.weeks{suffix.upper()}") is language
    for name in ("script", "script.sh", "script.py.txt"):
        with pytest.raises(Invalid):
            script_language(name)


def test_every_statement_of_sql_that_asks_for_rows_becomes_a_file(ran: Ran) -> None:
    made = files(ran(SQL, """
        create table big as select * from data where cost > 99;
        -- file: counts.csv
        select area, count(*) as n from big group by all order by area;
        select 'a;b' as x, null as y;
    """))  # fmt: skip
    assert made == {"counts.csv": "area,n\n0,166\n1,167\n2,167\n", "result-2.csv": "x,y\na;b,\n"}


def test_a_pivot_and_what_is_returned_are_answers_too(ran: Ran) -> None:
    made = files(ran(SQL, """
        -- file: wide.csv
        pivot (select area, cost % 2 as half from data) on half using count(*) group by area order by area;
        create table kept as pivot (select cost % 2 as half from data) on half using count(*);
        create table other(n integer);
        insert into other values (1);
        insert into other values (2) returning n;
    """))  # fmt: skip
    assert made == {"wide.csv": "area,0,1\n0,100,100\n1,100,100\n2,100,100\n", "result-2.csv": "n\n2\n"}


def test_instants_with_a_zone_are_written_in_utc(ran: Ran) -> None:
    made = files(ran(SQL, "select '2024-03-01 09:00:00+09'::timestamptz as at, 1.50::decimal(4, 2) as d"))
    assert made == {"result-1.csv": "at,d\n2024-03-01 00:00:00,1.50\n"}


def test_chance_in_sql_and_in_r_follows_the_seed(ran: Ran) -> None:
    asked = (SQL, "select random(), random()")
    assert files(ran(*asked, 1)) == files(ran(*asked, 1)) != files(ran(*asked, 2))


@pytest.mark.parametrize(
    ("text", "exception", "line"),
    [
        ("select 1;\n\nselect *\nfrom nix;", "CatalogException", 3),
        ("select 1;\nselec 2;", "ParserException", 2),
        ("select count(*) from data;\nselect cost::date from data;", "ConversionException", 2),
        ("-- 가\nselect error('secret');", "InvalidInputException", 2),
        ("select 1;\ncopy data to 'x.csv';", "PermissionException", 2),
    ],
)
def test_of_an_error_in_sql_the_class_and_the_line_of_the_statement_are_told(
    ran: Ran, text: str, exception: str, line: int
) -> None:
    outcome = ran(SQL, text)
    assert (outcome.status, outcome.exception, outcome.line) == ("error", exception, line)


def test_a_notebook_runs_in_order_and_what_cells_show_becomes_files(ran: Ran) -> None:
    made = files(ran(NOTEBOOK, notebook(
        "import pandas as pd\nprint('heard by the operator')\ndata = pd.read_parquet('/data/data.parquet')",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);\ndata.groupby('area').cost.count()",
        "data.head(2)\nNone", "1 + 1",
    )))  # fmt: skip
    assert {k: v for k, v in made.items() if not k.endswith(".png")} == {
        "cell-2.csv": "area,cost\n0,200\n1,200\n2,200\n", "cell-4.txt": "2\n",
    }  # fmt: skip
    assert set(made) - {"cell-2.csv", "cell-4.txt"} == {"cell-2-1.png"}


def test_a_line_of_a_notebook_is_told_as_cell_and_line(ran: Ran) -> None:
    text = notebook("x = 1\ny = 2", "def f():\n    raise KeyError('secret')", "z = 3\nf()")
    outcome = ran(NOTEBOOK, text)
    assert (outcome.exception, outcome.line) == ("KeyError", 4)
    assert driver_notebook.place(text.encode(), 4) == (2, 2)
    assert driver_notebook.place(text.encode(), 1) == (1, 1)
    shell = ran(NOTEBOOK, notebook("x = 1", "!ls"))
    assert (shell.exception, shell.line) == ("SyntaxError", 2)


@pytest.mark.parametrize("text", ["{}", "[" * 50_000, "no notebook", '{"cells": [], "metadata": 3}'])
def test_what_is_no_notebook_is_refused_by_class_alone(ran: Ran, text: str) -> None:
    outcome = ran(NOTEBOOK, text)
    assert (outcome.status, outcome.exception, outcome.line) == ("error", "ValueError", None)


@NEEDS_R
def test_r_finds_the_table_as_a_data_frame(ran: Ran) -> None:
    text = (
        "t <- aggregate(cost ~ area, data, length)\nwrite.csv(t, 'counts.csv', row.names = FALSE)\n"
        "cat(runif(1), file = 'chance.txt')\nmodel <- lm(cost ~ area, data)\n"
    )
    made = files(ran(R, text))
    assert made["counts.csv"] == '"area","cost"\n0,200\n1,200\n2,200\n'
    assert made["chance.txt"] == files(ran(R, text))["chance.txt"] != files(ran(R, text, 8))["chance.txt"]


@NEEDS_R
@pytest.mark.parametrize(
    ("text", "exception", "line"),
    [
        ("f <- function() {\n  x <- 2\n  stop('secret')\n}\nf()", "simpleError", 3),
        ("x <- 1\nlibrary(dplyr)", "packageNotFoundError", 2),
        ("x <- 1\ny <- <- 2", "parseError", 2),
        ("x <- 1\nnix + 1", "simpleError", 2),
    ],
)
def test_of_an_error_in_r_the_class_and_the_line_are_told(
    ran: Ran, text: str, exception: str, line: int
) -> None:
    outcome = ran(R, text)
    assert (outcome.status, outcome.exception, outcome.line) == ("error", exception, line)


@NEEDS_R
def test_r_has_no_shell(ran: Ran) -> None:
    assert files(ran(R, "cat(suppressWarnings(system('true')), file = 'status.txt')")) == {"status.txt": "127"}  # fmt: skip


@pytest.mark.parametrize("package", ["numpy", "pandas", "polars", "scipy.stats", "sklearn.tree", "statsmodels.api", "matplotlib.pyplot"])  # fmt: skip
def test_the_packages_that_the_manual_names_can_be_imported_inside(ran: Ran, package: str) -> None:
    pytest.importorskip(package.partition(".")[0], reason="the extra `zone` is not installed")
    assert files(ran(ScriptLanguage.PYTHON, f"import {package}\nopen('ok', 'w').write('x')")) == {"ok": "x"}


def test_a_package_that_is_not_there_is_told_with_its_line(ran: Ran) -> None:
    outcome = ran(ScriptLanguage.PYTHON, "x = 1\nimport torch_of_nobody\n")
    assert (outcome.exception, outcome.line) == ("ModuleNotFoundError", 2)


def test_the_digest_of_the_environment_is_the_same_until_something_is_installed() -> None:
    found = environment_installed()
    assert found == environment_installed()
    assert len(found.digest) == 64
    assert found.versions["numpy"]
