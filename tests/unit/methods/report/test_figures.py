"""Figures can be read by everybody, and show the numbers that they were given."""

import math
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalgubeol.errors import Invalid
from dalgubeol.methods.report.figures import WIDTH, Bar, Group, Mark, bars, strip

CANARY = "<script>alert(1)</script>"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg):
    return ElementTree.fromstring(svg)


def two_bars(before=80.0, after=20.0, **more):
    group = Group(
        "risk", (Bar("before", before, f"{before} %", strong=False), Bar("after", after, f"{after} %"))
    )
    return bars("risk", "Risk falls", "From 80 % to 20 %.", [group], maximum=100, **more)


def shown_lengths(root):
    return [float(r.get("width")) for r in root.iter("rect") if r.get("class") in ("strong", "weak")]


@pytest.mark.parametrize(
    "svg", [two_bars(), strip("s", "One alarm", "Batch 2.", [Mark("1", "quiet"), Mark("2", "alarm")], {})]
)
def test_a_figure_is_an_image_with_a_title_and_a_description(svg):
    root = drawn(svg)
    assert root.get("role") == "img"
    title, description = root.find("title"), root.find("desc")
    assert title.text
    assert description.text
    assert root.get("aria-labelledby") == title.get("id")
    assert root.get("aria-describedby") == description.get("id")


@given(st.floats(0, 100), st.floats(0, 100))
def test_bars_are_as_long_as_their_values(before, after):
    root = drawn(two_bars(before, after))
    whole = next(float(r.get("width")) for r in root.iter("rect") if r.get("class") == "track")
    for length, value in zip(shown_lengths(root), (before, after), strict=True):
        assert math.isclose(length, whole * value / 100, abs_tol=0.2)


@given(st.text("가나abc XYZ", max_size=30), st.integers(0, 10**6))
def test_nothing_is_drawn_outside_the_figure(label, value):
    group = Group(label, (Bar(label, value, f"{value:,} 건"),))
    root = drawn(bars("b", "t", "d", [group], maximum=10**6))
    for rect in root.iter("rect"):
        assert float(rect.get("x")) >= 0
        assert 0 <= float(rect.get("x")) + float(rect.get("width")) <= WIDTH


def test_every_value_is_written_beside_its_bar():
    texts = [each.text for each in drawn(two_bars()).iter("text")]
    assert {"before", "after", "80.0 %", "20.0 %"} <= set(texts)


def test_a_limit_is_a_line_at_its_place_with_its_name():
    root = drawn(two_bars(limit=50, limit_text="asked 50 %"))
    track = next(r for r in root.iter("rect") if r.get("class") == "track")
    middle = float(track.get("x")) + float(track.get("width")) / 2
    assert math.isclose(float(root.find("line").get("x1")), middle, abs_tol=0.2)
    assert "asked 50 %" in [each.text for each in root.iter("text")]


def test_a_strip_has_a_box_for_every_mark_and_tells_alarms_not_only_by_colour():
    marks = [Mark(str(n), "alarm" if n == 3 else "quiet") for n in range(12)]
    root = drawn(strip("s", "t", "d", marks, {"alarm": "alarm (filled)"}))
    boxes = [r for r in root.iter("rect") if r.get("class").startswith("box")]
    assert len(boxes) == 12 + 1
    assert "alarm (filled)" in [each.text for each in root.iter("text")]
    assert len({(r.get("x"), r.get("y")) for r in boxes}) == 13


def test_texts_are_escaped_wherever_they_stand():
    group = Group(CANARY, (Bar(CANARY, 1, CANARY),))
    svg = bars("b", CANARY, CANARY, [group], maximum=1, limit=1, limit_text=CANARY)
    svg += strip("s", CANARY, CANARY, [Mark(CANARY, "alarm")], {"alarm": CANARY})
    assert "<script" not in svg
    assert svg.count("&lt;script&gt;") == 10


@pytest.mark.parametrize("values", [(-1.0, 5.0), (5.0, 101.0), (math.nan, 5.0), (math.inf, 5.0)])
def test_values_outside_the_scale_are_refused(values):
    with pytest.raises(Invalid):
        two_bars(*values)


@pytest.mark.parametrize("maximum", [0, -1, math.nan, math.inf])
def test_a_scale_has_an_end_above_zero(maximum):
    with pytest.raises(Invalid):
        bars("b", "t", "d", [Group("g", (Bar("a", 0, "0"),))], maximum=maximum)


def test_a_figure_of_nothing_is_refused():
    with pytest.raises(Invalid):
        bars("b", "t", "d", [Group("g", ())], maximum=1)
    with pytest.raises(Invalid):
        strip("s", "t", "d", [], {})
