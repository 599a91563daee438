"""The example of `add-a-kind.md` is a kind that really works: its code block is what runs here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from doc_pages import blocks

import dalgubeol
from dalgubeol import kinds
from dalgubeol.doors.python import Site
from dalgubeol.nouns.run import RunState
from dalgubeol.settings import Settings
from dalgubeol.verbs.house import found

PAGE = "docs/how-to/add-a-kind.md"
PASSWORD = "a password for kinds"


@pytest.fixture
def count_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    (block,) = [b for b in blocks(PAGE) if b.file == "count_rows.py"]
    (tmp_path / "count_rows.py").write_text(block.text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))  # for the child that carries the Run out
    monkeypatch.setitem(kinds.KINDS, "count-rows", "count_rows:CountRows")
    caches: tuple[Callable[[], None], ...] = (kinds.names.cache_clear, kinds.kind.cache_clear)
    for clear in caches:
        clear()
    yield kinds.kind("count-rows")
    for clear in caches:
        clear()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name, place in (("SITE", "site"), ("KEYS", "keys"), ("SESSION", "session")):
        monkeypatch.setenv(f"DALGU_{name}", str(tmp_path / place))
    settings = Settings.from_environment()
    found(settings, login="op", name="op", organisation="here", password=PASSWORD).close()
    with dalgubeol.open() as opened:
        opened.sign_in("op", PASSWORD)
        yield opened


def added(site: Site, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "claims.csv").write_bytes(content)
    site.add(tmp_path / "claims.csv")


def test_it_counts_rows_and_values(count_rows: object, site: Site, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    added(site, tmp_path, b"a,b\n1,2\n3,\n5,6\n")
    run = site.run("count-rows", {"data": "claims"}, {"name": "counted"})
    assert run.state is RunState.DONE
    (path,) = site.get("counted", tmp_path / "out")
    counted = pq.read_table(path).to_pylist()
    assert counted == [{"column": "a", "values": 3, "rows": 3}, {"column": "b", "values": 2, "rows": 3}]


def test_a_column_that_is_not_there_is_the_users_fault(
    count_rows: object, site: Site, tmp_path: Path
) -> None:
    added(site, tmp_path, b"a\n1\n")
    run = site.run("count-rows", {"data": "claims"}, {"columns": ["z"]})
    assert run.state is RunState.FAILED


def test_its_example_runs_and_its_command_line_is_made(
    count_rows: kinds.Kind, site: Site, tmp_path: Path
) -> None:
    from dalgubeol.doors.cli.runs import parser

    (example,) = count_rows.examples()
    added(site, tmp_path, example.inputs["data"])
    first = site.run("count-rows", {"data": "claims"}, example.parameters)
    again = site.run("count-rows", {"data": "claims"}, example.parameters)
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
