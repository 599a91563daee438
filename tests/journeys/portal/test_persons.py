"""Everybody of the design does their part through the portal alone, in real browsers, in both languages.

One story per language, on one site: each part is a person's, and reads as what that person does. What the pages
looked like is kept under `build/screenshots` (or `$DALGU_ARTEFACTS`), to be looked at by people.
"""

from __future__ import annotations

import csv
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dalgubeol.kinds.plant_log import example_log
from dalgubeol.language import Message
from dalgubeol.nouns.dataset import Form, Sensitivity
from dalgubeol.nouns.panel import PanelKind, PanelState
from dalgubeol.nouns.permit import PermitState, Purpose, Role
from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.house import house as houses
from dalgubeol.verbs.people import entry, people
from dalgubeol.verbs.projects import panels

from ..conftest import Visit, open_project
from ..served import serving
from .conftest import CANARY
from .desk import PASSWORD, WAIT_MS, Desk, Keys, Someone, Town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module", params=["ko", "en"])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, chromium: Browser, axe: Callable[[Page], list[str]]
) -> Iterator[Town]:  # fmt: skip
    """A site as its operator has founded it: the people have joined but for one, and nothing was brought yet."""
    language = str(request.param)
    folder = tmp_path_factory.mktemp(f"town-{language}")
    visit = Visit(folder)
    those = _people(language)
    operator = those["operator"]
    with houses.found(
        visit.settings(), login="operator", name=operator.name, organisation=operator.organisation, password=PASSWORD
    ) as house:  # fmt: skip
        _, held = entry.enter(house, "operator", PASSWORD, door="terminal")
        inviting = entry.entered(house, held)
        for one in those.values():
            if one.login in ("operator", "newcomer"):
                continue
            code = people.invite(
                house, inviting, login=one.login, name=one.name, organisation=one.organisation, roles=one.roles
            )  # fmt: skip
            people.join(house, code, PASSWORD)
        clerk = entry.entered(house, entry.enter(house, "clerk", PASSWORD, door="terminal")[1])
        open_project(house, clerk, "prevention-2026")
    with serving(visit.environment("operator", "en"), folder) as server:
        yield Town(language, server, chromium, folder, those, axe)


def _people(language: str) -> dict[str, Someone]:
    rows = (
        ("operator", "김하늘", "Haneul Kim", "지역 데이터센터", "Regional data centre", Role.OPERATOR),
        ("clerk", "이서연", "Seoyeon Lee", "새벽병원", "Dawn Hospital", Role.PROVIDER),
        ("steward", "박도윤", "Doyun Park", "새벽병원", "Dawn Hospital", Role.PROVIDER),
        ("analyst", "최지우", "Jiwoo Choi", "들꽃 데이터랩", "Wildflower Data Lab", Role.ANALYST),
        ("reviewer", "정민준", "Minjun Jung", "심사센터", "Review centre", Role.REVIEWER),
        ("judge", "한지민", "Jimin Han", "품질심의원", "Quality council", Role.REVIEWER),
        ("newcomer", "강수아", "Sua Kang", "시민안전연구소", "Institute for safety", Role.REVIEWER),
        ("engineer", "윤건우", "Geonwoo Yun", "바위정밀", "Rock Precision", Role.ENGINEER),
    )
    ko = language == "ko"
    return {
        login: Someone(login, name if ko else english, place if ko else place_english, (role,))
        for login, name, english, place, place_english, role in rows
    }


def test_a_table_of_persons_goes_in_and_a_table_of_counts_comes_out(town: Town) -> None:
    _operator_invites_somebody_who_joins(town)
    _clerk_brings_a_table_in_and_pseudonymises_it(town)
    _a_panel_finds_it_adequate(town)
    permit = _analyst_finds_it_and_asks_for_a_permit(town)
    _two_people_grant_it_and_the_clerk_may_not(town, permit)
    run = _analyst_runs_a_script_and_leaves(town, permit)
    _reviewers_vote_without_knowing_of_each_other(town, run)
    _analyst_takes_the_files_out(town)
    _clerk_sees_what_was_done_with_it(town)
    _operator_looks_after_the_site(town)


