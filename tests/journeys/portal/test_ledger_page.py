"""Anybody, in a real browser: is the history whole, does a bundle agree with it, does an old checkpoint."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from dalgubeol.verbs.history import prove, story
from dalgubeol.world.store.schema import chores

from .conftest import Portal

pytestmark = pytest.mark.slow


def dropped(page: Page, bundle: Path) -> str:
    """What the page says of a bundle."""
    page.set_input_files("#bundle-file", bundle)
    page.wait_for_selector("#bundle-found p")
    return page.locator("#bundle-found").inner_text()


def test_a_visitor_checks_a_bundle_and_learns_the_first_wrong_place(portal: Portal, tmp_path: Path) -> None:
    house, bundle, changed = portal.house(), tmp_path / "story.jsonl", tmp_path / "changed.jsonl"
    size = prove.export(house, bundle)
    visitor = portal.person(None)
    page = visitor.open("/ledger")
    said = dropped(page, bundle)
    assert f"기록 {size}건" in said
    assert "이 사이트의 이력이며" in said
    lines = bundle.read_text().splitlines(keepends=True)
    lines[4] = lines[4].replace('"subject\\":\\"person-', '"subject\\":\\"person_', 1)
    changed.write_text("".join(lines))
    assert changed.read_text() != bundle.read_text()
    visitor.open("/ledger")
    page.evaluate("""text => {
        const files = new DataTransfer();
        files.items.add(new File([text], "changed.jsonl"));
        for (const kind of ["dragover", "drop"])
            document.getElementById("bundle-drop").dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: files}));
    }""", changed.read_text())  # fmt: skip
    page.wait_for_selector("#bundle-found p")
    said = page.locator("#bundle-found").inner_text()
    assert "5행" in said, said
    assert "기록 3" in said, said
    assert list((portal.visit.site / "staging").glob("tmp*")) == [], (
        "what was dropped has no name and is gone"
    )


def test_a_visitor_proves_that_nothing_before_a_kept_checkpoint_changed(
    portal: Portal, tmp_path: Path
) -> None:
    visitor = portal.person(None)
    note = visitor.page.request.get(f"{visitor.url}/ledger/checkpoint").text()
    portal.person("analyst")  # the history grows
    page = visitor.open("/ledger")
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(note)
    page.set_input_files("#since-file", kept)
    expect(page.locator("#since-note")).to_have_value(note)
    page.click("#since-check")
    expect(page.locator("#since-found")).to_contain_text("그 앞은 바뀌지 않았습니다")
    lines = note.splitlines()
    lines[1] = str(int(lines[1]) - 1)
    page.fill("#since-note", "\n".join(lines))
    page.click("#since-check")
    expect(page.locator("#since-found .dalgu-code")).to_be_visible()


def test_a_visitor_has_it_checked_and_sees_lines_without_contents(portal: Portal) -> None:
    house = portal.house()
    ends = time.monotonic() + 60
    while story.last_check(house) is None:  # the site's own chore looks soon after it begins
        assert time.monotonic() < ends
        time.sleep(0.2)
    visitor = portal.person(None)
    page = visitor.open("/ledger")
    expect(page.locator(".dalgu-state-released")).to_contain_text("온전합니다")
    house.write(lambda connection: connection.execute(chores.delete()))
    visitor.open("/ledger")
    page.get_by_role("button", name="지금 이력 전체 확인").click()
    expect(page.locator(".dalgu-state-released")).to_contain_text("방문자가 요청했습니다")
    first = story.last_check(house)
    assert story.ask_for_check(house, "", lambda done, of: None) == first, (
        "visitors have it done once a minute"
    )
    visitor.open("/ledger?event=requested")
    page.get_by_role("link", name="permit-").first.click()
    page.wait_for_url("**/ledger?about=permit-*")
    shown = page.locator("tbody").inner_text()
    assert "신청" in shown
    assert "로그인" not in shown
    page.goto(f"{visitor.url}/ledger?event=requested")
    page.locator("tbody a").first.click()
    expect(page.get_by_text("로그인한 사람만 볼 수 있습니다")).to_be_visible()
    assert "counting the rows" not in page.content()
    inside = portal.person("provider").open(urlsplit(page.url).path)
    assert "counting the rows" in inside.content()
    assert inside.evaluate("window.canary") is None
    page.goto(f"{visitor.url}/ledger/bundle")
    assert urlsplit(page.url).path == "/sign-in"


@pytest.mark.parametrize("chunked", [False, True], ids=["told at once", "found while it comes"])
def test_more_than_fits_is_refused(portal: Portal, chunked: bool) -> None:
    to = urlsplit(portal.server.url)
    with closing(http.client.HTTPConnection(to.hostname or "", to.port, timeout=120)) as connection:
        connection.putrequest("POST", "/ledger/verify")
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            for _ in range(201):
                connection.send(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")
        else:
            connection.putheader("Content-Length", str(201 << 20))
            connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (422, "invalid.bundle")
