"""What a script prints, followed on the page of its Run by an operator, in a real browser; by nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dalgubeol.nouns.run import Run
from dalgubeol.verbs.history import prove
from dalgubeol.verbs.runs import submit

from .conftest import CANARY, Portal, _who

pytestmark = pytest.mark.slow
SCRIPT = f"""import time
for n in range(40):
    print("line", n, {CANARY!r}, "\\x1b[2J")
    time.sleep(1)
raise ValueError
"""


def asked(portal: Portal) -> Run:
    house = portal.house()
    wished = {"script": SCRIPT, "context": "lines that are printed"}
    return submit.submit(house, _who(house, "analyst").actor, "analyse", {"data": "claims-p"}, wished)


@pytest.mark.parametrize(("language", "follow"), [("ko", "따라 보기"), ("en", "Follow it")])
def test_an_operator_follows_it_live_and_the_author_has_no_such_button(
    portal: Portal, axe: Callable[[Page], list[str]], language: str, follow: str
) -> None:
    run = asked(portal)
    operator, author = portal.person("operator", language), portal.person("analyst", language)
    theirs = author.open(f"/runs/{run.id}")
    page = operator.open(f"/runs/{run.id}")
    page.get_by_role("button", name=follow).click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("line 0", timeout=30_000)
    assert "line 39" not in log.inner_text(), "it comes as it is printed"
    expect(log).to_contain_text("ValueError", timeout=90_000)
    assert CANARY in log.inner_text()
    assert "\x1b" not in log.inner_text()
    assert page.evaluate("window.canary") is None
    assert axe(page) == []
    expect(theirs.get_by_text("ValueError").first).to_be_visible(timeout=30_000)
    assert theirs.get_by_role("button", name=follow).count() == 0
    assert "line 0" not in theirs.content() + "".join(author.frames)
    told = prove.records(portal.house(), run.id, limit=100)
    assert [r["event"] for r in told if "script-log" in json.dumps(r, default=str)] == ["viewed"]
    assert operator.faults == author.faults == []
