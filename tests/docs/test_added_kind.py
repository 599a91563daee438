"""The example of `add-a-kind.md` is a kind that really works: its code block is what runs here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from doc_pages import blocks

from dalgubeol import kinds
from dalgubeol.doors.python import Site
from dalgubeol.nouns.run import RunState
from dalgubeol.settings import Settings
from dalgubeol.verbs.house.house import found
from dalgubeol.verbs.runs.conduct import Conductor

PAGE = "docs/how-to/add-a-kind.md"
PASSWORD = "a password for kinds"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kind")


@pytest.fixture(scope="module")
def count_rows(folder: Path) -> Iterator[Any]:
    """The kind of the page, in the table; its module can be imported here and in the children."""
    (block,) = [b for b in blocks(PAGE) if b.file == "count_rows.py"]
    (folder / "count_rows.py").write_text(block.text, encoding="utf-8")
    caches: tuple[Callable[[], None], ...] = (kinds.names.cache_clear, kinds.kind.cache_clear)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setenv("PYTHONPATH", str(folder))
        patch.setitem(kinds.KINDS, "count-rows", "count_rows:CountRows")
        for clear in caches:
            clear()
        yield kinds.kind("count-rows")
    for clear in caches:
        clear()


@pytest.fixture(scope="module")
def site(folder: Path, count_rows: Any) -> Iterator[Site]:
    places = {f"DALGU_{name}": str(folder / name.lower()) for name in ("SITE", "KEYS", "SESSION")}
    settings = Settings.from_environment(places)
    house = found(settings, login="op", name="op", organisation="here", password=PASSWORD)
    with Site(house) as opened, Conductor(house):
        opened.sign_in("op", PASSWORD)
        yield opened


def added(site: Site, folder: Path, name: str, content: bytes) -> str:
    (folder / f"{name}.csv").write_bytes(content)
    return site.add(folder / f"{name}.csv").name


def test_it_counts_rows_and_values(site: Site, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    added(site, tmp_path, "claims", b"a,b\n1,2\n3,\n5,6\n")
    run = site.run("count-rows", {"data": "claims"}, {"name": "counted"})
    assert run.state is RunState.DONE
    (path,) = site.get("counted", tmp_path / "out")
    counted = pq.read_table(path).to_pylist()
    assert counted == [{"column": "a", "values": 3, "rows": 3}, {"column": "b", "values": 2, "rows": 3}]


def test_a_column_that_is_not_there_is_the_users_fault(site: Site, tmp_path: Path) -> None:
    added(site, tmp_path, "other", b"a\n1\n")
    run = site.run("count-rows", {"data": "other"}, {"columns": ["z"]})
    assert run.state is RunState.FAILED


def test_its_example_runs_and_its_command_line_is_made(count_rows: Any, site: Site, tmp_path: Path) -> None:
    from dalgubeol.doors.cli.runs import parser

    (example,) = count_rows.examples()
    added(site, tmp_path, "example", example.inputs["data"])
    first = site.run("count-rows", {"data": "example"}, example.parameters)
    again = site.run("count-rows", {"data": "example"}, example.parameters)
    assert (first.state, again.state) == (RunState.DONE, RunState.DONE)
    objects = {d.object_id for d in site.datasets() if d.made_by in (first.id, again.id)}
    assert len(objects) == 1  # deterministic: the same plain content, kept once
    (command,) = [b.text for b in blocks(PAGE) if b.language == "sh"]
    given = parser(count_rows).parse_args(command.split()[2:])
    assert given.p_columns == ["weeks"]


def test_it_is_fit_for_the_manual(count_rows: object) -> None:
    from docs import reference

    assert reference.gaps(("count-rows",)) == []
    assert "## count-rows" in reference.kinds_page()