def _operator_invites_somebody_who_joins(town: Town) -> None:
    new = town.people["newcomer"]
    with Desk(town, "operator") as desk:
        desk.shot("home-before-sign-in", key_page=True)
        desk.signs_in("operator")
        desk.shot("home", key_page=True)
        desk.goes_to("People")
        desk.unfold("Write an invitation")
        desk.write("Login", new.login)
        desk.write("Name", new.name)
        desk.write("Organisation", new.organisation)
        desk.tick(town.word(new.roles[0]))
        desk.shot("invitation")
        desk.press("button", "Make the invitation")
        code = desk.page.locator("#invitation-code").inner_text()
        desk.shot("code-shown-once", key_page=True)
        desk.page.reload()
        desk.sees("Write an invitation")
        desk.sees_nowhere(code)
        with Desk(town, "reviewer2-joins") as other:
            other.press("link", "Sign in")
            other.arrive(re.compile("/sign-in"))
            other.press("link", "I have an invitation")
            other.arrive("/join")
            other.page.get_by_label(town.text("The code of your invitation")).fill(code)
            other.page.get_by_label(town.text("New password")).fill(PASSWORD)
            other.page.get_by_label(town.text("The same once more")).fill(PASSWORD)
            other.shot("join", key_page=True)
            other.press("button", "Join")
            other.arrive(re.compile(r"://[^/]+/$"))
            other.sees("Nothing waits for you.")
            other.shot("home")
        desk.goes_to("People")
        desk.sees_text(new.organisation)
        desk.shot("people", key_page=True)


def _clerk_brings_a_table_in_and_pseudonymises_it(town: Town) -> None:
    name = town.ours("산재 청구", "injury claims")
    claims = _claims(town)
    with Desk(town, "provider") as desk:
        desk.signs_in("clerk")
        desk.goes_to("Datasets")
        desk.shot("datasets-empty")
        desk.press("link", "Bring a Dataset in")
        desk.arrive("/datasets/bring")
        desk.shot("bring", key_page=True)
        with desk.page.expect_file_chooser() as chooser:
            desk.page.get_by_label(town.text("The file")).click()
        chooser.value.set_files(claims)
        desk.sees_heading("What is in it")
        proposed = desk.finds("combobox", town.text("How careful one must be"))
        expect(proposed).to_have_value(Sensitivity.PERSONAL.value)
        desk.sees_text(town.text("Proposed: personal, for these columns say who somebody is: {columns}.", columns="").rstrip(". "))  # fmt: skip
        desk.write("What it is called", name)
        desk.write("What it is and where it is from", town.ours("2025년 산재 청구, 원무과", "Injury claims of 2025, from the front desk"))  # fmt: skip
        desk.shot("what-is-in-it", key_page=True)
        desk.press("button", "Register it")
        desk.arrive(re.compile("/datasets/ds-"))
        desk.sees_heading("Columns")
        desk.shot("dataset", key_page=True)
        _clerk_pseudonymises(town, desk, name)


def _clerk_pseudonymises(town: Town, desk: Desk, name: str) -> None:
    desk.follow(town.text("Run it: {what}", what=Message("Pseudonymise")), "/run/pseudonymise?dataset=*")
    sex, industry, weeks = _columns(town)[3:]
    for column in (sex, industry):
        expect(desk.finds("combobox", town.text("What becomes of {column}", column=column))).to_have_value(
            "quasi"
        )
    desk.pick(town.text("What becomes of {column}", column=weeks), town.text("keep as it is"))
    desk.pick(town.text("The project: its pseudonyms cannot be linked with another's"), "prevention-2026")
    steps = desk.page.locator(".dalgu-step")
    steps.nth(4).click()
    expect(desk.page.locator(".dalgu-sample")).to_be_visible(timeout=WAIT_MS)
    desk.shot("pseudonymise", key_page=True)
    steps.nth(5).click()
    desk.write("What the (first) output is to be called", f"{name} p")
    desk.shot("pseudonymise-checked", key_page=True)
    desk.press("button", "Start the Run")
    desk.arrive(re.compile("/runs/run-"))
    desk.shot("run-begun")
    desk.sees("What came out")
    desk.sees_text(town.word(RunState.DONE))
    desk.shot("run-done", key_page=True)
    desk.follow(f"{name} p", "/datasets/ds-*")
    desk.sees_heading("The risk that somebody is recognised")
    desk.shot("papers", key_page=True)


