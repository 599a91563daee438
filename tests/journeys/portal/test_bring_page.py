"""Bringing a Dataset in with a browser: over a cut line, after a closed browser, and with a proposal of care."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.verbs.datasets import uploads
from dalgubeol.world.store import datasets

from .conftest import Portal, _who

pytestmark = pytest.mark.slow
PIECE = 4 << 20
ARRIVED, FOUND = "도착했습니다", "들어 있는 것"


@pytest.fixture
def workers(tmp_path: Path) -> Path:
    """Three pieces long, with people in it."""
    row = "{n},김영수,010-1234-5678,{age},0.5" + "x" * 40 + "\n"
    path = tmp_path / "workers.csv"
    path.write_text("employee_no,name,phone,age,note\n" + "".join(row.format(n=n, age=20 + n % 40) for n in range(150_000)), encoding="utf-8")  # fmt: skip
    assert 2 * PIECE < path.stat().st_size < 4 * PIECE
    return path


def status(page: Page) -> str:
    return page.locator(".dalgu-upload [role=status]").inner_text()


def test_a_file_arrives_over_a_cut_line_and_is_registered_as_its_bringer_says(
    portal: Portal, workers: Path
) -> None:
    person = portal.person("provider")
    page = person.open("/datasets/bring")
    sent: list[int] = []

    def cut_once(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(int(route.request.headers["upload-offset"]))
            if len(sent) == 2:
                route.abort("connectionreset")
                return
        route.continue_()

    page.route("**/api/v1/uploads/**", cut_once)
    page.set_input_files("input[type=file]", workers)
    page.get_by_role("heading", name=FOUND).wait_for(timeout=60_000)
    assert ARRIVED in status(page)
    assert sent[:3] == [0, PIECE, PIECE], "the piece that was cut is sent again, the one before is not"
    row = page.locator("tr", has=page.locator("th", has_text="phone"))
    expect(row).to_contain_text("누구인지 바로 알려 줌")
    care = page.get_by_label("주의해야 하는 정도", exact=False)
    expect(care).to_have_value("personal")
    expect(page.get_by_label("이름", exact=False).first).to_have_value("workers")
    page.get_by_label("무엇이며 어디에서 왔습니까").fill("근무 기록 <b>2026</b>")
    page.get_by_text("측정값이 아니라 생성된 열이 있습니다").click()
    page.get_by_label("note").check()
    page.get_by_role("button", name="등록", exact=True).click()
    page.wait_for_url("**/datasets/ds-*", timeout=60_000)
    with portal.house().database.reading() as connection:
        made = datasets.find(connection, "workers")
    assert (made.sensitivity, made.rows, made.protected) == (Sensitivity.PERSONAL, 150_000, True)
    assert made.about == {"description": "근무 기록 <b>2026</b>", "generated_columns": ["note"]}
    assert uploads.listed(portal.house(), _who(portal.house(), "provider")) == ()


def test_an_upload_goes_on_after_the_browser_was_closed(portal: Portal, workers: Path) -> None:
    first = portal.person("provider")
    page = first.open("/datasets/bring")
    page.route("**/api/v1/uploads/**", lambda route: route.abort() if route.request.headers.get("upload-offset") == str(PIECE) else route.continue_())  # fmt: skip
    page.set_input_files("input[type=file]", workers)
    expect(page.locator(".dalgu-upload [role=status]")).to_contain_text("연결이 끊겼습니다", timeout=30_000)
    page.wait_for_timeout(2500)  # the draft that remembers it is saved
    first.context.close()
    second = portal.person("provider")
    page = second.open("/datasets/bring")
    assert "같은 파일을 다시 고르면 이어서 보냅니다" in status(page)
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.headers["upload-offset"]) if r.method == "PATCH" else None)
    page.set_input_files("input[type=file]", workers)
    page.get_by_role("heading", name=FOUND).wait_for(timeout=60_000)
    assert sent[0] == str(PIECE), "what had arrived is not sent again"
    (waiting,) = uploads.listed(portal.house(), _who(portal.house(), "provider"))
    assert waiting.whole


def test_an_upload_is_cancelled_and_nothing_is_kept(portal: Portal, workers: Path) -> None:
    person = portal.person("provider")
    page = person.open("/datasets/bring")
    page.route("**/api/v1/uploads/**", lambda route: route.abort() if route.request.headers.get("upload-offset") == str(PIECE) else route.continue_())  # fmt: skip
    page.set_input_files("input[type=file]", workers)
    expect(page.locator(".dalgu-upload [role=status]")).to_contain_text("연결이 끊겼습니다", timeout=30_000)
    page.get_by_role("button", name="취소하고 버리기").click()
    expect(page.locator(".dalgu-upload [role=status]")).to_contain_text("아무것도 남지 않습니다")
    assert uploads.listed(portal.house(), _who(portal.house(), "provider")) == ()


def test_another_file_brings_its_own_name_but_a_name_that_was_typed_stays(
    portal: Portal, tmp_path: Path
) -> None:
    for name in ("first", "second", "third"):
        (tmp_path / f"{name}.csv").write_text(f"{name},b\n1,2\n")
    page = portal.person("provider").open("/datasets/bring")
    called = page.get_by_label("이름", exact=False).first

    def chosen(name: str) -> None:
        page.set_input_files("input[type=file]", tmp_path / f"{name}.csv")
        page.get_by_role("rowheader", name=name).wait_for(timeout=30_000)

    chosen("first")
    expect(called).to_have_value("first")
    chosen("second")
    expect(called).to_have_value("second")
    called.fill("prices of 2026")
    page.wait_for_timeout(600)  # typed words are told after a moment
    chosen("third")
    expect(called).to_have_value("prices of 2026")


def test_what_is_no_table_and_who_may_not_bring_is_said(portal: Portal, tmp_path: Path) -> None:
    (tmp_path / "broken.csv").write_text("a,b\n1\n")
    person = portal.person("provider")
    page = person.open("/datasets/bring")
    page.set_input_files("input[type=file]", tmp_path / "broken.csv")
    expect(page.locator(".dalgu-error")).to_contain_text("2", timeout=15_000)  # the line is named
    page.set_input_files("input[type=file]", tmp_path / "broken.csv")
    analyst = portal.person("analyst").open("/datasets/bring")
    expect(analyst.locator(".dalgu-error")).to_contain_text("register.refused")


def test_a_visitor_takes_an_open_dataset_and_no_other(portal: Portal, tmp_path: Path) -> None:
    from dalgubeol.verbs.datasets import register

    house = portal.house()
    provider = _who(house, "provider")
    (tmp_path / "prices.csv").write_text("month,won\n1,100\n")
    made = register.add(
        house, provider, tmp_path / "prices.csv", name="prices", sensitivity=Sensitivity.PUBLIC
    )
    visitor = portal.person(None)
    page = visitor.open("/?q=WON")
    page.get_by_role("link", name="prices").click()
    page.wait_for_selector("h1:has-text('prices')")
    with page.expect_download() as download:
        page.get_by_role("link", name="내려받기").click()
    assert Path(download.value.path()).read_bytes()[:4] == b"PAR1"
    assert "provider" not in page.locator("#content").inner_text(), "a visitor learns no person's name"
    with house.database.reading() as connection:
        secret = datasets.find(connection, "claims")
    answer = page.request.get(f"{visitor.url}/open/{secret.id}")
    assert b"PAR1" not in answer.body()
    answer = page.goto(f"{visitor.url}/datasets/{secret.id}")
    assert answer is not None
    assert answer.status in (401, 404)
    assert "person_no" not in page.content()
    assert made.id in {d.id for d in register.listed(house, None)}
