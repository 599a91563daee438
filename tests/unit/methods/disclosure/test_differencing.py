"""What two, three or many releases give away together; against every table of whole numbers that fits them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dalgubeol.methods.disclosure.differencing import linked, linked_findings, linked_in, unlinked
from dalgubeol.methods.disclosure.labels import interval, scale
from dalgubeol.methods.disclosure.releases import Released, released


def shown(number: int = 0, base: int = 1, **columns: list[object]) -> Released:
    """A table of counts `n`; the other columns are keys."""
    keys = tuple(name for name in columns if name != "n")
    labels = tuple(tuple(str(each) for each in row) for row in zip(*(columns[name] for name in keys), strict=True))  # fmt: skip
    return Released(keys, labels or ((),), tuple(columns["n"]), base=base, number=number)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("label", "span"),
    [
        ("20-29", (20, 30)), ("20~29세", (20, 30)), ("[20, 30)", (20, 30)), ("(19, 29]", (20, 30)), ("20대", (20, 30)),
        ("65+", (65, float("inf"))), ("65세 이상", (65, float("inf"))), ("<20", (float("-inf"), 20)), ("20 미만", (float("-inf"), 20)),
        ("31", (31, 32)), ("서구", None), ("A-1", None),
    ],
)  # fmt: skip
def test_bands_are_read_as_they_are_written(label: str, span: tuple[float, float] | None) -> None:
    assert interval(label) == span


def test_bands_of_two_releases_are_cut_at_every_end() -> None:
    line = scale(["20-29", "20-30", "30-39", "계"])
    assert line.of("20-30") - line.of("20-29") == line.of("30-39") & line.of("20-30")
    assert line.of("계") == line.everything > line.of("20-29") | line.of("30-39")


def test_a_district_lies_in_its_city() -> None:
    tree = scale(["대구", "동구", "서구"], {"동구": "대구", "서구": "대구"})
    assert tree.of("동구") | tree.of("서구") < tree.of("대구")
    assert not tree.of("동구") & tree.of("서구")


WELL = shown(1, town=["a", "b"], n=[100, 200])

CASES: Mapping[str, tuple[Released, list[Released], list[int]]] = {
    "the same cell three persons later": (shown(town=["a", "b"], n=[97, 200]), [WELL], [0]),
    "a town's total less its sexes": (shown(town=["a", "a", "b", "b"], sex=list("mfmf"), n=[50, 47, 90, 110]), [WELL], [0, 1]),
    "a total that comes later": (shown(n=[303]), [WELL], [0]),
    "bands that end one year apart": (shown(age=["20-30"], n=[54]), [shown(1, age=["20-29"], n=[50])], [0]),
    "its own total": (shown(town=["a", "b", "계"], n=[50, 40, 95]), [], [0, 1, 2]),
    "three releases at once": (
        shown(town=["a"], n=[100]),
        [shown(1, town=["계"], n=[160]), shown(2, town=["b"], n=[54])], [0],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_a_group_of_a_few_that_follows_from_releases_is_found(case: str) -> None:
    table, earlier, rows = CASES[case]
    found = linked(table, earlier)
    assert set(found.rows) <= set(rows)
    assert found.rows
    safe = unlinked(table, earlier)
    assert linked(safe, earlier).rows == {}
    assert safe.labels == table.labels


def test_three_releases_of_which_no_two_tell_are_bounded_together() -> None:
    """n(a, m) = n(a) + n(m) - n + n(b, f); no pair of these says anything about it."""
    earlier = [
        shown(1, town=["a", "b"], n=[60, 40]), shown(2, sex=["m", "f"], n=[45, 55]), shown(3, town=["계"], sex=["계"], n=[100]),
    ]  # fmt: skip
    table = shown(town=["b"], sex=["f"], n=[38])
    found = linked(table, earlier)
    assert set(found.rows) == {0}, "two persons are in b and of sex m"
    assert found.scope.exact == 3
    assert linked(shown(town=["b"], sex=["f"], n=[25]), earlier).rows == {}


def test_releases_that_say_nothing_together_are_let_go() -> None:
    town_by_sex = shown(town=["a", "a", "b", "b"], sex=list("mfmf"), n=[50, 50, 90, 110])
    assert linked(town_by_sex, [WELL]).rows == {}
    assert linked(WELL, [town_by_sex, shown(2, n=[300]), shown(3, age=["20-29", "30-39"], n=[140, 160])]).rows == {}  # fmt: skip
    assert linked(WELL, [WELL, replace(WELL, number=2)]).rows == {}


def test_another_population_is_left_out_of_the_equations_and_said() -> None:
    found = linked(shown(town=["a", "b"], n=[100, 200]), [shown(1, town=["a", "b"], n=[40, 80])])
    assert found.rows == {}
    assert found.scope.contradicting == 1


def test_what_was_given_away_before_is_not_held_against_a_new_table() -> None:
    earlier = [shown(1, town=["a", "b"], n=[50, 40]), shown(2, town=["계"], n=[95])]
    assert linked(shown(sex=["m", "f"], n=[45, 50]), earlier).rows == {}


def test_rounded_counts_hide_a_small_difference() -> None:
    assert linked(shown(town=["a"], n=[95], base=5), [shown(1, town=["a"], n=[100], base=5)], 3).rows == {}


def test_a_finding_names_the_row_the_column_and_the_release_and_no_count() -> None:
    (found,) = linked_findings(shown(town=["a", "b"], n=[97, 200]), [WELL])
    assert (found.row, found.column, found.rule) == (1, "n", "linked")
    assert (
        found.text() == "Row 1, column n: together with earlier release 1 it gives a group of fewer than 10."
    )


def test_tables_are_compared_column_by_column() -> None:
    earlier = pa.table({"town": ["a", "b"], "sick": [60, 70], "n": [100, 200]})
    later = pa.table({"town": ["a", "b"], "sick": [60, 70], "count": [100, 203]})
    assert [(each.row, each.column) for each in linked_in(later, [earlier])] == [(2, "count")]
    assert released(later)[1].measure == ""


# Against every table of whole numbers.

TOWNS, SEXES, THRESHOLD = ("a", "b"), ("m", "f"), 2
BOXES = [(town, sex) for town in (*TOWNS, "all") for sex in (*SEXES, "all")]
ATOMS = list(product((*TOWNS, "rest"), (*SEXES, "rest")))


def within(atom: tuple[str, str], box: tuple[str, str]) -> bool:
    return all(part in (cell, "all") for cell, part in zip(atom, box, strict=True))


def every_table(total: int) -> Iterator[np.ndarray]:
    """All ways to spread `total` persons over 2 x 2 cells and the rests beside them."""
    bars = np.array(list(_spreads(total, len(ATOMS))))
    return iter(bars)


def _spreads(total: int, cells: int) -> Iterator[tuple[int, ...]]:
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _spreads(total - first, cells - 1):
            yield (first, *rest)


SPREADS = np.array(list(every_table(7)))
MATRIX = np.array([[within(atom, box) for atom in ATOMS] for box in BOXES], dtype=int)


def most_of_each(known: dict[int, int]) -> np.ndarray:
    """Box by box, what each atom can be at most in a table of whole numbers that has these counts."""
    sums = SPREADS @ MATRIX.T
    fits = np.all([sums[:, box] == count for box, count in known.items()], axis=0)
    return SPREADS[fits].max(axis=0)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, len(SPREADS) - 1),
    st.sets(st.integers(0, len(BOXES) - 2), max_size=8),
    st.sets(st.integers(0, len(BOXES) - 2), min_size=2, max_size=8),
)
def test_a_table_is_held_when_and_only_when_no_table_of_whole_numbers_has_room(
    people: int, before: set[int], after: set[int]
) -> None:
    truth = MATRIX @ SPREADS[people]
    total = len(BOXES) - 1
    before, after = ({box for box in boxes if truth[box] >= THRESHOLD} for boxes in (before, after))
    assume(after)
    old, new = {box: int(truth[box]) for box in before | {total}}, {box: int(truth[box]) for box in after}
    most_before, most = most_of_each(old), most_of_each({**old, **new})
    given_away = (most < THRESHOLD) & (most > 0)
    by_this_table = given_away & (most_before >= THRESHOLD)

    def table(boxes: dict[int, int], number: int) -> Released:
        return Released(("town", "sex"), tuple(BOXES[each] for each in boxes), tuple(boxes.values()), number=number)  # fmt: skip

    named = {each for box in before | after for each in BOXES[box]}
    found = linked(table(new, 0), [table(old, 1)], THRESHOLD)
    if found.rows:
        assert given_away.any()
    if {*TOWNS, *SEXES} <= named:
        assert found.rows or not by_this_table.any()
