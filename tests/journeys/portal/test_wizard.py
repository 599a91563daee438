"""The clerk's wizard in a real browser: step by step from the columns to the Run, the risk always in sight; levels
moved, the lattice pressed, rows seen in each way, files of hierarchies and policies opened, and what is wrong said."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dalgubeol.language import Message, phrase
from dalgubeol.methods.privacy.policy import policy_text
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.verbs.datasets import register
from dalgubeol.verbs.history import prove
from dalgubeol.world.store import runs

from ...unit.world.engine.test_documents import docx
from .conftest import Portal, _who

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SECRET = "김비밀"
COLUMNS, DIRECT, VALUES, PROTECTION, PREVIEW, SEND = range(6)
TREE = "건설;현장;*\n제조;현장;*\n운수;이동;*\n"


@pytest.fixture
def claims(portal: Portal, tmp_path: Path) -> str:
    """A table of 600 persons with four columns that single out, and one that is delicate; and a population."""
    draw = random.Random(11)
    lines, crowd = ["person_no,name,age,sex,industry,weeks"], ["age,sex,industry"]
    for i in range(600):
        industry = draw.choice(["건설", "건설", "제조", "제조", "운수", "어업"])
        who = f"{20 + int(draw.triangular(0, 45, 20))},{draw.choice('남여')},{industry}"
        lines.append(f"P{i:05},{SECRET}{i},{who},{draw.randint(1, 40)}")
        crowd += [who] * 3
    path, people = tmp_path / "injuries.csv", tmp_path / "workers.csv"
    path.write_text("\n".join(lines) + "\n")
    people.write_text("\n".join(crowd) + "\n")
    house = portal.house()
    provider = _who(house, "provider")
    register.add(house, provider, people, name="workers", sensitivity=Sensitivity.INTERNAL)
    return register.add(house, provider, path, name="injuries", sensitivity=Sensitivity.PERSONAL).id


def opened(portal: Portal, claims: str, language: str = "ko", width: int = 1280, scheme: str = "light") -> Page:  # fmt: skip
    page = portal.person("provider", language, width, scheme).open(f"/run/pseudonymise?dataset={claims}")
    page.wait_for_selector(".dalgu-roles")
    for column, role in (("age", "quasi"), ("sex", "quasi"), ("industry", "quasi"), ("weeks", "sensitive")):
        box = page.locator("tr", has=page.get_by_role("rowheader", name=re.compile(f"^{column}"))).locator("select").first  # fmt: skip
        box.select_option(role)
    page.wait_for_selector("fieldset.dalgu-column:has-text('weeks')", state="attached")
    return page


def goes(page: Page, step: int) -> None:
    button = page.locator(".dalgu-step").nth(step)
    button.click()
    expect(button).to_have_attribute("aria-current", "step")
    expect(page.locator(".dalgu-panel").nth(step)).to_be_visible()


def previewed(page: Page) -> Locator:
    goes(page, PREVIEW)
    expect(page.locator(".dalgu-lattice [role=radiogroup]")).to_be_visible(timeout=30_000)
    expect(page.locator(".dalgu-sample").first).to_be_visible(timeout=30_000)
    return page.locator(".dalgu-strip [role=status]")


def percent(tile: Locator) -> float:
    return float(tile.inner_text().rstrip(" %"))


def opens(page: Page, button: str, *files: dict[str, object]) -> None:
    label = page.locator("label.dalgu-choose", has_text=button)
    label.locator("input").set_input_files(list(files))  # type: ignore[arg-type]


def file(name: str, text: str) -> dict[str, object]:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def policy_of(page: Page, button: str = "처리기준 보기") -> str:
    goes(page, SEND)
    page.get_by_role("button", name=button).click()
    shown = page.locator(".dalgu-panel pre.dalgu-pre").last
    expect(shown).to_be_visible()
    return shown.inner_text()


def test_a_level_is_moved_the_risk_follows_the_best_is_taken_and_run(portal: Portal, claims: str) -> None:
    page = opened(portal, claims)
    page.get_by_label("프로젝트", exact=False).first.select_option("prevention-2026")
    verdict = previewed(page)
    lattice = page.locator(".dalgu-lattice [role=radiogroup]")
    mean, out = page.locator("[data-tile=mean]"), page.locator("[data-tile=out]")
    expect(verdict).to_contain_text("허용됩니다")
    best_mean, best_out = mean.inner_text(), out.inner_text()
    level = page.get_by_label("age", exact=True)
    best_level = level.input_value()

    level.fill("0")
    expect(mean).not_to_have_text(best_mean)
    expect(verdict).to_contain_text("허용되지 않습니다")
    assert percent(out) > float(best_out.rstrip(" %"))
    exactly = page.get_by_label("꼭 이 단계로 실행")
    expect(exactly).to_be_checked()
    here = lattice.locator("[aria-checked=true]")
    expect(here).to_have_attribute("aria-label", re.compile("지금 위치: age 0"))

    here.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(here).not_to_have_attribute("aria-label", re.compile("age 0, sex 0, industry 0"))
    expect(here).to_be_focused()

    page.get_by_role("button", name="최적 단계 적용").click()
    expect(mean).to_have_text(best_mean)
    expect(level).to_have_value(best_level)
    expect(exactly).not_to_be_checked()
    page.get_by_label("k: 동질집합의 사람 수").fill("20")
    expect(mean).not_to_have_text(best_mean)
    page.get_by_label("k: 동질집합의 사람 수").fill("5")
    expect(mean).to_have_text(best_mean)
    expect(page.locator(".dalgu-sample").first).to_contain_text("●●●")
    assert SECRET not in page.content()

    assert policy_text.parsed(policy_of(page)).quasi == ("age", "sex", "industry")
    page.get_by_label("산출물의 이름", exact=False).fill("injuries-p")
    page.get_by_role("button", name="실행 시작").click()
    page.wait_for_url("**/runs/run-*")
    page.wait_for_selector(".dalgu-cards", timeout=30_000)
    house = portal.house()
    with house.database.reading() as connection:
        made = runs.find(connection, page.url.rsplit("/", 1)[1])
    policy = policy_text.parsed(made.parameters["policy"])
    assert (policy.person, policy.project, policy.models.k) == ("person_no", "prevention-2026", 5)
    looks = [line["event"] for line in prove.records(house, about=claims)].count("viewed")
    assert looks == 3  # the columns, the preview, and that rows were shown: not one for each move


def test_the_steps_are_gone_through_with_the_keyboard_and_the_draft_keeps_where_one_was(
    portal: Portal, claims: str
) -> None:
    page = opened(portal, claims, "en")
    for title, step in (("Direct identifiers", DIRECT), ("Quasi-identifiers and values", VALUES)):
        page.get_by_role("button", name=f"On: {title}").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=f"{step + 1}. {title}")).to_be_focused()
    page.get_by_role("button", name="Back: Direct identifiers").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2. Direct identifiers")).to_be_focused()
    expect(page.locator(".dalgu-panel").nth(VALUES)).to_be_hidden()
    page.get_by_label("What takes its place").select_option("row")
    expect(page.locator(".dalgu-draft [role=status]")).to_contain_text("Draft saved", timeout=10_000)
    page.wait_for_timeout(2500)
    page.reload()
    page.wait_for_selector(".dalgu-roles", state="attached")
    expect(page.get_by_role("heading", name="2. Direct identifiers")).to_be_visible()
    expect(page.get_by_label("What takes its place")).to_have_value("row")
    expect(page.locator(".dalgu-strip [role=status]")).to_contain_text("llowed", timeout=30_000)


def test_values_are_grouped_by_hand_and_the_draft_keeps_them(portal: Portal, claims: str) -> None:
    page = opened(portal, claims)
    page.get_by_label("프로젝트", exact=False).first.select_option("prevention-2026")
    goes(page, VALUES)
    page.get_by_label("industry 열을 뭉뚱그리는 방법").select_option("groups")
    page.get_by_role("button", name="값 보기").click()
    for value, group in (("건설", "현장"), ("제조", "현장"), ("운수", "이동")):
        page.get_by_label(f"{value}의 묶음", exact=True).fill(group)
        page.get_by_label(f"{value}의 묶음", exact=True).blur()
    more = page.get_by_role("button", name="더 큰 묶음의 단계 추가")
    more.press("Enter")
    first = page.get_by_label("현장의 2단계 묶음", exact=True)
    expect(first).to_be_focused()
    page.keyboard.insert_text("육상")
    page.keyboard.press("Tab")
    expect(page.get_by_label("어업의 2단계 묶음", exact=True)).to_be_focused()  # stays one of its own
    page.keyboard.press("Tab")
    page.keyboard.insert_text("육상")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="2단계 빼기")).to_be_focused()
    more.press("Enter")
    page.get_by_label("육상의 3단계 묶음", exact=True).fill("모두")
    page.get_by_label("어업의 3단계 묶음", exact=True).fill("모두")
    page.get_by_label("어업의 3단계 묶음", exact=True).blur()
    column = page.locator("fieldset.dalgu-column", has_text="industry")
    wrong = column.locator(".dalgu-field-error:not(:empty)")
    more.press("Enter")
    expect(wrong).to_contain_text("3단계에서 모든 값이 한 묶음입니다")
    page.get_by_label("어업의 3단계 묶음", exact=True).fill("현장")  # below, that is others
    page.get_by_label("어업의 3단계 묶음", exact=True).blur()
    expect(wrong).to_contain_text("3단계의 현장은 아래 단계의 현장과")
    expect(page.locator(".dalgu-strip-busy")).to_have_count(0, timeout=30_000)
    expect(wrong).to_contain_text("3단계의 현장은")
    goes(page, SEND)
    page.get_by_role("button", name="실행 시작").click()
    expect(page.locator(".dalgu-panel").nth(VALUES)).to_be_visible()
    page.get_by_label("어업의 3단계 묶음", exact=True).fill("")
    page.get_by_label("어업의 3단계 묶음", exact=True).blur()
    expect(wrong).to_have_count(0)
    expect(page.locator(".dalgu-draft [role=status]")).to_contain_text("임시 저장", timeout=10_000)
    page.wait_for_timeout(2500)
    page.reload()
    page.wait_for_selector(".dalgu-groups")
    expect(page.get_by_label("제조의 묶음", exact=True)).to_have_value("현장")
    groups = {(g.level, g.name): g.values for g in policy_text.parsed(policy_of(page)).groups}
    assert set(groups[1, "현장"]) == {"건설", "제조"}
    assert set(groups[2, "육상"]) == {"현장", "이동"}
    assert set(groups[3, "모두"]) == {"육상"}
    previewed(page)
    expect(page.locator(".dalgu-level", has_text="industry").locator("input")).to_have_attribute("max", "4")
    goes(page, VALUES)
    page.get_by_role("button", name="3단계 빼기").press("Enter")
    expect(more).to_be_focused()
    policy_of(page)
    expect(page.locator(".dalgu-panel pre.dalgu-pre").last).not_to_contain_text(
        "level = 3"
    )  # the one before goes
    assert {g.level for g in policy_text.parsed(policy_of(page)).groups} == {1, 2}


def test_a_hierarchy_file_is_opened_beside_its_column_and_what_is_wrong_with_it_is_said(
    portal: Portal, claims: str
) -> None:
    page = opened(portal, claims)
    goes(page, VALUES)
    page.get_by_label("industry 열을 뭉뚱그리는 방법").select_option("hierarchy")
    column = page.locator("fieldset.dalgu-column", has_text="industry")
    wrong = column.locator(".dalgu-field-error:not(:empty)")
    opens(page, "계층 파일 열기", file("no-tree.csv", "건설;현장;*\n제조;현장;땅\n"))
    expect(wrong).to_contain_text("no-tree.csv")
    expect(wrong).to_contain_text("2")
    loss = page.locator("[data-tile=loss]")
    before = loss.inner_text()
    page.get_by_label("age 열을 뭉뚱그리는 방법").select_option(
        "hide"
    )  # what the preview answers is no answer to the file
    expect(loss).not_to_have_text(before, timeout=30_000)
    expect(page.locator(".dalgu-strip-busy")).to_have_count(0, timeout=30_000)
    expect(wrong).to_contain_text("no-tree.csv")
    opens(page, "계층 파일 열기", file("short.csv", TREE))
    expect(wrong).to_contain_text("industry")
    expect(column).to_contain_text("빠진 값: 어업")
    expect(page.locator(".dalgu-strip [role=status]")).to_contain_text(
        "industry", timeout=30_000
    )  # the preview's word,
    expect(page.locator(".dalgu-strip-busy")).to_have_count(0, timeout=30_000)
    expect(wrong).to_contain_text("industry")  # and it stands at the column, too
    opens(page, "계층 파일 열기", file("industries.csv", TREE + "어업;바다;*\n"))
    expect(wrong).to_have_count(0)
    expect(column).to_contain_text("industries.csv: 값 4개")
    previewed(page)
    expect(page.locator(".dalgu-level", has_text="industry").locator("input")).to_have_attribute("max", "2")


def test_models_are_added_from_a_list_a_population_is_chosen_and_the_run_keeps_all(
    portal: Portal, claims: str
) -> None:
    page = opened(portal, claims, "en")
    page.get_by_label("The project", exact=False).first.select_option("prevention-2026")
    out = page.locator("[data-tile=out]")
    previewed(page)
    before = out.inner_text()
    goes(page, PROTECTION)
    adder = page.get_by_label("Add a model of protection")
    adder.select_option("diversity:weeks")
    page.get_by_label("At least l different values in each class").fill("9")
    expect(out).not_to_have_text(before)
    adder.select_option("k_map:")
    strip = page.locator(".dalgu-strip [role=status]")
    expect(strip).to_contain_text("population")
    crowd = page.get_by_label("Dataset: who could be in it", exact=False)
    crowd.select_option(crowd.locator("option", has_text="workers").get_attribute("value"))
    expect(strip).to_contain_text("llowed", timeout=30_000)
    adder.select_option("strict_risk:")
    page.locator("fieldset", has_text="a limit for everybody's risk").get_by_label("At most, in %").fill("8")
    policy = policy_text.parsed(policy_of(page, "Show the policy"))
    assert (policy.models.k_map, policy.models.strict_risk) == (20, 0.08)
    assert policy.models.diversity[0].l == 9
    page.get_by_role("button", name="Start the Run").click()
    page.wait_for_url("**/runs/run-*")
    page.wait_for_selector(".dalgu-cards", timeout=60_000)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_population_is_brought_in_where_it_is_needed_and_counts(
    portal: Portal, claims: str, language: str
) -> None:
    def said(english: str, **values: object) -> str:
        return Message(english, values).text(language)

    page = opened(portal, claims, language)
    page.get_by_label(said("The project: its pseudonyms cannot be linked with another's")).select_option("prevention-2026")  # fmt: skip
    goes(page, PROTECTION)
    page.get_by_label(said("Add a model of protection")).select_option("k_map:")
    strip = page.locator(".dalgu-strip [role=status]")
    expect(strip).to_contain_text(said("Choose the Dataset of the population, or take these models away."), timeout=30_000)  # fmt: skip
    page.locator("summary", has_text=said("Bring the population in here")).press("Enter")
    box = page.get_by_label(said("The file of the population"))
    box.set_input_files([{"name": "crowd.csv", "mimeType": "text/csv", "buffer": b"age,sex\n20,x\n"}])  # type: ignore[list-item]
    lacks = page.locator(".dalgu-wizard [role=alert]", has_text="industry")
    expect(lacks).to_be_visible(timeout=30_000)
    crowd = "age,sex,industry\n" + "".join(f"{a},{s},{i}\n" for a in range(20, 66) for s in "남여" for i in ("건설", "제조", "운수", "어업")) * 9  # fmt: skip
    box.set_input_files([{"name": "crowd of 2026.csv", "mimeType": "text/csv", "buffer": crowd.encode()}])  # type: ignore[list-item]
    expect(lacks).to_have_count(0, timeout=30_000)
    name = page.locator("details", has=box).get_by_label(said("What it is called"))
    expect(name).to_have_value("crowd of 2026")  # of the file that is there now
    name.fill("injuries")
    register_it = page.get_by_role("button", name=said("Register the population and choose it"))
    expect(page.get_by_label(said("How careful one must be"))).to_have_value("personal")  # by its columns
    register_it.press("Enter")
    expect(name).to_have_attribute("aria-invalid", "true", timeout=30_000)  # the name is taken
    name.fill("crowd-2026")
    register_it.press("Enter")
    chosen = page.get_by_label(Message("Dataset: {what}", {"what": phrase("who could be in it, for k_map and presence of a policy")}).text(language))  # fmt: skip
    expect(chosen).to_be_focused(timeout=30_000)
    expect(chosen.locator("option:checked")).to_contain_text("crowd-2026")
    expect(page.locator(".dalgu-wizard [role=status]", has_text="crowd-2026")).to_be_visible()
    house = portal.house()
    found = register.show(house, _who(house, "provider"), "crowd-2026")
    assert (found.sensitivity, found.rows) == (Sensitivity.PERSONAL, 9 * 46 * 8)
    assert next(line["event"] for line in prove.records(house, about=found.id)) == "registered"
    expect(strip).to_contain_text("허용됩니다" if language == "ko" else "Allowed:", timeout=30_000)
    policy_of(page, said("Show the policy"))
    page.get_by_role("button", name=said("Start the Run")).click()
    page.wait_for_url("**/runs/run-*")
    page.wait_for_selector(".dalgu-cards", timeout=60_000)
    with house.database.reading() as connection:
        made = runs.find(connection, page.url.rsplit("/", 1)[1])
    assert made.inputs["population"] == found.id


def test_what_cannot_be_is_said_with_the_best_that_can(portal: Portal, claims: str) -> None:
    page = opened(portal, claims, "en")
    page.get_by_label("The project", exact=False).first.select_option("prevention-2026")
    strip = page.locator(".dalgu-strip [role=status]")
    expect(strip).to_contain_text("Allowed", timeout=30_000)
    goes(page, PROTECTION)
    k = page.get_by_label("The least number of persons in an equivalence class", exact=False)
    k.fill("601")  # more than there are
    expect(strip).to_contain_text("the table has 600")
    expect(k).to_have_attribute("aria-invalid", "true")
    k.fill("5")
    expect(strip).to_contain_text("Allowed")
    page.get_by_label("Add a model of protection").select_option("diversity:weeks")
    several = page.get_by_label("At least l different values in each class")
    several.fill("60")  # more values than there are: every row would go
    expect(strip).to_contain_text("600 of 600 rows")
    several.fill("5")
    page.get_by_label("Add a model of protection").select_option("closeness:weeks")
    page.get_by_label("At most t away from the table", exact=False).fill("0")
    limit = page.get_by_label("The largest share of rows that may be left out", exact=False)
    limit.fill("100")
    expect(strip).to_contain_text(re.compile("publish nothing|Allowed"))
    k.fill("1")
    page.get_by_role("button", name="On: Preview and choose").click()
    goes(page, SEND)
    page.get_by_role("button", name="Start the Run").click()
    expect(k).to_be_focused()
    expect(page.locator(".dalgu-field-error:not(:empty)").first).to_contain_text("it must be at least 2")


def test_a_policy_is_opened_in_the_form_and_one_of_another_table_is_refused(
    portal: Portal, claims: str
) -> None:
    page = opened(portal, claims)
    page.locator("summary", has_text="전에 쓴 처리기준").click()
    strange = 'project = "p"\n[columns.agee]\nrole = "quasi-identifier"\n'
    opens(page, "policy.toml 열기", file("policy.toml", strange))
    expect(page.locator(".dalgu-field-error:not(:empty)")).to_contain_text("agee")
    written = """project = "prevention-2026"
