"""A kind that another package brings has its page at once: its entry point is all that it takes."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dalgubeol.nouns.run import RunState
from dalgubeol.world.store import datasets, runs

from ..conftest import Visit
from ..served import serving
from .conftest import Portal

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
from doc_pages import blocks

pytestmark = pytest.mark.slow


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package as pip would install it, with the kind of `add-a-kind.md`."""
    folder = tmp_path / "installed"
    folder.mkdir()
    (block,) = [b for b in blocks("docs/how-to/add-a-kind.md") if b.file == "count_rows.py"]
    (folder / "count_rows.py").write_text(block.text, encoding="utf-8")
    facts = folder / "count_rows-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: count-rows\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[dalgubeol.kinds]\ncount-rows = count_rows:CountRows\n")
    return folder


def test_its_form_offers_the_columns_and_its_run_is_done(
    submitted: Path, package: Path, tmp_path: Path, chromium: Browser
) -> None:
    folder = tmp_path / "visit"
    shutil.copytree(submitted, folder, ignore=shutil.ignore_patterns("wake"))
    visit = Visit(folder)
    environment = visit.environment("operator", "en")
    path = ":".join(filter(None, (str(package), environment.get("PYTHONPATH", ""))))
    with ExitStack() as stack, serving({**environment, "PYTHONPATH": path}, folder) as server:
        portal = Portal(server, chromium, visit, stack)
        with portal.house().database.reading() as connection:
            log = datasets.find(connection, "log").id
        page = portal.person("engineer", "en").open("/run")
        page.get_by_role("link", name="count-rows").click()
        expect(page.get_by_text("Count the rows of a table")).to_be_visible()
        page.get_by_label("Dataset: what to count").select_option(log)
        page.get_by_role("checkbox", name="flow").check()
        page.get_by_role("button", name="Start the Run").click()
        page.wait_for_url("**/runs/run-*")
        page.wait_for_selector(".dalgu-cards", timeout=30_000)
        with portal.house().database.reading() as connection:
            made = runs.find(connection, page.url.rsplit("/", 1)[1])
        assert (made.state, made.parameters["columns"]) == (RunState.DONE, ["flow"])
        stack.close()
