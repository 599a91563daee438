"""Shades and planes: drawn to scale, named for whoever cannot see them."""

import re

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.methods.report.figures import WIDTH
from dalgubeol.methods.report.plots import Spot, plane, shades


def drawn_plane(*spots, **more):
    return plane("p", "Title", "Told", spots, x_label="lost", y_label="risk", **more)


def test_a_spot_lies_where_its_numbers_say():
    made = drawn_plane(Spot("before", 0, 1, ""), Spot("after", 1, 0, ""), Spot("half", 0.5, 0.5, ""))
    places = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', made)]
    (left, top), (right, bottom), middle = places
    assert left < right <= WIDTH
    assert top < bottom
    assert middle == (pytest.approx((left + right) / 2, abs=0.1), pytest.approx((top + bottom) / 2, abs=0.1))


def test_figures_are_named_and_told():
    for made in (drawn_plane(Spot("a", 0, 0, "(0)")), shades("p", "Title", "Told", ["a", "b"], [[0, 0], [0.5, 0]], maximum=1)):  # fmt: skip
        assert '<title id="p-title">Title</title>' in made
        assert '<desc id="p-desc">Told</desc>' in made
        assert 'role="img"' in made


def test_a_limit_is_drawn_at_its_height_with_its_word():
    made = drawn_plane(Spot("a", 0, 0.2, ""), y_limit=0.2, y_limit_text="threshold")
    spot = re.search(r'cy="([\d.]+)"', made)[1]
    assert f'y1="{spot}"' in made
    assert ">threshold<" in made


def test_the_darker_the_nearer_to_the_maximum_and_the_number_is_in_the_cell():
    made = shades("p", "T", "D", ["a", "b", "c"], [[0, 0, 0], [0.5, 0, 0], [1, 0, 0]], maximum=1)
    assert re.findall(r'fill-opacity="([\d.]+)"', made) == ["0.25", "0.5", "0.0"]
    assert ">.50<" in made
    assert ">1.00<" in made


def test_labels_are_text_and_long_ones_are_cut():
    made = shades("p", "T", "D", ["<b>" * 20, "b"], [[0, 0], [0, 0]], maximum=1)
    assert "<b>" not in made
    assert "…" in made


@pytest.mark.parametrize("spots", [(), (Spot("a", 2, 0, ""),), (Spot("a", 0, -1, ""),), (Spot("a", float("nan"), 0, ""),)])  # fmt: skip
def test_places_outside_the_plane_are_invalid(spots):
    with pytest.raises(Invalid):
        drawn_plane(*spots)


@pytest.mark.parametrize(("labels", "values"), [(["a"], [[0]]), (["a", "b"], [[0, 0], [2, 0]])])
def test_a_matrix_that_cannot_be_drawn_is_invalid(labels, values):
    with pytest.raises(Invalid):
        shades("p", "T", "D", labels, values, maximum=1)