def _a_panel_finds_it_adequate(town: Town) -> None:
    """Before that nobody uses it: asked by the clerk, found by three reviewers, closed with minutes by the last."""
    name = town.ours("산재 청구 p", "injury claims p")
    with Desk(town, "provider-asks-a-panel") as desk:
        desk.signs_in("clerk")
        desk.goes_to("Datasets")
        desk.follow(name, "/datasets/ds-*")
        desk.press("link", "Ask a panel for a review")
        desk.arrive(re.compile("/reviews/ask"))
        for member in ("reviewer", "newcomer", "judge"):
            desk.tick(town.people[member].name)
        desk.shot("asks-a-panel", key_page=True)
        desk.press("button", "Ask the panel")
        desk.arrive(re.compile("/reviews/panel-"))
        desk.sees_text(town.people["judge"].name)
    asked = town.text("Say what you find: {review}", review=PanelKind.ADEQUACY)
    for number, member in enumerate(("reviewer", "newcomer", "judge"), 1):
        with Desk(town, f"panel-member-{number}") as desk:
            desk.signs_in(member)
            desk.follow(asked, "/reviews/panel-*")
            if number == 1:
                desk.shot("panel", key_page=True)
            for item in panels.checklist(PanelKind.ADEQUACY)[0]:
                desk.pick(item.label.said(town.language), town.ours("적정", "adequate"))
            desk.write(
                "Why", town.ours("가장 작은 동질집합도 충분히 큽니다", "The smallest class is large enough")
            )
            desk.press("button", "I find it adequate")
            desk.choose("Sign")
            expect(desk.finds("button", town.text("I find it adequate"))).to_have_count(0, timeout=WAIT_MS)
    with Desk(town, "panel-closes") as desk:
        desk.signs_in("judge")
        desk.follow(asked, "/reviews/panel-*")
        desk.write("Minutes: who met, what was asked, what was found", town.ours("세 사람이 만나 위험을 물었습니다", "Three met and asked for the risk"))  # fmt: skip
        desk.press("button", "Close with these minutes")
        desk.sees("The paper of this review")
        desk.sees_text(town.word(PanelState.ADEQUATE))
        desk.shot("panel-closed", key_page=True)


def _analyst_finds_it_and_asks_for_a_permit(town: Town) -> str:
    name, reason = town.ours("산재 청구 p", "injury claims p"), town.ours("업종별 휴업 주수 통계를 만듭니다", "To count weeks off work by industry")  # fmt: skip
    with Desk(town, "analyst") as desk:
        desk.signs_in("analyst")
        desk.goes_to("Datasets")
        search = desk.finds("searchbox", town.text("A part of the name"))
        search.fill(name)
        search.press("Enter")
        desk.arrive(re.compile("/datasets[?]q="))
        desk.shot("datasets-found", key_page=True)
        desk.follow(name, "/datasets/ds-*")
        desk.sees("May I use it?")
        desk.press("link", "Ask for a Permit")
        desk.arrive(re.compile("/permits/ask[?]dataset="))
        for kind in ("Analyse with a script", "Release"):
            desk.tick(town.text(kind))
        desk.pick(town.text("For which purpose?"), town.word(Purpose.STATISTICS))
        desk.write("What for, in your own words?", reason)
        desk.tick(town.text("I have read the pledge and sign it with this request."))
        desk.sees_text(town.text("Draft saved at {when}. It is here when you come back.", when="").split("20")[0][:6].strip())  # fmt: skip
        desk.shot("asks", key_page=True)
    with Desk(town, "analyst-back") as desk:  # they had closed the browser before it was sent
        desk.signs_in("analyst")
        desk.shot("home-with-draft")
        draft = town.text("Go on with your draft: {form}", form=Message("ask for a Permit"))
        desk.follow(draft, "/permits/ask")
        expect(desk.finds("textbox", town.text("What for, in your own words?"))).to_have_value(reason)
        expect(desk.finds("checkbox", town.text("Analyse with a script"))).to_be_checked()
        desk.sees_text(name)
        desk.press("button", "Send the request")
        desk.arrive(re.compile("/permits/permit-"))
        desk.sees("Next: somebody decides.")
        desk.shot("asked", key_page=True)
        return desk.page.url.rsplit("/", 1)[1]


