"""Scripts and outputs as people send them by mistake: each ends with a clear error, and the data is as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.language import restored
from dalgubeol.nouns.permit import Conditions
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.rules.airlock import ReviewState
from dalgubeol.verbs.permits import grant
from dalgubeol.verbs.permits.applications import Asked
from dalgubeol.world.store import datasets, reviews

from .conftest import As, Visit

TIGHT = Conditions(
    wall_s=5, cpu_s=5, memory_mb=512, output_mb=1, scratch_mb=2, output_files=5, smallest_cell=10
)
SECRET = "canary-7f3a91"


@pytest.fixture
def bytes_before(as_: As, tmp_path: Path) -> bytes:
    """A table under a Permit with little of everything; its content as it was brought."""
    wages = tmp_path / "wages.csv"
    wages.write_text("area,wage\n" + "".join(f"a{i % 7},{1000 + i * 37 % 991}\n" for i in range(400)))
    with as_("provider") as site:
        site.add(wages, "wages")
    with as_("analyst") as site:
        asked = site.request(["analyse", "release"], ["wages"], purpose="statistics", reason="wages by area", conditions=TIGHT, asked=Asked(pledged="en"))  # fmt: skip
    for login in ("steward", "operator"):
        with as_(login) as site:
            grant.decide(site._house, site.who, asked.id, grant.Verdict.GRANT)
    return content(as_)


def content(as_: As) -> bytes:
    with as_("operator") as site, site._house.database.reading() as connection:
        found = datasets.find(connection, "wages")
        house = site._house
        key = house.keyring.dataset_key(found.id) if found.protected else None
        with house.objects.open(found.object_id, key, found.id) as stream:
            return bytes(stream.read())


def ran(as_: As, script: str, language: str = "python") -> Run:
    wished = {"script": script, "language": language, "context": "the number of rows in the table"}
    with as_("analyst") as site:
        return site.run("analyse", {"data": "wages"}, wished)


FAILS = {
    "it never ends": ("while True: pass\n", "script.limit", ("5 s from its start", "5 s of processor time")),
    "it sleeps for ever": ("import time\ntime.sleep(10_000)\n", "script.limit", ("wall",)),
    "it writes nothing": ("x = 1\n", "script.silent", ("no file",)),
    "it writes 10 GB": ('file = open("big.csv", "wb")\nwhile True: file.write(bytes(1 << 20))\n', "script.limit", ("disk", "output_bytes")),
    "it writes 10 GB aside": ('file = open("/tmp/big", "wb")\nwhile True: file.write(bytes(1 << 20))\n', "script.limit", ("disk",)),
    "it takes all memory": ('x = []\nwhile True: x.append(bytes(1 << 24))\n', "script.limit", ("512 MB of memory",)),
    "it writes a thousand files": ('for n in range(1000): open(f"{n}.csv", "w").write("a")\n', "script.limit", ("5 files that it leaves",)),
    "it needs a package that is not there": ("import nosuchpackage\n", "script.error", ("ModuleNotFoundError", "line 1")),
    "it is no Python": ("SELECT 1;\n", "script.error", ("SyntaxError", "line 1")),
    "it says that it is of another encoding": ("# -*- coding: nosuch -*-\nx = 1\n", "script.error", ("SyntaxError",)),
    "it prints secrets and fails": (f'print("{SECRET}")\nraise ValueError("{SECRET}")\n', "script.error", ("ValueError", "line 2")),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILS)
def test_a_script_that_does_not_work_is_told_why_and_the_data_is_as_it_was(
    as_: As, bytes_before: bytes, case: str
) -> None:
    script, code, words = FAILS[case]
    run = ran(as_, script)
    assert (run.state, run.outputs) == (RunState.FAILED, {})
    assert run.fault is not None
    assert run.fault.code == code
    said = restored(json.loads(run.fault.message)).text("en")
    assert any(word in said for word in words), said
    assert len(json.loads(run.fault.next_step)[0] if run.fault.next_step.startswith("[") else run.fault.next_step) > 10  # fmt: skip
    assert SECRET not in str(run.fault)
    assert content(as_) == bytes_before


@pytest.mark.parametrize(("language", "script", "word"), [("sql", "copy data to 'x.csv';", "view `data`"), ("notebook", '{"cells": [{"cell_type": "code", "source": "1/0"}]}', "/data/data.parquet")])  # fmt: skip
def test_the_next_step_speaks_of_the_data_as_that_language_finds_it(
    as_: As, bytes_before: bytes, language: str, script: str, word: str
) -> None:
    run = ran(as_, script, language)
    assert run.fault is not None
    assert run.fault.code == "script.error"
    assert word in run.fault.next_step


def test_a_script_that_is_not_utf_8_never_becomes_a_run(
    as_: As, visit: Visit, bytes_before: bytes, tmp_path: Path
) -> None:
    (tmp_path / "korean.py").write_bytes('print("가")\n'.encode("cp949"))
    done = visit.dalgu("analyst", "run", "analyse", "wages", "--script", str(tmp_path / "korean.py"), "--context", "the number of rows", "--json")  # fmt: skip
    assert done.returncode == 11, done.stdout + done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "invalid.file"
    assert "UTF-8" in done.stdout
    with as_("analyst") as site:
        assert [run for run in site.runs() if run.kind == "analyse"] == []
    with pytest.raises(Invalid), as_("analyst") as site:
        site.submit("analyse", {"data": "wages"}, {"script": "x = '\ud800'\n", "context": "a lone surrogate"})
    assert content(as_) == bytes_before


ODD = {
    "a table of 0 bytes": ('open("a.csv", "w")', "a.csv"),
    "a text of 0 bytes": ('open("a.txt", "w")', "a.txt"),
    "a picture of 0 bytes": ('open("a.png", "w")', "a.png"),
    "an unknown type": ('open("a.xyz", "w").write("ten rows")', "a.xyz"),
    "no type at all": ('open("a", "w").write("ten rows")', "a"),
    "a table that is no text": ('open("a.csv", "wb").write(bytes(range(256)))', "a.csv"),
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_output_is_held_with_a_reason_and_the_data_is_as_it_was(
    as_: As, bytes_before: bytes, case: str
) -> None:
    script, _ = ODD[case]
    run = ran(as_, script + "\n")
    assert run.state is RunState.HELD, run.fault
    with as_("operator") as site, site._house.database.reading() as connection:
        found = reviews.find(connection, run.id)
    assert found.state is ReviewState.HELD
    assert [str(f["code"]) for f in found.findings if f["holds"]]
    assert content(as_) == bytes_before
