"""The clerk's wizard in a real browser: levels are moved and the risk follows, the lattice is pressed, rows are seen
before and after, values are grouped, and the Run does what was chosen."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dalgubeol.methods.privacy import policy_text
from dalgubeol.nouns.dataset import Sensitivity
from dalgubeol.verbs import prove, register
from dalgubeol.world.store import runs

from .conftest import Portal, _who

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SECRET = "김비밀"


@pytest.fixture
def claims(portal: Portal, tmp_path: Path) -> str:
    """A table of 600 persons with four columns that single out, and one that is delicate."""
    draw = random.Random(11)
    lines = ["person_no,name,age,sex,industry,weeks"]
    for i in range(600):
        industry = draw.choice(["건설", "건설", "제조", "제조", "운수", "어업"])
        lines.append(f"P{i:05},{SECRET}{i},{20 + int(draw.triangular(0, 45, 20))},{draw.choice('남여')},{industry},{draw.randint(1, 40)}")  # fmt: skip
    path = tmp_path / "injuries.csv"
    path.write_text("\n".join(lines) + "\n")
    house = portal.house()
    return register.add(house, _who(house, "provider"), path, name="injuries", sensitivity=Sensitivity.PERSONAL).id  # fmt: skip


def opened(portal: Portal, claims: str, language: str = "ko", width: int = 1280, scheme: str = "light") -> Page:  # fmt: skip
    page = portal.person("provider", language, width, scheme).open(f"/run/pseudonymise?dataset={claims}")
    page.wait_for_selector(".dalgu-roles")
    for column, role in (("age", "quasi"), ("sex", "quasi"), ("industry", "quasi"), ("weeks", "keep")):
        box = page.locator("tr", has=page.get_by_role("rowheader", name=re.compile(f"^{column}"))).locator("select").first  # fmt: skip
        box.select_option(role)
    return page


def percent(tile: Locator) -> float:
    return float(tile.inner_text().rstrip(" %"))


def test_a_level_is_moved_the_risk_follows_the_best_is_taken_and_run(portal: Portal, claims: str) -> None:
    page = opened(portal, claims)
    page.get_by_label("프로젝트", exact=False).first.select_option("prevention-2026")
    page.get_by_role("button", name="위험과 유용성 보기").click()
    lattice = page.locator(".dalgu-lattice [role=radiogroup]")
    expect(lattice).to_be_visible(timeout=30_000)
    mean, out, verdict = (page.locator(s) for s in ("[data-tile=mean]", "[data-tile=out]", "p.dalgu-state[role=status]"))  # fmt: skip
    best_mean, best_out = mean.inner_text(), out.inner_text()
    expect(verdict).to_contain_text("허용됩니다")
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
    sample = page.locator(".dalgu-sample")
    expect(sample).to_contain_text("●●●")
    assert SECRET not in page.content()

    page.get_by_role("button", name="처리기준 보기").click()
    text = page.locator("pre.dalgu-pre").last.inner_text()
    assert policy_text.parsed(text).quasi == ("age", "sex", "industry")
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


def test_values_are_grouped_by_hand_and_the_draft_keeps_them(portal: Portal, claims: str) -> None:
    page = opened(portal, claims)
    page.get_by_label("industry 열을 뭉뚱그리는 방법").select_option("groups")
    page.get_by_role("button", name="값 보기").click()
    for value, group in (("건설", "현장"), ("제조", "현장"), ("운수", "이동")):
        page.get_by_label(f"{value}의 묶음", exact=True).fill(group)
        page.get_by_label(f"{value}의 묶음", exact=True).blur()
    page.locator("summary", has_text="이 묶음들의 더 큰 묶음").click()
    page.get_by_label("현장의 더 큰 묶음", exact=True).fill("육상")
    page.get_by_label("이동의 더 큰 묶음", exact=True).fill("육상")
    page.get_by_label("이동의 더 큰 묶음", exact=True).blur()
    expect(page.locator(".dalgu-draft [role=status]")).to_contain_text("임시 저장", timeout=10_000)
    page.wait_for_timeout(2500)
    page.reload()
    page.wait_for_selector(".dalgu-groups")
    expect(page.get_by_label("제조의 묶음", exact=True)).to_have_value("현장")
    page.get_by_label("프로젝트", exact=False).first.select_option("prevention-2026")
    page.get_by_role("button", name="처리기준 보기").click()
    text = page.locator("pre.dalgu-pre").last.inner_text()
    groups = {(g.level, g.name): g.values for g in policy_text.parsed(text).groups}
    assert set(groups[1, "현장"]) == {"건설", "제조"}
    assert set(groups[2, "육상"]) == {"현장", "이동"}
    page.get_by_role("button", name="위험과 유용성 보기").click()
    expect(page.locator(".dalgu-level", has_text="industry").locator("input")).to_have_attribute("max", "3", timeout=30_000)  # fmt: skip


def test_what_is_wrong_is_said_at_its_field_and_what_is_asked_of_a_sensitive_column_counts(
    portal: Portal, claims: str
) -> None:
    page = opened(portal, claims, "en")
    page.get_by_role("button", name="Show risk and utility").click()
    expect(page.locator(".dalgu-lattice [role=radiogroup]")).to_be_visible(timeout=30_000)
    out = page.locator("[data-tile=out]")
    before = out.inner_text()
    page.locator("summary", has_text="Sensitive columns").click()
    page.get_by_label("At least l different values in each class").fill("9")
    page.get_by_role("button", name="Take the best levels").click()
    expect(out).not_to_have_text(before)
    k = page.get_by_label("The least number of persons in an equivalence class", exact=False)
    k.fill("1")
    page.get_by_role("button", name="Start the Run").click()
    project = page.get_by_label("The project", exact=False).first
    expect(project).to_have_attribute("aria-invalid", "true")
    project.select_option("prevention-2026")
    page.get_by_role("button", name="Start the Run").click()
    expect(k).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".dalgu-field-error:not(:empty)").first).to_contain_text("models.k")


@pytest.mark.parametrize(("language", "width", "scheme"), [("ko", 1280, "light"), ("en", 390, "dark")])
def test_the_page_is_for_everybody(
    portal: Portal, claims: str, axe: Callable[[Page], list[str]], language: str, width: int, scheme: str
) -> None:
    page = opened(portal, claims, language, width, scheme)
    page.get_by_role("button", name={"ko": "위험과 유용성 보기", "en": "Show risk and utility"}[language]).click()  # fmt: skip
    expect(page.locator(".dalgu-sample")).to_be_visible(timeout=30_000)
    assert axe(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