def _two_people_grant_it_and_the_clerk_may_not(town: Town, permit: str) -> None:
    asks = town.text(
        "Decide on a Permit: {organisation} asks", organisation=town.people["analyst"].organisation
    )
    with Desk(town, "operator-grants") as desk:
        desk.signs_in("operator")
        desk.follow(asks, f"/permits/{permit}")
        _grants(desk)
    with Desk(town, "provider-clerk") as desk:  # who pseudonymised it does not decide on its use
        desk.signs_in("clerk")
        desk.goes_to("Permits")
        desk.follow(town.people["analyst"].organisation, f"/permits/{permit}")
        desk.unfold("Why you do not decide on this")
        desk.shot("may-not-decide")
        assert desk.page.get_by_role("button", name=town.text("Grant it"), exact=True).count() == 0
    with Desk(town, "provider-steward") as desk:
        desk.signs_in("steward")
        desk.shot("home-to-decide")
        desk.follow(asks, f"/permits/{permit}")
        _grants(desk)
        desk.sees("in force: enough people have granted it")
        desk.shot("in-force", key_page=True)


def _grants(desk: Desk) -> None:
    desk.sees_heading("Your decision")
    desk.write("A word to the others", desk.town.ours("목적이 분명합니다", "The purpose is clear"))
    desk.shot("decides", key_page=True)
    desk.press("button", "Grant it")
    desk.choose("Sign and grant")
    desk.sees("granted, with a signature")
    expect(desk.page.get_by_role("button", name=desk.town.text("Grant it"), exact=True)).to_have_count(
        0, timeout=30_000
    )


def _analyst_runs_a_script_and_leaves(town: Town, permit: str) -> str:
    name = town.ours("산재 청구 p", "injury claims p")
    industry, weeks = _columns(town)[4:]
    script = f"""import pyarrow.csv as csv
import pyarrow.parquet as pq

claims = pq.read_table("/data/data.parquet")
csv.write_csv(claims.group_by("{industry}").aggregate([([], "count_all"), ("{weeks}", "mean")]), "weeks.csv")
"""
    with Desk(town, "analyst") as desk:
        desk.signs_in("analyst")
        desk.press("link", "Notices")
        desk.arrive("/notices")
        desk.shot("notices", key_page=True)
        desk.follow(town.text("Your Permit {permit} is granted.", permit=permit), f"/permits/{permit}")
        desk.sees_text(town.word(PermitState.GRANTED))
        desk.follow(name, "/datasets/ds-*")
        desk.shot("may-use-it", key_page=True)
        desk.follow(
            town.text("Run it: {what}", what=Message("Analyse with a script")), "/run/analyse?dataset=*"
        )
        desk.write("The script (Python, notebook, SQL or R)", script)
        desk.write(
            town.ours("심사위원에게 알릴 파일의 내용", "What the files are, for the reviewers"),
            f"{_context(town)} {CANARY}",
        )
        desk.unfold("More settings")
        desk.write("What the released Dataset is to be called", town.ours("업종별 휴업", "weeks by industry"))
        desk.shot("analyse", key_page=True)
        desk.press("button", "Start the Run")
        desk.arrive(re.compile("/runs/run-"))
        desk.shot("run-begun")
        run = desk.page.url.rsplit("/", 1)[1]
    with Desk(town, "analyst-back") as desk:
        desk.signs_in("analyst")
        desk.goes_to("Runs")
        desk.follow(town.text("Analyse with a script"), f"/runs/{run}")
        desk.sees("See it in the airlock")
        desk.shot("run-held", key_page=True)
        desk.press("link", "See it in the airlock")
        desk.arrive(f"/airlock/{run}")
        desk.sees("Two reviewers must vote.")
        desk.shot("airlock", key_page=True)
    return run


