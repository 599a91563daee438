"""A model in the airlock, as a reviewer sees it: held with its reasons, the attacks in words, the curve and its numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dalgubeol.nouns.run import RunState
from dalgubeol.verbs.runs import conduct, submit

from .conftest import Portal, _who

pytestmark = pytest.mark.slow
GROWN = """
from sklearn.tree import DecisionTreeRegressor
import dalgu_zone
data = dalgu_zone.prepared(["cost"], "age")
dalgu_zone.give_model(DecisionTreeRegressor(random_state=0).fit(data.X, data.y), data, "grown")
"""


def test_a_reviewer_sees_why_a_grown_tree_is_held_and_how_it_was_attacked(
    portal: Portal, axe: Callable[[Page], list[str]]
) -> None:
    house = portal.house()
    wished = {"script": GROWN, "context": "how costs go with age, a grown tree"}
    run = submit.submit(house, _who(house, "provider").actor, "analyse", {"data": "claims"}, wished)
    done = conduct.run_to_end(house, run.id)
    assert done.state is RunState.HELD, done.fault
    for language, held, attacked in (
        ("ko", "모델이 누구의 레코드로 학습했는지 드러냅니다", "공격해 본 모델(파일 1)"),
        ("en", "The model tells who was among its records", "The model in file 1, attacked"),
    ):
        person = portal.person("reviewer1", language)
        page = person.open(f"/airlock/{run.id}")
        expect(page.get_by_text(held)).to_be_visible()
        expect(page.get_by_role("heading", name=attacked)).to_be_visible()
        figure = page.locator("figure").filter(has=page.locator(".dalgu-roc"))
        expect(figure.locator("path.dalgu-line-path")).to_have_count(1)
        figure.locator("summary").click()
        expect(figure.locator("tbody tr")).to_have_count(15)
        assert axe(page) == []
        assert person.faults == []
