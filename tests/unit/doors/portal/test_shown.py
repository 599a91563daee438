"""What pages work out before they draw: places in the lineage, words for charts, time that is left, proposals."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dalgubeol.doors.portal.datasets import graph
from dalgubeol.doors.portal.datasets.bring import proposed
from dalgubeol.doors.portal.elements.charts import Point, alternative
from dalgubeol.doors.portal.elements.frame import without_formula
from dalgubeol.doors.portal.runs.run import remaining_s
from dalgubeol.nouns.dataset import DatasetState, Form, Sensitivity
from dalgubeol.nouns.run import Run, RunState
from dalgubeol.verbs.papers.papers import Kin
from dalgubeol.verbs.projects.proposals import Proposal


def kin(name: str, step: int) -> Kin:
    return Kin(name, name, Form.TABLE, Sensitivity.INTERNAL, DatasetState.KEPT, step, "")


def proposal(column: str, role: str) -> Proposal:
    return Proposal(column, "string", False, role, "other", 0.9, ())


def test_no_two_boxes_of_a_lineage_lie_on_each_other() -> None:
    family = [kin("a", -2), kin("b", -1), kin("c", -1), kin("d", 0), *(kin(f"e{n}", 1) for n in range(7))]
    places = graph._places(family)
    assert len(set(places.values())) == len(family)
    columns = [places[name][0] for name in ("a", "b", "d", "e0")]
    assert columns == sorted(columns)
    for one, (x, y) in places.items():
        for other, (x2, y2) in places.items():
            apart = abs(x - x2) >= graph._WIDTH or abs(y - y2) >= graph._HEIGHT
            assert one == other or apart, (one, other)


def test_a_chart_says_in_words_what_it_shows() -> None:
    points = [Point("1월", 3), Point("2월", 12, "12 건"), Point("3월", 0)]
    said = alternative(points).text("en")
    assert said == "3 values; the largest is 2월 (12 건), the smallest 3월 (0)."
    assert "아직" in alternative([]).text("ko")


def test_what_is_left_of_a_run_is_told_once_it_can_be() -> None:
    begun = (datetime.now(UTC) - timedelta(seconds=30)).isoformat()
    run = Run(
        "run-1", "adapt", {}, (), {}, 0, "person-1", RunState.RUNNING, begun, started_at=begun, progress=0.25
    )
    left = remaining_s(run)
    assert left is not None
    assert 85 < left < 95
    assert remaining_s(replace(run, progress=0.01)) is None
    assert remaining_s(replace(run, started_at=None)) is None


def test_a_file_with_people_in_it_is_proposed_as_personal() -> None:
    quasi = [proposal(name, "quasi-identifier") for name in ("age", "sex", "region")]
    assert proposed([proposal("hours", "plain")])[0] is Sensitivity.INTERNAL
    assert proposed(quasi[:2])[0] is Sensitivity.INTERNAL
    assert proposed(quasi)[0] is Sensitivity.PERSONAL
    care, why = proposed([proposal("phone", "direct identifier"), proposal("hours", "plain")])
    assert care is Sensitivity.PERSONAL
    assert "phone" in why.text("ko")


def test_an_exported_cell_is_never_calculated() -> None:
    assert [without_formula(cell) for cell in ("=1+1", "@x", "+cmd", "-3.5", "plain", "\t=1")] == [
        "'=1+1", "'@x", "'+cmd", "-3.5", "plain", "'\t=1",
    ]  # fmt: skip