person = "person_no"
[models]
k = 7
average_risk = 0.1
[[models.closeness]]
column = "weeks"
t = 0.5
distance = "ordered"
[search]
suppression_limit = 0.1
recoding = "local"
gs_factor = 0.4
weights = {age = 2}
[columns.person_no]
role = "direct identifier"
steps = [{do = "pseudonym"}]
[columns.age]
role = "quasi-identifier"
steps = [{do = "top", value = 60}, {do = "generalise", widths = [5, 10]}]
[columns.industry]
role = "quasi-identifier"
steps = [{do = "generalise", hierarchy = "industries"}]
[columns.weeks]
role = "plain"
steps = [{do = "noise", sd = 0.5}, {do = "round", base = 2}]
[hierarchies.industries]
file = "tables/industries.csv"
"""
    opens(page, "policy.toml 열기", file("policy.toml", written))
    expect(page.locator(".dalgu-field-error:not(:empty)")).to_contain_text("industries.csv")
    opens(page, "policy.toml 열기", file("policy.toml", written), file("industries.csv", TREE + "어업;바다;*\n"))  # fmt: skip
    goes(page, PROTECTION)
    expect(page.get_by_label("한 동질집합의 최소 인원", exact=False)).to_have_value("7")
    expect(page.locator(".dalgu-strip [role=status]")).to_contain_text("허용", timeout=30_000)
    again = policy_text.parsed(policy_of(page))
    assert (again.models.k, again.models.average_risk, again.search.gs_factor) == (7, 0.1, 0.4)
    assert [s.do for s in again.steps("weeks")] == ["noise", "round"]
    assert again.hierarchies["industries"].csv == TREE + "어업;바다;*\n"
    with page.expect_download() as taken:
        page.get_by_role("button", name="policy.toml 내려받기").click()
    assert policy_text.parsed(Path(taken.value.path()).read_text()) == again


def test_each_chance_of_pram_is_said_in_a_table_that_is_added_up(portal: Portal, claims: str) -> None:
    page = opened(portal, claims)
    page.get_by_label("프로젝트", exact=False).first.select_option("prevention-2026")
    goes(page, VALUES)
    column = page.locator("fieldset.dalgu-column", has_text="industry")
    column.locator("summary", has_text="더 보기").click()
    page.get_by_label("industry 열에 단계 더하기").select_option("pram")
    page.get_by_label("확률을 정하는 방법").select_option("each")
    page.get_by_role("button", name="범주 보기").press("Enter")
    told = column.locator("[role=status]", has_text="합이 100")
    expect(told).to_have_text("모든 행의 합이 100입니다.")
    chance = page.get_by_label("건설이 제조가 될 확률(%)", exact=True)
    chance.focus()
    page.keyboard.insert_text("12.5")
    page.keyboard.press("Tab")
    expect(told).to_have_text("합이 100이 아닌 행: 건설.")
    expect(chance).to_have_attribute("aria-invalid", "true")
    expect(column.locator(".dalgu-field-error:not(:empty)")).to_contain_text("합", timeout=30_000)
    page.get_by_role("button", name="나머지는 그대로").press("Enter")
    expect(page.get_by_label("건설이 그대로 남을 확률(%)", exact=True)).to_have_value("87.5")
    expect(told).to_have_text("모든 행의 합이 100입니다.")
    page.get_by_label("앞부분의 행에 없는 범주", exact=True).fill("광업")
    page.get_by_role("button", name="이 범주 추가").press("Enter")
    expect(page.get_by_label("광업이 그대로 남을 확률(%)", exact=True)).to_have_value("100")
    expect(page.get_by_label("앞부분의 행에 없는 범주", exact=True)).to_have_value("")
    page.get_by_role("button", name="어업: 빼기").press("Enter")  # a category of the table
    expect(page.locator(".dalgu-strip [role=status]")).to_contain_text("범주 1개", timeout=30_000)
    expect(column.locator(".dalgu-field-error:not(:empty)")).to_contain_text("범주 1개")
    page.get_by_role("button", name="범주 보기").press("Enter")
    expect(page.locator(".dalgu-strip [role=status]")).to_contain_text("허용", timeout=30_000)
    text = policy_of(page)
    (step,) = policy_text.parsed(text).steps("industry")
    assert step.matrix["건설"] == {"건설": 0.875, "제조": 0.125}
    assert (step.invariant, len(step.matrix)) == (False, 5)
    goes(page, COLUMNS)
    page.locator("summary", has_text="전에 쓴 처리기준").click()
    opens(page, "policy.toml 열기", file("policy.toml", text))
    expect(page.get_by_text("화면이 이 처리기준과 같은 내용이 되었습니다.")).to_be_visible()
    goes(page, VALUES)
    expect(page.get_by_label("건설이 제조가 될 확률(%)", exact=True)).to_have_value("12.5")
    goes(page, SEND)
    page.get_by_label("산출물의 이름", exact=False).fill("injuries-p")
    page.get_by_role("button", name="실행 시작").click()
    page.wait_for_url("**/runs/run-*")
    page.wait_for_selector(".dalgu-cards", timeout=60_000)


def test_local_recoding_is_seen_beside_one_level_for_all_and_chosen(portal: Portal, claims: str) -> None:
    page = opened(portal, claims, "en")
    page.get_by_label("The project", exact=False).first.select_option("prevention-2026")
    previewed(page)
    page.get_by_role("button", name="Compare global and local recoding").click()
    ways = page.locator(".dalgu-ways tbody tr")
    expect(ways).to_have_count(3, timeout=60_000)
    losses = [float(ways.nth(i).locator("td").first.inner_text().split(" %")[0]) for i in range(3)]
    assert losses[2] <= losses[1] < losses[0]
    expect(page.locator(".dalgu-three table")).to_have_count(3)
    page.get_by_role("button", name="Choose: finer where a class allows it").click()
    expect(ways.nth(1)).to_contain_text("chosen")
    assert policy_text.parsed(policy_of(page, "Show the policy")).search.recoding == "local"
    assert SECRET not in page.content()


@pytest.mark.parametrize(("language", "width", "scheme"), [("ko", 1280, "light"), ("en", 390, "dark")])
def test_every_step_is_for_everybody(
    portal: Portal, claims: str, axe: Callable[[Page], list[str]], language: str, width: int, scheme: str
) -> None:
    page = opened(portal, claims, language, width, scheme)
    previewed(page)
    for step in range(6):
        goes(page, step)
        page.wait_for_timeout(300)
        assert axe(page) == [], step
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), step


def test_a_letter_is_masked_and_goes_out_and_that_no_k_is_measured_is_said(portal: Portal, tmp_path: Path) -> None:  # fmt: skip
    said = ("민원인 김서연 씨의 연락처는 010-9876-5432입니다.", "보수 공사를 마쳤습니다.")
    path = docx(tmp_path, "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in said))
    house = portal.house()
    letter = register.add(house, _who(house, "provider"), path, name="letter", sensitivity=Sensitivity.PERSONAL).id  # fmt: skip
    page = portal.person("provider", "ko", 1280, "light").open(f"/run/pseudonymise?dataset={letter}")
    page.wait_for_selector(".dalgu-roles")
    page.get_by_label("프로젝트", exact=False).first.select_option("prevention-2026")
    goes(page, PREVIEW)
    expect(page.locator(".dalgu-panel").nth(PREVIEW)).to_contain_text("가린 글만 나가므로", timeout=30_000)
    expect(page.locator(".dalgu-strip [role=status]")).to_contain_text("위험을 측정하지 않습니다")
    policy = policy_text.parsed(policy_of(page))
    assert policy.quasi == ()
    assert policy.columns["text"].steps[0].do == "mask"
    page.get_by_label("산출물의 이름", exact=False).fill("letter-p")
    page.get_by_role("button", name="실행 시작").click()
    page.wait_for_url(re.compile("/runs/"))
    expect(page.get_by_text("letter-p").first).to_be_visible(timeout=60_000)
    assert "010-9876-5432" not in page.content()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_units_of_dates_are_ticked_in_the_readers_own_words(
    portal: Portal, tmp_path: Path, language: str
) -> None:
    path = tmp_path / "births.csv"
    path.write_text(
        "person_no,birth\n" + "".join(f"P{n:05},19{60 + n % 8}-0{1 + n % 9}-11\n" for n in range(300))
    )
    house = portal.house()
    claims = register.add(
        house, _who(house, "provider"), path, name="births", sensitivity=Sensitivity.PERSONAL
    ).id
    page = portal.person("provider", language).open(f"/run/pseudonymise?dataset={claims}")
    page.wait_for_selector("fieldset.dalgu-column:has-text('birth')", state="attached")
    page.get_by_label(phrase("The project: its pseudonyms cannot be linked with another's").text(language), exact=False).first.select_option("prevention-2026")  # fmt: skip
    goes(page, VALUES)
    units = page.get_by_role("group", name=phrase("The units of its steps").text(language))
    ticked = [box.is_checked() for box in units.get_by_role("checkbox").all()]
    assert ticked == [True, False, True, True]
    units.get_by_role("checkbox", name=phrase("the month").text(language)).press("Space")
    expect(page.locator(".dalgu-draft [role=status]")).not_to_be_empty(timeout=20_000)
    page.wait_for_timeout(3_000)  # what was saved before says the same: the site has heard the key by then
    policy = policy_text.parsed(policy_of(page, phrase("Show the policy").text(language)))
    how = policy.generalisation("birth")
    assert how is not None
    assert how.dates == ("year", "decade")
