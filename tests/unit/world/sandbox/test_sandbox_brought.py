"""What came in, inside the sandbox: packages with files of their own, in every language, as many as there may be."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Mapping

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.nouns.script import ScriptLanguage
from dalgubeol.world.sandbox import driver_r
from dalgubeol.world.sandbox.bubblewrap import Backend
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import Outcome, run_script
from dalgubeol.world.sandbox.selftest import choose_backend

WHEEL = "tinyrates-1.0-py3-none-any.whl"
PACKAGE = {
    f"{WHEEL}/tinyrates/__init__.py": b"from pathlib import Path\nRATES = Path(__file__).with_name('rates.csv').read_text()\n",
    f"{WHEEL}/tinyrates/rates.csv": b"1.5",
    f"{WHEEL}/tinyrates-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tinyrates\nVersion: 1.0\n",
}
CODES = b"code,region\n11,north\n26,south\n"
NEEDS_R = pytest.mark.skipif(not driver_r.PROGRAM.exists(), reason="R is not installed (r-base-core)")


@pytest.fixture(scope="module")
def backend() -> Backend:
    return choose_backend()


def ran(
    backend: Backend, text: str, brought: Mapping[str, bytes], language: ScriptLanguage = ScriptLanguage.PYTHON
) -> Outcome:  # fmt: skip
    return run_script(textwrap.dedent(text).encode(), {}, Limits(wall_s=60), 1, backend=backend, language=language, brought=brought)  # fmt: skip


def said(outcome: Outcome) -> str:
    assert outcome.status == "ok", outcome.operator_log.decode()
    return "".join(each.data.decode() for each in outcome.outputs)


def test_a_package_finds_its_own_files_its_resources_and_its_papers(backend: Backend) -> None:
    text = """
        import importlib.metadata, importlib.resources, tinyrates
        there = importlib.resources.files(tinyrates).joinpath("rates.csv").read_text()
        open("said.txt", "w").write(f"{tinyrates.RATES} {there} {importlib.metadata.version('tinyrates')}")
    """
    assert said(ran(backend, text, PACKAGE)) == "1.5 1.5 1.0"


def test_the_files_of_a_package_can_be_read_and_not_changed(backend: Backend) -> None:
    text = f"""
        import os
        place, tried = "/brought/{WHEEL}/tinyrates", []
        for act in (lambda: open(place + "/rates.csv", "a"), lambda: open(place + "/new.py", "w"), lambda: os.mkdir("/brought/x"),
                    lambda: os.remove(place + "/rates.csv"), lambda: os.rename(place, place + "2"), lambda: os.chmod(place, 0o777)):
            try:
                act()
                tried.append("done")
            except OSError:
                tried.append("stopped")
        open("said.txt", "w").write(" ".join(tried))
    """
    assert said(ran(backend, text, PACKAGE)) == " ".join(["stopped"] * 6)


def test_two_thousand_files_are_borne(backend: Backend) -> None:
    many = {f"{WHEEL}/tinyrates/m{number}.py": b"N = %d\n" % number for number in range(1_999)}
    text = "import tinyrates.m1998\nopen('said.txt', 'w').write(str(tinyrates.m1998.N))"
    assert said(ran(backend, text, {**many, f"{WHEEL}/tinyrates/__init__.py": b""})) == "1998"


FEW = """
import resource
from dalgubeol.errors import Unavailable
from dalgubeol.world.sandbox.limits import Limits
from dalgubeol.world.sandbox.script import run_script
from dalgubeol.world.sandbox.selftest import choose_backend
backend = choose_backend()
resource.setrlimit(resource.RLIMIT_NOFILE, {limits})
many = {{f"{wheel}/p/m{{n}}.py": b"" for n in range(400)}}
try:
    print(run_script(b"import p.m399", {{}}, Limits(), 1, backend=backend, brought=many).status)
except Unavailable as error:
    print(error.code)
"""


@pytest.mark.parametrize(("limits", "told"), [((200, 4096), "ok"), ((200, 300), "sandbox.descriptors")])
def test_as_many_files_are_opened_as_the_system_lets_and_else_it_is_said(
    limits: tuple[int, int], told: str
) -> None:
    code = FEW.format(limits=limits, wheel=WHEEL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{told}\n"


@pytest.mark.parametrize("name", [f"{WHEEL}/../x.py", f"{WHEEL}//x.py", "../x.py", "/etc/x", f"{WHEEL}/a\0b", f"{WHEEL}/./x", ""])  # fmt: skip
def test_a_path_that_leads_out_is_refused_before_anything_starts(backend: Backend, name: str) -> None:
    with pytest.raises(Invalid):
        ran(backend, "pass", {name: b"x"})


@NEEDS_R
def test_r_reads_tables_and_code_that_came_in(backend: Backend) -> None:
    text = """
        source("/brought/rates.R")
        codes <- read.csv("/brought/codes.csv")
        cat(doubled(21), codes$region[codes$code == 26], file = "said.txt")
    """
    brought = {"rates.R": b"doubled <- function(n) 2 * n\n", "codes.csv": CODES}
    assert said(ran(backend, text, brought, ScriptLanguage.R)) == "42 south"


@NEEDS_R
def test_r_changes_nothing_of_what_came_in(backend: Backend) -> None:
    text = """
        told <- tryCatch({ writeLines("x", "/brought/codes.csv"); "changed" }, error = function(e) "stopped", warning = function(w) "stopped")
        cat(told, file = "said.txt")
    """
    assert said(ran(backend, text, {"codes.csv": CODES}, ScriptLanguage.R)) == "stopped"


def test_a_notebook_and_a_query_find_it_too(backend: Backend) -> None:
    brought = {**PACKAGE, "codes.csv": CODES}
    cell = "import tinyrates\n_ = open('said.txt', 'w').write(tinyrates.RATES + open('/brought/codes.csv').readline())"
    cells = [{"cell_type": "code", "source": cell}]
    notebook = json.dumps({"metadata": {}, "nbformat": 4, "cells": cells})
    assert said(ran(backend, notebook, brought, ScriptLanguage.NOTEBOOK)) == "1.5code,region\n"
    query = "select region from codes where code = 26;"
    assert said(ran(backend, query, brought, ScriptLanguage.SQL)) == "region\nsouth\n"
