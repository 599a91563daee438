"""Forms in a real browser: nothing that was typed is lost, errors stand where they belong, keys suffice."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dalgubeol.methods.privacy.policy import policy_text
from dalgubeol.nouns.permit import PermitState
from dalgubeol.verbs.datasets import register
from dalgubeol.world.store import permits, runs

from ..conftest import open_project
from .conftest import Person, Portal, _who

pytestmark = pytest.mark.slow
REASON = "산업별 재해를 세어 예방에 쓰려고 합니다"


def dataset_id(portal: Portal, name: str) -> str:
    from dalgubeol.world.store import datasets

    with portal.house().database.reading() as connection:
        return datasets.find(connection, name).id


def saved(page: Page) -> None:
    """Wait until the draft is kept."""
    expect(page.locator(".dalgu-draft [role=status]")).to_contain_text("임시 저장", timeout=10_000)


def end_sessions(portal: Portal) -> None:
    with sqlite3.connect(portal.visit.site / "state.db", timeout=30) as connection:
        connection.execute("DELETE FROM sessions")
    connection.close()


def choose(page: Page, name: str) -> None:
    page.get_by_label("어떤 데이터셋입니까?").fill(name)
    page.locator(".dalgu-found-one", has_text=name).first.click()


def signed_in_again(person: Person, login: str) -> None:
    from ..conftest import PASSWORD

    person.page.fill("#login", login)
    person.page.fill("#password", PASSWORD)
    person.page.click("button")
    person.page.wait_for_selector("h1")


def test_a_request_is_found_again_after_the_browser_was_closed(portal: Portal) -> None:
    first = portal.person("analyst")
    page = first.open("/permits/ask")
    choose(page, "claims-p")
    page.get_by_label("스크립트로 분석").check()
    page.get_by_label("무엇에 쓰려고 합니까?").fill(REASON)
    saved(page)
    first.context.close()
    second = portal.person("analyst")
    page = second.open("/")
    page.get_by_role("link", name="이용승인 신청").first.click()
    expect(page.get_by_label("무엇에 쓰려고 합니까?")).to_have_value(REASON)
    expect(page.get_by_label("스크립트로 분석")).to_be_checked()
    expect(page.locator(".dalgu-chosen")).to_contain_text("claims-p")
    page.get_by_role("button", name="신청 보내기").click()
    page.wait_for_url("**/permits/permit-*")
    with portal.house().database.reading() as connection:
        asked = permits.find(connection, page.url.rsplit("/", 1)[1])
    assert (asked.reason, asked.state) == (REASON, PermitState.REQUESTED)
    second.open("/permits/ask")
    expect(second.page.get_by_label("무엇에 쓰려고 합니까?")).to_have_value("")


def test_a_tab_that_was_open_when_its_session_ended_loses_nothing(portal: Portal) -> None:
    person = portal.person("analyst")
    page = person.open("/permits/ask")
    choose(page, "claims-p")
    saved(page)
    end_sessions(portal)
    page.get_by_label("무엇에 쓰려고 합니까?").fill(REASON)
    told = page.get_by_role("alertdialog")
    expect(told).to_contain_text("세션이 끝났습니다")
    expect(told).to_contain_text("임시 저장")
    told.get_by_role("link", name="로그인").click()
    signed_in_again(person, "analyst")
    assert page.url.endswith("/permits/ask")
    expect(page.get_by_label("무엇에 쓰려고 합니까?")).to_have_value(REASON)
    expect(page.locator(".dalgu-chosen")).to_contain_text("claims-p")


def test_nothing_is_done_and_nothing_new_is_shown_after_a_session_has_ended(portal: Portal) -> None:
    person = portal.person("analyst")
    with portal.house().database.reading() as connection:
        permit = permits.listed(connection)[0].id
    page = person.open(f"/permits/{permit}")
    end_sessions(
        portal
    )  # the site has changed: the live page looks again, and finds itself without a session
    expect(page.get_by_role("alertdialog")).to_contain_text("세션이 끝났습니다")
    page.goto(person.url + "/runs")
    assert "/sign-in" in page.url


def test_two_tabs_and_the_back_button_do_what_people_expect(portal: Portal) -> None:
    person = portal.person("analyst")
    page = person.open("/permits/ask")
    choose(page, "claims-p")
    page.get_by_label("스크립트로 분석").check()
    page.get_by_label("무엇에 쓰려고 합니까?").fill(REASON)
    saved(page)
    other = person.context.new_page()
    other.goto(person.url + "/permits/ask")
    expect(other.get_by_label("무엇에 쓰려고 합니까?")).to_have_value(REASON)
    other.get_by_role("button", name="신청 보내기").click()
    other.wait_for_url("**/permits/permit-*")
    other.get_by_role("button", name="반납").click()
    other.get_by_role("dialog").get_by_role("button", name="반납").click()
    expect(other.locator(".dalgu-chip").first).to_have_text("철회됨")
    page.goto(person.url + "/permits?whose=mine&state=withdrawn")
    page.wait_for_selector(".dalgu-list")
    page.locator(".dalgu-list a").first.click()
    page.wait_for_selector(".dalgu-timeline")
    page.go_back()
    page.wait_for_selector(".dalgu-list")
    assert "whose=mine" in page.url
    expect(page.locator("#filter-whose")).to_have_value("mine")


def test_what_is_wrong_is_said_at_its_field_in_the_readers_language(portal: Portal) -> None:
    provider = portal.person("provider", "en")
    page = provider.open(f"/run/pseudonymise?dataset={dataset_id(portal, 'claims')}")
    page.wait_for_selector(".dalgu-roles")
    page.get_by_label("The project", exact=False).first.select_option("prevention-2026")
    page.locator(".dalgu-step").nth(3).click()
    least = page.get_by_label("least number of persons", exact=False)
    least.fill("1")
    page.locator(".dalgu-step").nth(5).click()
    page.get_by_role("button", name="Start the Run").click()
    errors = page.locator(".dalgu-field-error:not(:empty)")
    expect(errors).to_have_count(1)
    assert errors.all_inner_texts() == ["Not right yet: it must be at least 2."]
    expect(least).to_have_attribute("aria-invalid", "true")
    expect(least).to_be_focused()
    assert least.input_value() == "1"


def test_a_clerk_pseudonymises_with_the_proposals_and_comes_back_to_a_finished_run(portal: Portal) -> None:
    provider = portal.person("provider")
    open_project(portal.house(), _who(portal.house(), "provider"), "prevention")
    page = provider.open(f"/run/pseudonymise?dataset={dataset_id(portal, 'claims')}")
    page.wait_for_selector(".dalgu-roles")
    expect(page.get_by_label("person_no 처리 방법")).to_have_value("person")
    expect(page.get_by_label("name 처리 방법", exact=True)).to_have_value("out")
    expect(page.get_by_label("age 처리 방법")).to_have_value("quasi")
    page.locator(".dalgu-step").nth(2).click()
    expect(page.locator("fieldset", has_text="age").get_by_label("구간의 너비", exact=False).first).to_have_value("5, 10, 20")  # fmt: skip
    page.locator(".dalgu-step").nth(0).click()
    page.get_by_role("button", name="그대로 두면 얼마나 위험합니까?").click()
    expect(page.locator("figcaption")).to_contain_text(
        "age을(를) 가리면".replace("을(를)", "를"), timeout=20_000
    )
    page.get_by_label("프로젝트", exact=False).first.select_option("prevention-2026")
    page.locator(".dalgu-step").nth(5).click()
    page.get_by_label("산출물의 이름", exact=False).fill("claims-clerk")
    page.get_by_role("button", name="실행 시작").click()
    page.wait_for_url("**/runs/run-*")
    address = page.url
    page.goto(provider.url + "/")
    page.goto(address)
    page.wait_for_selector(".dalgu-cards", timeout=30_000)
    expect(page.locator(".dalgu-cards")).to_contain_text("claims-clerk")
    with portal.house().database.reading() as connection:
        made = runs.find(connection, address.rsplit("/", 1)[1])
    policy = policy_text.parsed(made.parameters["policy"])
    how = policy.generalisation("age")
    assert how is not None
    assert how.widths == (5, 10, 20)
    assert (policy.person, policy.quasi) == ("person_no", ("age",))
    page.get_by_role("link", name="고쳐서 다시 실행").click()
    page.wait_for_selector(".dalgu-roles")
    expect(page.get_by_label("프로젝트", exact=False).first).to_have_value("prevention-2026")
    expect(page.get_by_label("age 처리 방법")).to_have_value("quasi")


def test_an_engineer_puts_faults_in_with_fields_for_each(portal: Portal) -> None:
    engineer = portal.person("engineer")
    page = engineer.open(f"/run/inject?dataset={dataset_id(portal, 'log')}")
    page.get_by_label("배치 이름이 있는 열", exact=False).select_option("batch")
    page.locator(".dalgu-inside").get_by_label("배치 이름").fill("1")
    page.get_by_label("태그", exact=False).first.select_option("flow")
    page.get_by_label("크기", exact=False).first.fill("5")
    page.get_by_role("button", name="항목 추가").click()
    expect(page.get_by_role("button", name="2번 항목 빼기")).to_be_visible()
    assert page.get_by_label("크기", exact=False).first.input_value() == "5"
    page.get_by_role("button", name="2번 항목 빼기").click()
    page.get_by_label("산출물의 이름", exact=False).fill("faulty")
    page.get_by_role("button", name="실행 시작").click()
    page.wait_for_url("**/runs/run-*")
    page.wait_for_selector(".dalgu-cards", timeout=30_000)
    with portal.house().database.reading() as connection:
        made = runs.find(connection, page.url.rsplit("/", 1)[1])
    assert made.parameters["faults"] == [{"batch": "1", "tag": "flow", "kind": "bias", "size": 5.0, "start": 0.3, "end": 0.7}]  # fmt: skip


def test_a_file_too_large_for_a_form_is_said_to_be_and_what_stands_there_stays(
    portal: Portal, tmp_path: Path
) -> None:
    page = portal.person("analyst").open(f"/run/analyse?dataset={dataset_id(portal, 'claims-p')}")
    script = page.get_by_label("스크립트(Python, 노트북, SQL, R)", exact=False)
    script.fill("x = 1\n")
    (tmp_path / "large.txt").write_text("a" * 1_200_000)
    page.set_input_files("input[type=file]", tmp_path / "large.txt")
    expect(page.locator(".dalgu-field-error").filter(has_text="1.2 MB")).to_be_visible()
    expect(script).to_have_value("x = 1\n")
    (tmp_path / "mine.py").write_text("y = 2\n")
    page.set_input_files("input[type=file]", tmp_path / "mine.py")
    expect(script).to_have_value("y = 2\n")
    expect(page.locator(".dalgu-field-error").filter(has_text="MB")).to_have_count(0)


def test_a_failed_script_says_why_and_its_text_is_still_there_to_be_mended(
    portal: Portal, tmp_path: Path
) -> None:
    analyst = portal.person("analyst")
    page = analyst.open(f"/run/analyse?dataset={dataset_id(portal, 'claims-p')}")
    (tmp_path / "mine.py").write_text("x = 1\nraise KeyError(x)\n")
    page.set_input_files("input[type=file]", tmp_path / "mine.py")
    expect(page.get_by_label("스크립트(Python, 노트북, SQL, R)", exact=False)).to_have_value(
        "x = 1\nraise KeyError(x)\n"
    )
    page.get_by_label("심사위원", exact=False).fill("counts of claims by age group")
    page.get_by_role("button", name="실행 시작").click()
    page.wait_for_url("**/runs/run-*")
    fault = page.locator(".dalgu-error")
    expect(fault).to_contain_text("2행", timeout=30_000)
    expect(fault).to_contain_text("KeyError")
    page.get_by_role("link", name="고쳐서 다시 실행").click()
    expect(page.get_by_label("스크립트(Python, 노트북, SQL, R)", exact=False)).to_have_value(
        "x = 1\nraise KeyError(x)\n"
    )


def test_a_request_can_be_made_with_keys_alone(portal: Portal) -> None:
    person = portal.person("analyst")
    page = person.open("/permits/ask")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").endswith("dalgu-skip")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("어떤 데이터셋입니까?")).to_be_focused()
    page.keyboard.type("claims-p")
    one = page.locator(".dalgu-found-one", has_text="claims-p")
    expect(page.locator(".dalgu-found-one")).to_have_count(1)  # a person looks before going on
    page.keyboard.press("Tab")
    expect(one).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".dalgu-chosen")).to_contain_text("claims-p")
    for _ in range(60):
        page.keyboard.press("Tab")
        label = page.evaluate(
            "document.activeElement.closest('.dalgu-field,label,button')?.textContent || ''"
        )
        if "스크립트로 분석" in label and page.evaluate("document.activeElement.type") == "checkbox":
            page.keyboard.press("Space")
        if "무엇에 쓰려고 합니까?" in label:
            page.keyboard.type(REASON)
        if "신청 보내기" in label:
            page.keyboard.press("Enter")
            break
    page.wait_for_url("**/permits/permit-*")


def test_a_decider_grants_with_a_comment_and_the_asker_sees_it_without_reloading(portal: Portal) -> None:
    analyst, steward = portal.person("analyst"), portal.person("steward")
    page = analyst.open(f"/permits/ask?dataset={dataset_id(portal, 'claims-p')}&kind=analyse")
    page.get_by_label("무엇에 쓰려고 합니까?").fill(REASON)
    page.get_by_role("button", name="신청 보내기").click()
    page.wait_for_url("**/permits/permit-*")
    theirs = steward.open("/")
    theirs.get_by_role("link", name="이용승인 결정: lab").first.click()
    theirs.get_by_label("다른 사람에게 남기는 말").fill("목적이 분명합니다")
    theirs.get_by_role("button", name="승인", exact=True).click()
    theirs.get_by_role("button", name="서명하고 승인").click()
    expect(theirs.locator(".dalgu-timeline")).to_contain_text("목적이 분명합니다")
    expect(page.locator(".dalgu-timeline")).to_contain_text("목적이 분명합니다")
    expect(page.locator("#content")).to_contain_text("2명 가운데 1명이 더 승인해야")


def test_a_run_under_way_is_cancelled_from_its_page(portal: Portal, tmp_path: Path) -> None:
    analyst = portal.person("analyst")
    page = analyst.open(f"/run/analyse?dataset={dataset_id(portal, 'claims-p')}")
    page.get_by_label("스크립트(Python, 노트북, SQL, R)", exact=False).fill("import time\ntime.sleep(60)\n")
    page.get_by_label("심사위원", exact=False).fill("nothing of importance at all")
    page.get_by_role("button", name="실행 시작").click()
    page.wait_for_url("**/runs/run-*")
    expect(page.locator("#content [role=status]").first).to_contain_text("실행 중", timeout=20_000)
    page.get_by_role("button", name="실행 취소").click()
    page.get_by_role("dialog").get_by_role("button", name="실행 취소").click()
    expect(page.locator("#content [role=status]").first).to_contain_text("취소되었으며", timeout=20_000)


def test_a_dataset_is_destroyed_only_after_asking_once_more(portal: Portal, tmp_path: Path) -> None:

    house = portal.house()
    (tmp_path / "old.csv").write_text("a\n1\n")
    made = register.add(house, _who(house, "provider"), tmp_path / "old.csv", name="old")
    person = portal.person("provider")
    page = person.open(f"/datasets/{made.id}")
    with page.expect_download() as download:
        page.get_by_role("link", name="내려받기").click()
    assert download.value.suggested_filename == "old.parquet"
    page.get_by_role("button", name="파기").click()
    page.get_by_role("dialog").get_by_role("button", name="되돌릴 수 없게 파기").click()
    expect(page.locator("dl")).to_contain_text("파기됨")
    expect(page.get_by_role("link", name="내려받기")).to_have_count(0)


@pytest.mark.parametrize(("file", "language"), [("a.R", "r"), ("a.sql", "sql"), ("a.ipynb", "notebook"), ("a.py", "python"), ("a.txt", "python")])  # fmt: skip
def test_the_ending_of_a_script_that_is_opened_says_what_it_is_written_in(
    portal: Portal, tmp_path: Path, file: str, language: str
) -> None:
    (tmp_path / file).write_text("select 1")
    page = portal.person("analyst").open("/run/analyse")
    page.set_input_files("input[type=file]", tmp_path / file)
    expect(page.locator("textarea.dalgu-script").first).to_have_value("select 1")
    expect(page.locator("select:has(option[value=notebook])")).to_have_value(language)