def _context(town: Town) -> str:
    return town.ours("업종마다 청구 건수와 평균 휴업 주수", "claims and mean weeks off work of each industry")


def _reviewers_vote_without_knowing_of_each_other(town: Town, run: str) -> None:
    secret = town.ours("셀이 모두 충분히 큽니다", "All cells are large enough")
    phone = town.language == "en"
    with Desk(town, "reviewer1", width=390 if phone else 1280, dark=phone) as desk:
        desk.signs_in("reviewer")
        desk.shot("home", key_page=True)
        desk.finds("link", town.text("Notices")).click()
        desk.arrive("/notices")
        desk.shot("notices", key_page=True)
        desk.page.locator("main").get_by_role("link").filter(
            has_text=town.people["analyst"].organisation
        ).first.click()
        desk.arrive(f"/airlock/{run}")
        desk.shot("submission", key_page=True)
        desk.press("button", "Open the files")
        desk.sees("Approve: it may leave")
        desk.sees_text("weeks.csv")
        desk.shot("files", key_page=True)
        desk.write("A word to the author (shown when the votes are opened)", secret)
        desk.press("button", "Approve: it may leave")
        desk.shot("sure")
        desk.choose("Approve")
        desk.sees("One has voted, one more must.")
        desk.shot("voted", key_page=True)
    with Desk(town, "reviewer2") as desk:  # with the keyboard alone
        keys = Keys(desk)
        keys.press("link", "Sign in")
        desk.arrive(re.compile("/sign-in"))
        keys.write("Login", "newcomer")
        keys.reaches(desk.page.get_by_label(town.text("Password")))
        desk.page.keyboard.insert_text(PASSWORD)
        desk.page.keyboard.press("Enter")
        desk.arrive(re.compile(r"://[^/]+/$"))
        desk.shot("home")
        task = town.text(
            "Look at files and vote: {organisation}", organisation=town.people["analyst"].organisation
        )
        keys.reaches(desk.finds("link", task))
        desk.page.keyboard.press("Enter")
        desk.arrive(f"/airlock/{run}")
        keys.press("button", "Open the files")
        desk.sees("Approve: it may leave")
        desk.sees_nowhere(secret)
        desk.shot("files")
        keys.write(
            "A word to the author (shown when the votes are opened)", town.ours("동의합니다", "I agree")
        )
        keys.press("button", "Approve: it may leave")
        sure = desk.page.get_by_role("dialog").get_by_role("button", name=town.text("Approve"), exact=True)
        keys.reaches(sure)
        desk.page.keyboard.press("Enter")
        desk.sees_text(secret)
        desk.sees_text(town.text("It has left, as a Dataset that anybody may have."))
        desk.shot("released", key_page=True)


def _analyst_takes_the_files_out(town: Town) -> None:
    with Desk(town, "analyst-takes") as desk:
        desk.signs_in("analyst")
        desk.goes_to("Datasets")
        desk.follow(town.ours("업종별 휴업", "weeks by industry"), "/datasets/ds-*")
        desk.shot("released", key_page=True)
        with desk.page.expect_download() as download:
            desk.press("link", "Download")
        with zipfile.ZipFile(download.value.path()) as taken:
            rows = list(csv.reader(taken.read("weeks.csv").decode().splitlines()))
        assert len(rows) == 5, rows
        assert 380 <= sum(int(row[1]) for row in rows[1:]) <= 400, rows


def _clerk_sees_what_was_done_with_it(town: Town) -> None:
    with Desk(town, "provider-after") as desk:
        desk.signs_in("clerk")
        desk.goes_to("Datasets")
        desk.follow(town.ours("산재 청구 p", "injury claims p"), "/datasets/ds-*")
        desk.sees("What was done with it")
        desk.sees_text(town.people["analyst"].organisation)
        desk.shot("what-was-done", key_page=True)
        desk.goes_to("My data")
        desk.shot("my-data", key_page=True)
        desk.follow(town.ours("산재 청구 p", "injury claims p"), "/my-data/ds-*")
        desk.sees_text(town.people["analyst"].organisation)
        desk.sees_text(town.word(Purpose.STATISTICS))
        came_out = desk.finds("link", town.ours("업종별 휴업", "weeks by industry"))
        expect(came_out).to_be_visible()  # what left the airlock, and not only that it waited there
        desk.shot("my-data-uses", key_page=True)


def _operator_looks_after_the_site(town: Town) -> None:
    clerk = town.people["clerk"]
    with Desk(town, "operator-after") as desk:
        desk.signs_in("operator")
        desk.goes_to("Health")
        desk.sees_heading("What the site does by itself")
        desk.shot("health", key_page=True)
        desk.goes_to("Ledger")
        desk.press("button", "Check the whole history now")
        desk.sees("Whole.")
        desk.shot("ledger")
        desk.goes_to("People")
        desk.follow(clerk.name, "/people/person-*")
        desk.tick(town.word(Role.ENGINEER))
        desk.shot("roles", key_page=True)
        desk.press("button", "Change the roles")
        desk.choose("Change the roles")
        desk.sees_text(f"{town.word(Role.ENGINEER)}, {town.word(Role.PROVIDER)}")
        desk.press("button", "Close the account")
        desk.shot("closes")
        desk.choose("Close the account")
        desk.sees_text(town.ours("에 닫힘", "closed on"))
        desk.shot("closed", key_page=True)
    with Desk(town, "provider-closed") as desk:  # who had it comes in no more
        desk.press("link", "Sign in")
        desk.arrive(re.compile("/sign-in"))
        desk.page.get_by_label(town.text("Login")).fill(clerk.login)
        desk.page.get_by_label(town.text("Password")).fill(PASSWORD)
        desk.press("button", "Sign in")
        expect(desk.page.get_by_role("alert")).to_be_visible(timeout=WAIT_MS)
        desk.shot("refused", key_page=True)
        desk.amiss.clear()  # the browser tells of the refusal in its console


def _columns(town: Town) -> tuple[str, ...]:
    korean = ("환자번호", "이름", "나이", "성별", "업종", "휴업주수")
    return korean if town.language == "ko" else ("patient_no", "name", "age", "sex", "industry", "weeks")


def _claims(town: Town) -> Path:
    """Four hundred made-up persons."""
    chance = random.Random(7)
    industries = town.ours("금속 섬유 식품 전자", "metal textile food electronics").split()
    path = town.folder / "claims.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_columns(town))
        for number in range(400):
            sex = chance.choice(town.ours("남 여", "male female").split())
            given = town.ours(chance.choice("김이박최정") + chance.choice(["서준", "하윤", "지호", "수빈"]), chance.choice(["Kim", "Lee", "Park"]) + " " + chance.choice(["Seojun", "Hayun", "Jiho"]))  # fmt: skip
            rows.writerow([10_000 + number, given, 20 + chance.randrange(40), sex, industries[number % 4], 1 + chance.randrange(26)])  # fmt: skip
    return path


def test_an_engineer_fits_a_monitor_to_a_plants_log_and_looks_at_batches(town: Town) -> None:
    log = town.folder / "log.csv"
    log.write_bytes(example_log(16))
    name = town.ours("반응기 1호", "reactor 1")
    with Desk(town, "engineer") as desk:
        desk.signs_in("engineer")
        desk.goes_to("Datasets")
        desk.press("link", "Bring a Dataset in")
        desk.arrive("/datasets/bring")
        with desk.page.expect_file_chooser() as chooser:
            desk.page.get_by_label(town.text("The file")).click()
        chooser.value.set_files(log)
        desk.sees_heading("What is in it")
        desk.write("What it is called", name)
        desk.pick(town.text("What it is"), town.word(Form.SERIES))
        desk.write("What it is and where it is from", f"{town.ours('반응기의 배치 기록', 'Batches of the reactor')} {CANARY}")  # fmt: skip
        desk.shot("brings", key_page=True)
        desk.press("button", "Register it")
        desk.arrive(re.compile("/datasets/ds-"))
        desk.sees_heading("Columns")
        desk.shot("log", key_page=True)
        _engineer_runs(town, desk, "adapt", "Fit a monitor")
        desk.pick(town.text("The column that names the batch"), "batch")
        desk.write("What the (first) output is to be called", f"{name} m")
        desk.shot("adapt", key_page=True)
        desk.press("button", "Start the Run")
        desk.arrive(re.compile("/runs/run-"))
        desk.sees("What came out")
        desk.shot("adapted", key_page=True)
        desk.follow(f"{name} m", "/datasets/ds-*")
        desk.shot("monitor-papers", key_page=True)
        _engineer_runs(town, desk, "monitor", "Monitor batches")
        desk.pick(town.text("Dataset: {what}", what=Message("the plant's batch log")), f"{name} ")
        desk.pick(town.text("The column that names the batch"), "batch")
        desk.shot("monitor", key_page=True)
        desk.press("button", "Start the Run")
        desk.arrive(re.compile("/runs/run-"))
        desk.sees("What came out")
        desk.shot("monitored", key_page=True)
        desk.page.locator("main .dalgu-cards").get_by_role("link").first.click()
        desk.arrive("/datasets/ds-*")
        desk.sees("Batches and the limit")
        desk.shot("verdicts", key_page=True)


def _engineer_runs(town: Town, desk: Desk, kind: str, title: str) -> None:
    desk.finds("link", town.text("Run it: {what}", what=Message(title))).click()
    desk.arrive(re.compile(f"/run/{kind}[?]dataset="))


def test_a_citizen_looks_around_and_checks_the_history(town: Town) -> None:
    with Desk(town, "citizen-gives") as insider:  # who is signed in has the whole history, and hands it on
        insider.signs_in("analyst")
        insider.goes_to("Ledger")
        with insider.page.expect_download() as download:
            insider.press("link", "Download the whole history (bundle)")
        bundle = town.folder / "handed-on.jsonl"
        download.value.save_as(bundle)
    with Desk(town, "citizen", width=390) as desk:
        desk.shot("home", key_page=True)
        desk.goes_to("Public register")
        desk.shot("register", key_page=True)
        desk.goes_to("Ledger")
        desk.press("button", "Check the whole history now")
        desk.sees("Whole.")
        desk.shot("ledger", key_page=True)
        desk.page.locator("#bundle-file").set_input_files(bundle)
        desk.page.wait_for_selector("#bundle-found p")
        records = sum('"leaf"' in line for line in bundle.read_text().splitlines())
        expect(desk.page.locator("#bundle-found")).to_contain_text(str(records))
        desk.shot("bundle-checked", key_page=True)
        other = "English" if town.language == "ko" else "한국어"
        desk.finds("link", other).click()  # on the phone it stands beside the menu
        desk.reads("en" if other == "English" else "ko")
        assert desk.page.url.endswith("/ledger")


def test_no_section_leads_anybody_to_nothing(town: Town) -> None:
    wrong = town.text("This did not work")
    for login in (None, "analyst", "engineer"):
        with Desk(town, f"sections-{login or 'nobody'}") as desk:
            if login is not None:
                desk.signs_in(login)
            nav = desk.page.get_by_role("navigation", name=town.text("Sections"))
            sections = nav.get_by_role("link").all_inner_texts()
            assert len(sections) == (3 if login is None else 12), sections
            for section in sections:
                nav.get_by_role("link", name=section, exact=True).click()
                expect(nav.get_by_role("link", name=section, exact=True)).to_have_attribute("aria-current", "page", timeout=WAIT_MS)  # fmt: skip
                expect(desk.page.locator("h1")).not_to_have_text(wrong)
